import type { Context, Scope, Tx } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { statement } from '#platform/db';
import { spellReceiptNumber } from './receipt-number.ts';

const numberReceipt = statement(
  'receipts.number',
  'select outward.number_receipt($1, $2, $3) as number',
);

/** A charge's receipt has one number, given when it is first wanted. */
export const numberOfReceipt = async (tx: Tx, scope: Scope, chargeId: Uuid): Promise<string> => {
  const [row] = await tx.query<{ number: number }>(numberReceipt, [
    scope.accountId,
    scope.livemode,
    chargeId,
  ]);
  return spellReceiptNumber(scope.accountId, row?.number ?? 0);
};

export const receiptNumberOf = (context: Context, scope: Scope, chargeId: Uuid): Promise<string> =>
  context.database.system((tx) => numberOfReceipt(tx, scope, chargeId));
