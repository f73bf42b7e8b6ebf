// How a process comes to the vault: in its own memory, or in a process of its own behind a socket or
// mutual TLS. The rest of the house cannot tell which.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { testCardNames } from '#cards/methods';
import {
  awsKmsKeys,
  connectVault,
  createLocalKey,
  type KeyProvider,
  localKeys,
  openVault,
  type Vault,
  type VaultAddress,
} from '#cards/vault';
import type { Context } from '#kit/context';
import { type Fence, type OpenDatabase, openDatabase } from '#platform/db';
import type { Settings } from './config.ts';

/** `use`: never gets a number out. `reveal`: speaks with providers. `here`: is the vault. */
export type VaultUse = 'use' | 'reveal' | 'here';

export type VaultAccess = { readonly vault: Vault; close(): Promise<void> };

export const vaultFor = async (
  settings: Settings,
  context: Context,
  { use, fence }: { readonly use: VaultUse; readonly fence: Fence },
): Promise<VaultAccess> => {
  const at = use === 'here' ? null : await vaultAddress(settings);
  if (at === null || use === 'here') return openVaultHere(settings, context, fence);
  const vault = connectVault({ at, tokenFile: tokenFilesOf(settings)[use] });
  return { vault, close: () => vault.close() };
};

/** Null: there is no vault process, each process has the vault in itself. */
export const vaultAddress = async (settings: Settings): Promise<VaultAddress | null> => {
  if (settings.vaultSocket !== '') return { socket: settings.vaultSocket };
  if (settings.vaultHost === '') return null;

  const [host = '', port = ''] = settings.vaultHost.split(/:(?=\d+$)/);
  if (host === '' || !/^\d+$/.test(port) || settings.vaultTls === '') {
    throw new Error(
      'TOLLGATE_VAULT_HOST must be like vault.internal:7443, and TOLLGATE_VAULT_TLS a folder with ca.pem, cert.pem and key.pem.',
    );
  }
  const pem = (name: string): Promise<string> => readFile(join(settings.vaultTls, name), 'utf8');
  const [ca, cert, key] = await Promise.all([pem('ca.pem'), pem('cert.pem'), pem('key.pem')]);
  return { host, port: Number(port), tls: { ca, cert, key } };
};

export const tokenFilesOf = (settings: Settings): { use: string; reveal: string } => {
  const folder = settings.vaultTokens || settings.data;
  return { use: join(folder, 'vault-use.token'), reveal: join(folder, 'vault-reveal.token') };
};

/** The vault in this process, on a connection of its own that only its role may use. */
const openVaultHere = async (
  settings: Settings,
  context: Context,
  fence: Fence,
): Promise<VaultAccess> => {
  const database = openDatabase({
    url: settings.databaseVaultUrl,
    poolSize: Math.max(2, Math.floor(settings.databasePool / 2)),
    clock: context.clock,
    crashPoint: context.crashPoint,
    fence,
  });
  try {
    const vault = await openVault({
      context: { ...context, database },
      providers: await keyProviders(settings, context, database),
      livemode: settings.liveMode,
      settings: {
        testCards: testCardNames(),
        unusedDaysMax: settings.unusedCardDays === 0 ? null : settings.unusedCardDays,
      },
    });
    return {
      vault,
      close: async () => {
        await vault.close();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
};

/** The first wraps from now on; the others still open what they once wrapped. */
const keyProviders = async (
  settings: Settings,
  context: Context,
  database: OpenDatabase,
): Promise<readonly [KeyProvider, ...KeyProvider[]]> => {
  const local = (): Promise<KeyProvider> =>
    oneAtATime(database, () =>
      localKeys({
        shareFolders: shareFolders(settings),
        clock: context.clock,
        random: context.random,
        createFirst: !settings.liveMode && settings.kmsKey === '',
      }),
    );
  if (settings.kmsKey === '') return [await local()];

  const kms = await awsKmsKeys({
    keyArn: settings.kmsKey,
    region: settings.kmsRegion,
    network: context.network,
  });
  return settings.keyShares === '' ? [kms] : [kms, await local()];
};

const shareFolders = (settings: Settings): readonly [string, string] => {
  if (settings.keyShares === '') {
    return [join(settings.data, 'keys', 'a'), join(settings.data, 'keys', 'b')];
  }
  const [a, b, ...more] = settings.keyShares.split(',').map((folder) => folder.trim());
  if (!a || !b || more.length > 0) {
    throw new Error('TOLLGATE_KEY_SHARES must be two folders, separated by a comma.');
  }
  return [a, b];
};

export const createVaultKey = (
  settings: Settings,
  context: Pick<Context, 'clock' | 'random'>,
): Promise<string> =>
  createLocalKey({
    shareFolders: shareFolders(settings),
    clock: context.clock,
    random: context.random,
  });

// Gateways that start at once on a new folder must not each make a first key: what one of them wrapped
// the other could not open.
const oneAtATime = <T>(database: OpenDatabase, work: () => Promise<T>): Promise<T> =>
  database.system(async (tx) => {
    await tx.query({ name: '', text: 'select pg_advisory_xact_lock(7031992)' });
    return work();
  });
