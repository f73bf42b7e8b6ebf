// Rotation begins here and is carried through by `maintain`, row by row, over restarts: what has yet to
// be done is always read from the rows themselves, so there is no progress to lose.

import { auditEntry } from '#identity/audit';
import type { Scope } from '#kit/context';
import { retireAllDataKeys, retireDataKey } from './keys.store.ts';
import type { Caller, Rotation } from './vault.ts';
import type { VaultParts } from './vault-context.ts';

export const rotate = async (vault: VaultParts, caller: Caller, what: Rotation): Promise<void> => {
  const { context } = vault;
  switch (what.key) {
    case 'key_encryption':
      await vault.keyRing.renew();
      break;
    case 'data':
      if (what.scope) {
        await retireDataKey(context, what.scope);
        vault.dataKeys.forgetCurrent(what.scope);
      } else {
        await retireAllDataKeys(context);
        vault.dataKeys.forgetAll();
      }
      break;
    default:
      await vault.sharedKeys.addVersion(what.key);
  }
  await note(vault, caller, {
    action: `vault.${what.key}_key.rotate`,
    scope: what.key === 'data' ? (what.scope ?? null) : null,
    details: { key_encryption_key: await vault.keyRing.currentKeyId() },
  });
};

/** Acts on the whole vault belong to no account; the commit still wants a scope, and gets an empty one. */
const nobody: Scope = { accountId: '00000000-0000-0000-0000-000000000000', livemode: false };

export const note = async (
  vault: VaultParts,
  caller: Caller,
  act: {
    readonly action: string;
    readonly scope: Scope | null;
    readonly target?: string;
    readonly details?: Readonly<Record<string, unknown>>;
  },
): Promise<void> => {
  const entry = auditEntry({ ...vault.context, actor: caller.actor }, act);
  await vault.context.database.commit(act.scope ?? nobody, [entry]);
};
