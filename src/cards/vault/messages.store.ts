// Which messages of browsers were opened: each is, once.

import { spellTime, statement } from '#platform/db';
import { inSystem } from './keys.store.ts';
import type { VaultContext } from './vault-context.ts';

const claimMessageRow = statement(
  'vault.claim_message',
  `insert into vault.opened_messages (kid, jti, expires_at) values ($1, $2, $3::timestamptz)
   on conflict do nothing returning jti`,
);
const forgetMessageRows = statement(
  'vault.forget_messages',
  'delete from vault.opened_messages where expires_at < $1::timestamptz returning 1 as one',
);

/** False when it was opened before, by whichever process. */
export const claimMessage = async (
  context: VaultContext,
  message: { readonly kid: string; readonly jti: string; readonly expiresAt: number },
): Promise<boolean> =>
  (
    await inSystem(context, claimMessageRow, [
      message.kid,
      message.jti,
      spellTime(message.expiresAt),
    ])
  ).length > 0;

export const forgetMessages = async (context: VaultContext, beforeMs: number): Promise<number> =>
  (await inSystem(context, forgetMessageRows, [spellTime(beforeMs)])).length;
