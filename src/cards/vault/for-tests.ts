// A vault to test with: a database of its own, keys of its own, and card numbers that are nobody's.

import { join } from 'node:path';
import { newAccount } from '#identity/accounts';
import { present } from '#kit/assert';
import {
  type Clock,
  type Context,
  crashPointFrom,
  type Log,
  type Scope,
  systemClock,
  systemRandom,
} from '#kit/context';
import { type OpenDatabase, openDatabase, readMigrations } from '#platform/db';
import { silentLog, temporaryFolder } from '../../kit/context/for-tests.ts';
import { closedAtEnd } from '../../kit/context/for-tests-end.ts';
import { modules } from '../../modules.ts';
import { databaseWith, type TestDatabase } from '../../platform/db/for-tests.ts';
import { connectVault } from './connect-vault.ts';
import type { KeyProvider } from './key-provider.ts';
import { localKeys } from './local-keys.ts';
import { openVault } from './open-vault.ts';
import { serveVault } from './serve-vault.ts';
import type { Caller, PlainCard, Vault } from './vault.ts';
import type { MutualTls } from './vault-address.ts';
import type { VaultContext, VaultSettings } from './vault-context.ts';

// A hook that is registered inside another belongs to that one, so there is one for the file.
const closing = closedAtEnd();
export const atEnd = (close: () => Promise<void>): void => {
  closing.push(close);
};

/** Before what was registered earlier. */
const atStart = (close: () => Promise<void>): void => {
  closing.unshift(close);
};

export type TestVault = {
  readonly vault: Vault;
  readonly context: VaultContext & { readonly database: OpenDatabase };
  readonly on: VaultDatabase;
  readonly folders: readonly [string, string];
};

export type VaultDatabase = TestDatabase & { readonly vaultUrl: string };

export const vaultDatabase = async (): Promise<VaultDatabase> => {
  const on = await databaseWith(await readMigrations(modules));
  return { ...on, vaultUrl: present(on.vaultUrl, 'the address for the role of the vault') };
};

export const temporaryFolders = async (): Promise<[string, string]> => {
  const folder = temporaryFolder('vault');
  return [join(folder, 'a'), join(folder, 'b')];
};

export const testVault = async (
  given: {
    readonly on?: VaultDatabase;
    readonly folders?: readonly [string, string];
    readonly clock?: Clock;
    readonly log?: Log;
    readonly settings?: Partial<VaultSettings>;
    readonly providers?: readonly [KeyProvider, ...KeyProvider[]];
    readonly livemode?: boolean;
  } = {},
): Promise<TestVault> => {
  const { clock = systemClock, log = silentLog } = given;
  const on = given.on ?? (await vaultDatabase());
  const folders = given.folders ?? (await temporaryFolders());
  const random = systemRandom;
  const database = openDatabase({
    url: on.vaultUrl,
    poolSize: 6,
    clock: systemClock,
    crashPoint: crashPointFrom(undefined),
  });
  const context = { clock, random, log, database, actor: testCaller.actor };
  const providers = given.providers ?? [
    await localKeys({ shareFolders: folders, clock: systemClock, random, createFirst: true }),
  ];
  const vault = await openVault({
    context,
    providers,
    livemode: given.livemode ?? false,
    ...(given.settings ? { settings: given.settings } : {}),
  });
  atEnd(() => vault.close());
  atEnd(() => database.close());
  return { vault, context, on, folders };
};

export const testCaller: Caller = { actor: { kind: 'system', id: 'vault test' } };

export const newScope = (livemode = false): Scope => ({
  accountId: newAccount({ clock: systemClock, random: systemRandom } as Context, {
    name: 'A merchant',
  }).account.id,
  livemode,
});

/** Sixteen digits that pass Luhn and were drawn by lot. */
export const randomNumber = (): string => {
  const digits = [4, ...[...systemRandom.bytes(14)].map((byte) => byte % 10)];
  let sum = 0;
  digits.toReversed().forEach((digit, place) => {
    const value = place % 2 === 0 ? digit * 2 : digit;
    sum += value > 9 ? value - 9 : value;
  });
  return `${digits.join('')}${(10 - (sum % 10)) % 10}`;
};

export const plainCard = (changes: Partial<PlainCard> = {}): PlainCard => ({
  number: randomNumber(),
  expMonth: 12,
  expYear: 2031,
  name: 'Ada Lovelace',
  ...changes,
});

/** Receives and seals; says the card's id and fingerprint. */
export const keep = async (
  vault: Vault,
  scope: Scope,
  card: PlainCard = plainCard(),
  cvcFor?: string,
): Promise<{ card: string; fingerprint: string }> => {
  const received = await vault.receiveCard(testCaller, { scope, card });
  if (!received.ok) throw new Error(`not received: ${received.code}`);
  const sealed = await vault.sealCard(testCaller, {
    scope,
    received: received.received,
    ...(cvcFor === undefined ? {} : { cvcFor }),
  });
  if (!sealed.ok) throw new Error(`not sealed: ${sealed.code}`);
  return { card: sealed.card, fingerprint: sealed.fingerprint };
};

/** The number as text, which only a test may want. Null when the card is gone. */
export const reveal = async (vault: Vault, scope: Scope, card: string): Promise<string | null> => {
  const outcome = await vault.withCard(
    testCaller,
    { scope, card, operation: 'test' },
    async ({ number }) => number.toString('latin1'),
  );
  return outcome.ok ? outcome.value : null;
};

/** Until nothing is left to do. */
export const maintainAll = async (vault: Vault): Promise<number> => {
  let all = 0;
  for (;;) {
    const done = await vault.maintain(testCaller);
    if (done === 0) return all;
    all += done;
  }
};

/** The same vault, spoken to over a socket or over mutual TLS. */
export const served = async (
  opened: TestVault,
  by: { readonly tls?: { readonly server: MutualTls; readonly client: MutualTls } } = {},
): Promise<TestVault & { readonly using: Vault; readonly folder: string }> => {
  const folder = temporaryFolder('vault');
  const tokenFiles = { use: join(folder, 'use.token'), reveal: join(folder, 'reveal.token') };
  const socket = join(folder, 'vault.sock');
  const server = await serveVault({
    vault: opened.vault,
    context: opened.context,
    at: by.tls ? { host: '127.0.0.1', port: 0, tls: by.tls.server } : { socket },
    tokenFiles,
  });
  const at = by.tls
    ? { host: 'localhost', port: server.port ?? 0, tls: by.tls.client }
    : { socket };
  const vault = connectVault({ at, tokenFile: tokenFiles.reveal });
  const using = connectVault({ at, tokenFile: tokenFiles.use });
  atStart(async () => {
    await vault.close();
    await using.close();
    await server.close();
  });
  return { ...opened, vault, using, folder };
};
