// Sending a receipt once more is another module's business; whoever puts the process together passes it on.

import type { Context, Database, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';

/** Whether the payer's mailbox has it, or will. */
export type MailReceiptAgain = (context: Context, scope: Scope, chargeId: Uuid) => Promise<boolean>;

const provided = new WeakMap<Database, MailReceiptAgain>();

export const provideReceiptMailer = (
  context: Pick<Context, 'database'>,
  mail: MailReceiptAgain,
): void => {
  provided.set(context.database, mail);
};

export const mailReceiptAgain: MailReceiptAgain = async (context, scope, chargeId) =>
  (await provided.get(context.database)?.(context, scope, chargeId)) ?? false;
