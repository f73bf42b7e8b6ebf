// The receipt once more, for a payer who asks at the page they paid at: to the address that it went to, and not
// so often that a stranger who has the page could fill a mailbox.

import type { Context, Scope } from '#kit/context';
import { spellId, type Uuid, uuidMs } from '#kit/ids';
import { CHARGE } from '#payments/charges';
import { againTo } from '../mail-again.ts';
import { insertMail, listMails } from '../mails.store.ts';

const TIMES_MAX = 5;
const PAUSE_MS = 60_000;

/** True where it is on its way, or went a moment ago. */
export const mailReceiptAgain = async (
  context: Context,
  scope: Scope,
  chargeId: Uuid,
): Promise<boolean> => {
  const sent = await listMails(context, scope, {
    direction: 'older',
    from: null,
    about: spellId(CHARGE, chargeId),
    state: null,
    template: 'payment_receipt',
    to: null,
    limit: TIMES_MAX,
  });
  const [newest] = sent;
  if (newest === undefined) return false;
  if (context.clock.now() - uuidMs(newest.id) < PAUSE_MS) return true;
  if (sent.length >= TIMES_MAX) return false;
  const again = againTo(context, newest, newest.to);
  return (await context.database.commit(scope, [insertMail(scope, again)])).ok;
};
