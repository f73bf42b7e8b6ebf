// A payment that stood in the books, and that its bank has taken back after all: a reversal took effect that nobody
// had heard of when others said yes, or the bank's people undid it. For its payer and for the books that is a refund
// which nobody asked for and which has been made.

import type { Context, Scope, Write } from '#kit/context';
import { spellId } from '#kit/ids';
import {
  bookMovement,
  CHARGE,
  type Charge,
  chargeRefunded,
  chargeSnapshot,
  left,
  loadChargesOfIntent,
  updateCharge,
} from '#payments/charges';
import { appendChange } from '#platform/events';
import type { Change, Operation } from '#rails/operations';
import { endOfIntent } from './end-of-intent.ts';
import { refundCreated, refundSnapshot } from './events.ts';
import { newRefund } from './new-refund.ts';
import type { Refund } from './refund.ts';
import { insertRefund } from './refunds.store.ts';

export const isTakenBack = ({ before, after }: Change): boolean =>
  before.state === 'approved' &&
  after.state === 'reversed' &&
  (after.kind === 'sale' || after.kind === 'capture');

export const writesOfTakenBack = async (
  context: Context,
  scope: Scope,
  { after }: Change,
): Promise<readonly Write[]> => {
  const charges = await loadChargesOfIntent(context, scope, after.intentId);
  const before = charges.find((charge) => isOf(charge, after));
  if (before === undefined) return [];
  // What was given back already, or taken by a dispute, is gone from the books. Should that fail, or be won, it is not
  // there to be given back: its bank has it, and a check names the charge.
  const rest = left(before);
  const amount = rest < after.amount ? rest : after.amount;
  const beyond = Number(after.amount - amount);
  const taken: Charge = {
    ...before,
    version: before.version + 1,
    ...(beyond === 0 ? {} : { takenBackBeyond: (before.takenBackBeyond ?? 0) + beyond }),
  };
  if (beyond > 0) {
    context.log.error(
      { about: spellId(CHARGE, before.id), accountId: scope.accountId },
      'A bank took a payment back of which there was less left: a person has to look at it',
    );
  }
  if (amount === 0n) return [updateCharge(scope, taken)];

  const asked = newRefund(context, before, {
    amount,
    reason: null,
    metadata: {},
    instructionsEmail: null,
    isAutomatic: true,
  });
  const charge: Charge = {
    ...taken,
    refunds: before.refunds + 1,
    refunded: before.refunded + amount,
  };
  const booked = await bookMovement(context, scope, {
    kind: 'refund',
    charge,
    subject: asked.id,
    part: 0,
    reference: after.reference,
    amount,
    isFree: true,
  });
  const kinds = [refundCreated, chargeRefunded];
  const refund: Refund = {
    ...asked,
    status: 'succeeded',
    isTold: true,
    takenBack: after.id,
    events: kinds.length,
    balanceTransactionId: booked.balanceTransactionId,
    destination: { type: charge.method.type, trace: null, isReversal: true },
  };
  return [
    insertRefund(scope, refund),
    updateCharge(scope, charge),
    appendChange(context, {
      scope,
      objectId: refund.id,
      sequence: 1,
      kinds,
      snapshot: { ...refundSnapshot(refund), ...chargeSnapshot(charge, before) },
      request: null,
    }),
    ...booked.writes,
    ...(charge.isUnwanted ? await endOfIntent(context, scope, charge) : []),
  ];
};

/** A capture is of the one charge of its payment that held what it took. */
const isOf = (charge: Charge, { kind, id }: Pick<Operation, 'kind' | 'id'>): boolean =>
  kind === 'sale'
    ? charge.operationId === id
    : charge.kind === 'authorize' && charge.captured > 0n && !charge.isUnwanted;
