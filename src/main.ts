// The gateway as one call: the schema is brought up to date, the roles asked for are started in this
// process, and `stop` ends them so that nothing that was begun is lost.

import { listAccounts, newAccount } from '#identity/accounts';
import { createAuthenticator, createKey } from '#identity/keys';
import { type Context, systemClock } from '#kit/context';
import { createLog } from '#kit/log';
import { showPresence } from '#platform/jobs';
import type { Settings } from './config.ts';
import { payAtBanks } from './pay-at-banks.ts';
import { payAtSandbox } from './pay-at-sandbox.ts';
import { createApi } from './roles/api.ts';
import { freeShareOf, watchDisk } from './roles/disk.ts';
import { createMetrics, type GatewayMetrics } from './roles/metrics.ts';
import { journalFolderOf, openGatewayRails } from './roles/rails.ts';
import { refuseStrangersAt } from './roles/shared-port.ts';
import { watchStalls } from './roles/stalls.ts';
import { serveVaultRole } from './roles/vault.ts';
import { watchDatabase } from './roles/watch-database.ts';
import { createGatewayWorker } from './roles/worker.ts';
import { openRuntime, type Runtime, refuseMisledAccounts, type SandboxAddress } from './runtime.ts';
import { type Secrets, saveSecrets } from './secrets.ts';
import type { VaultUse } from './vault-access.ts';
import { VERSION } from './version.ts';

export type Role = 'api' | 'worker' | 'vault';

export type Gateway = {
  readonly url: string;
  readonly testKeys?: { readonly secretKey: string; readonly publishableKey: string };
  /** Where mails of test mode are shown on this machine. */
  readonly mails?: string;
  stop(hurry?: AbortSignal): Promise<void>;
};

const HERE = '127.0.0.1';
const WORKER_STOP_LIMIT_MS = 10_000;

/** `settings.databaseUrl` must lead somewhere: an embedded database is started by the caller. */
export const startGateway = async (
  settings: Settings,
  how: {
    readonly roles: readonly Role[];
    readonly quickstart?: boolean;
    /** Of a world that starts beside it; undefined when there is none after all. */
    readonly sandbox?: Promise<SandboxAddress | undefined>;
  },
): Promise<Gateway> => {
  const log = createLog({
    format:
      settings.logFormat === 'auto' ? autoFormat(how.quickstart ?? false) : settings.logFormat,
    level: settings.logLevel,
    clock: systemClock,
    colour: process.stderr.isTTY && !process.env['NO_COLOR'],
    write: (line) => void process.stderr.write(line),
  });
  const metrics = createMetrics(settings);
  const runtime = await openRuntime(settings, {
    log,
    actor: { kind: 'system', id: 'gateway' },
    vault: vaultUse(how.roles),
    observeBatch: metrics.observeBatch,
    ...(how.sandbox === undefined ? {} : { sandbox: how.sandbox }),
  });
  metrics.watch(runtime.context);
  const watches = [watchStalls({ clock: systemClock, log })];
  // Whoever only tries it knows how full their own machine is.
  if (how.quickstart !== true) {
    watches.push(watchDisk({ clock: systemClock, log }, () => freeShareOf(settings.data)));
  }
  const takeDown: (() => Promise<void>)[] = [
    () => runtime.close(),
    async () => {
      for (const watch of watches) watch.stop();
    },
  ];
  const stop = async (): Promise<void> => {
    for (const step of takeDown.splice(0).toReversed()) {
      // What cannot be ended must not keep the rest from ending.
      await step().catch((error: unknown) => log.error({ error }, 'A part did not end well'));
    }
    log.info({}, 'The gateway has stopped');
  };
  try {
    const started = await startRoles(runtime, { ...how, settings, metrics, takeDown });
    log.info({ port: started.port, role: how.roles.join(',') }, 'The gateway is up');
    return { ...started, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};

/** `takeDown` gets what ends each part, in the order in which they were started. */
const startRoles = async (
  runtime: Runtime,
  input: {
    readonly roles: readonly Role[];
    readonly quickstart?: boolean;
    readonly settings: Settings;
    readonly metrics: GatewayMetrics;
    readonly takeDown: (() => Promise<void>)[];
  },
): Promise<Omit<Gateway, 'stop'> & { readonly port: number }> => {
  const { roles, settings, metrics, takeDown } = input;
  const testKeys = input.quickstart ? await quickstartKeys(runtime) : undefined;
  if (input.quickstart && runtime.sandbox !== undefined) {
    const scope = { accountId: await firstAccount(runtime.context), livemode: false };
    await payAtSandbox(runtime.context, scope, runtime.sandbox);
    await payAtBanks(runtime.context, scope, runtime.sandbox, `http://${HERE}:${settings.port}`);
  }

  if (speaksWithProviders(roles)) await refuseMisledAccounts(runtime);
  if (roles.includes('vault')) {
    const vault = await serveVaultRole(runtime);
    takeDown.push(() => vault.close());
  }
  const rails = speaksWithProviders(roles) ? await openGatewayRails(runtime) : null;
  if (rails !== null) {
    takeDown.push(() => rails.close());
    const watch = await watchDatabase(runtime, rails, journalFolderOf(settings));
    takeDown.push(() => watch.stop());
  }
  if (rails !== null && roles.includes('worker')) {
    const worker = createGatewayWorker(runtime, rails);
    await worker.start();
    takeDown.push(() => worker.stop(WORKER_STOP_LIMIT_MS));
  }
  if (roles.includes('api') && !roles.includes('worker')) {
    const { apart } = runtime.context.database;
    const presence = await showPresence(runtime.context, { role: 'api', version: VERSION, apart });
    takeDown.push(() => presence.stop());
  }
  let { port } = settings;
  if (roles.includes('api')) {
    const publicUrl = settings.publicUrl || `http://localhost:${port}`;
    const api = createApi(runtime, {
      publicUrl,
      metrics: metrics.http,
      observers: metrics.payers,
      handlers: metrics.handlers,
      showMails: showsMails(input),
    });
    if (settings.sharedPort) await refuseStrangersAt(runtime.context, settings);
    port = await api.listen(port, settings.host, settings.sharedPort);
    takeDown.push(() => api.close());
  }
  return {
    url: `http://${settings.host === '0.0.0.0' ? 'localhost' : settings.host}:${port}`,
    port,
    ...(roles.includes('api') && showsMails(input)
      ? { mails: `http://localhost:${port}/mails` }
      : {}),
    ...(testKeys ? { testKeys } : {}),
  };
};

/** Who answers calls providers for those who wait; the worker goes on where that was not enough. */
const speaksWithProviders = (roles: readonly Role[]): boolean =>
  roles.includes('api') || roles.includes('worker');

/** On a machine of a newcomer's own, where no real payer is and nobody else looks. */
const showsMails = (input: {
  readonly quickstart?: boolean;
  readonly settings: Settings;
}): boolean =>
  (input.quickstart ?? false) && !input.settings.liveMode && input.settings.proxies === 0;

/** Only who keeps the cards has them; only who speaks with providers may have one out. */
const vaultUse = (roles: readonly Role[]): VaultUse => {
  if (roles.includes('vault')) return 'here';
  return speaksWithProviders(roles) ? 'reveal' : 'use';
};

const autoFormat = (quickstart: boolean): 'terminal' | 'json' =>
  quickstart || process.stderr.isTTY ? 'terminal' : 'json';

/** The same keys at every start: their texts are kept in the data folder, as only test keys may be. */
const quickstartKeys = async (runtime: Runtime): Promise<NonNullable<Secrets['quickstart']>> => {
  const { context, secrets, settings } = runtime;
  const known = secrets.quickstart;
  const recognized =
    known && (await createAuthenticator().authenticate(context, known.secretKey, HERE));
  if (known && recognized?.ok) return known;

  const scope = { accountId: await firstAccount(context), livemode: false };
  const quickstart = {
    secretKey: await createKey(context, { scope, kind: 'secret', name: 'Quick start' }),
    publishableKey: await createKey(context, { scope, kind: 'publishable', name: 'Quick start' }),
  };
  await saveSecrets(settings.data, { ...secrets, quickstart });
  return quickstart;
};

const firstAccount = async (context: Context): Promise<string> => {
  const existing = (await listAccounts(context)).find((account) => account.isFirst);
  if (existing) return existing.id;
  const { account, write } = newAccount(context, { name: 'My shop', isFirst: true });
  const scope = { accountId: account.id, livemode: false };
  if ((await context.database.commit(scope, [write])).ok) return account.id;
  // Another first start on this database was faster.
  return firstAccount(context);
};
