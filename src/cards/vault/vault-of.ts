// Which vault belongs to a context. The context itself cannot carry it, since `kit` knows nothing of
// cards; its database can, being the one thing that all contexts of an installation share.

import { present } from '#kit/assert';
import type { Context, Database } from '#kit/context';
import type { Vault } from './vault.ts';

const vaults = new WeakMap<Database, Vault>();

/** Once, when the process starts. */
export const provideVault = (context: Pick<Context, 'database'>, vault: Vault): void => {
  vaults.set(context.database, vault);
};

export const vaultOf = (context: Pick<Context, 'database'>): Vault =>
  present(vaults.get(context.database), 'the vault of this process');
