// A context in which everything can be asked and nothing can be written, so that a dry run goes through
// the very code of a real one.

import { provideVault, type Vault, vaultOf } from '#cards/vault';
import type { Context } from '#kit/context';
import { newUuid } from '#kit/ids';

/** No account has this id: a card that is offered under it is wiped from the vault's memory. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

export const dryContext = (context: Context): Context => {
  const refuse = (): Promise<never> => Promise.reject(new Error('A dry run wanted to write.'));
  const database = {
    ...context.database,
    transaction: refuse,
    system: refuse,
    commit: refuse,
  };
  const dry = { ...context, database };
  provideVault(dry, dryVault(context, vaultOf(context)));
  return dry;
};

const dryVault = (context: Context, vault: Vault): Vault => ({
  ...vault,
  sealCard: async (caller, { scope, received }) => {
    await vault.sealCard(caller, { scope: { ...scope, accountId: NOBODY }, received });
    return { ok: true, card: newUuid(context), fingerprint: '' };
  },
  deleteCard: async () => true,
});
