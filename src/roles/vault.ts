// The role that keeps the cards, as a process of its own: it alone has the keys and the database role
// that reads what they seal.

import { type ServedVault, serveVault, vaultOf } from '#cards/vault';
import type { Runtime } from '../runtime.ts';
import { tokenFilesOf, vaultAddress } from '../vault-access.ts';

export const serveVaultRole = async (runtime: Runtime): Promise<ServedVault> => {
  const at = await vaultAddress(runtime.settings);
  if (at === null) {
    throw new Error(
      'The role vault needs to know where to listen: set TOLLGATE_VAULT_SOCKET, or TOLLGATE_VAULT_HOST and TOLLGATE_VAULT_TLS.',
    );
  }
  return serveVault({
    vault: vaultOf(runtime.context),
    context: runtime.context,
    at,
    tokenFiles: tokenFilesOf(runtime.settings),
  });
};
