// What every role and every command of the CLI stands on: the settings made whole, the schema up to
// date, and a context that is the real world.

import { join } from 'node:path';
import { alignPositions, booksSealingWith } from '#books/ledger';
import { provideThreeDs } from '#cards/three-ds';
import { provideVault } from '#cards/vault';
import { provideCheckout } from '#commerce/checkout';
import { sealingWith } from '#identity/audit';
import {
  type Actor,
  type Context,
  crashPointFrom,
  type Log,
  movableClock,
  onRealTime,
  systemClock,
  systemNetwork,
  systemRandom,
} from '#kit/context';
import { deriveKey, hmacSha256 } from '#kit/crypto';
import type { Sealing } from '#kit/seals';
import { provideMail, readMailbox, readSmtpUrl } from '#outward/notifications';
import { provideWebhooks } from '#outward/webhooks';
import { provideReceiptAddresses } from '#payments/charges';
import { provideReturns } from '#payments/intents';
import { keepRealTime, startFollowing } from '#platform/clock';
import {
  APP_ROLE,
  agreeOn,
  connect,
  type Fence,
  fenceFileIn,
  migrate,
  type OpenDatabase,
  openDatabase,
  openFence,
  readMigrations,
  withLogin,
} from '#platform/db';
import { type Directory, directoryOf, type Places, provideDirectory } from '#rails/connectors';
import { discoverConnectors } from '#rails/psp';
import type { Settings } from './config.ts';
import {
  type LiveWatch,
  misledAccountsAt,
  refusalsOfLiveMode,
  watchLiveMode,
} from './live-mode.ts';
import { modules } from './modules.ts';
import { loadSecrets, type Secrets } from './secrets.ts';
import { type VaultUse, vaultFor } from './vault-access.ts';

const VAULT_ROLE = 'tollgate_vault';

export type Runtime = {
  readonly settings: Settings;
  readonly context: Context & { readonly database: OpenDatabase };
  readonly secrets: Secrets;
  /** Which server is believed, and who hears when another takes over. */
  readonly fence: Fence;
  readonly masterSecret: Buffer;
  /** The providers there are. */
  readonly directory: Directory;
  readonly sealing: Sealing;
  readonly booksSealing: Sealing;
  /** The world to pay in that runs beside this gateway, in test mode. */
  readonly sandbox?: SandboxAddress;
  /** In live mode: whether what was asked for at the start still holds. */
  readonly live?: LiveWatch;
  close(): Promise<void>;
};

/** Where its page and control API are, its directory server, and where its acquirer listens. */
export type SandboxAddress = {
  readonly url: string;
  readonly directory: string;
  readonly acquirer: { readonly host: string; readonly port: number };
  /** Under which other providers are simulated, each by its name. */
  readonly providers?: string;
};

/** The database was written with another master secret. */
class WrongSecret extends Error {
  override readonly name = 'WrongSecret';
}

/** Live mode was asked for on something it must not run on. */
class LiveModeRefused extends Error {
  override readonly name = 'LiveModeRefused';
}

export const openRuntime = async (
  given: Settings,
  how: {
    readonly log: Log;
    readonly actor: Actor;
    /** What this process may do with a vault of its own process; `here` opens the vault itself. */
    readonly vault?: VaultUse;
    readonly observeBatch?: (batch: { units: number; seconds: number }) => void;
    /** Waited for last, so that it may start meanwhile. */
    readonly sandbox?: Promise<SandboxAddress | undefined>;
  },
): Promise<Runtime> => {
  const secrets = await loadSecrets(given.data, systemRandom);
  const settings = {
    ...given,
    databaseAppUrl:
      given.databaseAppUrl || withLogin(given.databaseUrl, APP_ROLE, secrets.databaseAppPassword),
    databaseVaultUrl:
      given.databaseVaultUrl ||
      withLogin(given.databaseUrl, VAULT_ROLE, secrets.databaseVaultPassword),
    auditAnchor: given.auditAnchor || join(given.data, 'audit-anchor.txt'),
  };
  const crashPoint = crashPointFrom(settings.crashAt);
  const fence = openFence({
    file: fenceFileIn(settings.data),
    log: how.log,
    monotonicMs: systemClock.monotonicMs,
  });

  await migrate({
    connection: {
      url: settings.databaseUrl,
      connectTimeoutMs: 5_000,
      statementTimeoutMs: 6_000,
      applicationName: 'tollgate migrations',
      fence,
    },
    migrations: await readMigrations(modules),
    log: how.log,
    crashPoint,
    passwords: await missingPasswords(given, settings, secrets),
  });
  if (settings.liveMode) await refuseUnsafeLiveMode(settings);

  const masterSecret = Buffer.from(settings.secret || secrets.master, 'hex');
  const database = openDatabase({
    url: settings.databaseAppUrl,
    poolSize: settings.databasePool,
    clock: systemClock,
    crashPoint,
    fence,
    ...(how.observeBatch ? { observeBatch: how.observeBatch } : {}),
  });
  await refuseOtherSecret(database, masterSecret);
  if (await alignPositions(database)) {
    how.log.warn({}, 'The database was restored from a dump: the books go on where they stopped');
  }
  if (settings.liveMode) await refuseMovedClock(database);
  const clock = movableClock(systemClock);
  const context = {
    clock,
    random: systemRandom,
    network: systemNetwork,
    log: how.log,
    actor: how.actor,
    crashPoint,
    database,
  };
  // Cards are kept, forgotten and taken from browsers by the real time.
  const vault = await vaultFor(settings, onRealTime(context), {
    use: how.vault ?? 'use',
    fence,
  }).catch(async (error: unknown) => {
    await database.close();
    throw error;
  });
  provideVault(context, vault.vault);
  const sandbox = await how.sandbox;
  const following = settings.liveMode
    ? null
    : await startFollowing(context, clock, {
        isMovable: settings.movableClock,
        ...(sandbox === undefined ? {} : { sandboxUrl: sandbox.url }),
      });
  const places = placesOf(settings);
  const directory = directoryOf(await discoverConnectors(), masterSecret, {
    ...places,
    // The sandbox is on this machine, and is there to be paid at.
    toLoopback: places.toLoopback || sandbox !== undefined,
  });
  provideDirectory(context, directory);
  provideWebhooks(context, { masterSecret, toLoopback: settings.webhooksToLoopback });
  const publicUrl = settings.publicUrl || `http://localhost:${settings.port}`;
  provideCheckout(context, { publicUrl });
  provideMail(context, {
    server: settings.smtpUrl === '' ? null : readSmtpUrl(settings.smtpUrl),
    from: readMailbox(settings.mailFrom) ?? { name: '', address: 'receipts@localhost' },
    alsoInTestMode: settings.mailInTestMode,
  });
  provideReceiptAddresses(context, { publicUrl, masterSecret });
  provideReturns(context, { publicUrl, key: deriveKey(masterSecret, 'payment returns') });
  provideThreeDs(context, {
    publicUrl,
    key: deriveKey(masterSecret, '3-D Secure'),
    listeners: modules.flatMap((module) => module.onAuthentication ?? []),
  });
  const live = settings.liveMode
    ? watchLiveMode(context, () => refusalsOfLiveMode(settings, systemClock))
    : null;
  return {
    settings,
    context,
    secrets,
    fence,
    masterSecret,
    directory,
    sealing: sealingWith(masterSecret, settings.auditAnchor),
    booksSealing: booksSealingWith(masterSecret, settings.auditAnchor),
    ...(sandbox === undefined ? {} : { sandbox }),
    ...(live === null ? {} : { live }),
    close: async () => {
      await live?.stop();
      await following?.stop();
      await vault.close();
      await database.close();
    },
  };
};

/** Where accounts at providers may lead, by the operator's word. */
export const placesOf = (settings: Settings): Places => ({
  hosts: new Set(settings.providerHosts),
  unencrypted: new Set(settings.unencryptedHosts),
  toLoopback: settings.providersToLoopback,
});

/**
 * Only roles that cannot log in yet get a password: setting one at every start would cut off gateways
 * that run with another data folder, and would stand in the log of a server that logs such statements.
 */
const missingPasswords = async (
  given: Settings,
  settings: Settings,
  secrets: Secrets,
): Promise<Record<string, string>> => {
  const passwords: Record<string, string> = {};
  if (given.databaseAppUrl === '' && !(await canLogIn(settings.databaseAppUrl))) {
    passwords[APP_ROLE] = secrets.databaseAppPassword;
  }
  if (given.databaseVaultUrl === '' && !(await canLogIn(settings.databaseVaultUrl))) {
    passwords[VAULT_ROLE] = secrets.databaseVaultPassword;
  }
  return passwords;
};

const canLogIn = async (url: string): Promise<boolean> => {
  try {
    const connection = await connect({
      url,
      connectTimeoutMs: 3_000,
      statementTimeoutMs: 3_000,
      applicationName: 'tollgate start',
    });
    await connection.close();
    return true;
  } catch {
    return false;
  }
};

/** With another secret the stored answers could not be read, and one key would take effect twice. */
const refuseOtherSecret = async (database: OpenDatabase, secret: Buffer): Promise<void> => {
  const mark = hmacSha256(deriveKey(secret, 'installation mark'), 'tollgate').toString('hex');
  if (await agreeOn(database, 'master secret', mark)) return;
  await database.close();
  throw new WrongSecret(
    'This database belongs to an installation with another master secret: set TOLLGATE_SECRET to that one, or use the data folder it began with.',
  );
};

/** Rows of a time that never was have no place among those of real money. */
const refuseMovedClock = async (database: OpenDatabase): Promise<void> => {
  if (await keepRealTime(database)) return;
  await database.close();
  throw new LiveModeRefused(
    'Live mode is refused. The clock of this installation was moved in test mode: begin live mode on a new database.',
  );
};

const refuseUnsafeLiveMode = async (settings: Settings): Promise<void> => {
  const refusals = await refusalsOfLiveMode(settings, systemClock);
  if (refusals.length > 0) {
    throw new LiveModeRefused(`Live mode is refused. ${refusals.join(' ')}`);
  }
};

/**
 * Whoever serves or works sends nothing to where it may not be sent. That is said before the first payment is lost: a new
 * version that does not start leaves the one before it running. Commands start all the same, and change such an account.
 */
export const refuseMisledAccounts = async ({
  settings,
  directory,
  context,
}: Pick<Runtime, 'settings' | 'directory' | 'context'>): Promise<void> => {
  const { live, disabled, test } = await misledAccountsAt(settings.databaseUrl, directory);
  for (const problem of [...disabled, ...test]) {
    context.log.warn({ problem }, 'Nothing is sent for an account at a provider');
  }
  if (!settings.liveMode || live.length === 0) return;
  throw new LiveModeRefused(
    `Live mode is refused. Accounts at providers lead where live mode may not send card numbers. ${live.join(' ')} \`tollgate connectors change\` and \`tollgate connectors disable\`, with --live, change them whether the gateway runs or not.`,
  );
};
