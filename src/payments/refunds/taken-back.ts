// A payment that stood in the books, and that its bank has taken back after all: a reversal took effect that nobody
// had heard of when others said yes, or the bank's people undid it. For its payer and for the books that is a refund
// which nobody asked for and which has been made. What a refund or a dispute has of it just then is gone from the
// books already; should that fail, or be won, it is free, and the bank has it: then it is booked as taken back too.

import { loadExpectationsOf } from '#books/expectations';
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
import { type Change, loadOfIntent, mayBePaidBackTwice, type Operation } from '#rails/operations';
import { endOfIntent } from './end-of-intent.ts';
import { refundCreated, refundSnapshot } from './events.ts';
import { newRefund } from './new-refund.ts';
import type { Refund } from './refund.ts';
import { insertRefund } from './refunds.store.ts';

/** A person who says so once more has what is free by now booked. */
export const isTakenBack = ({ before, after, evidence }: Change): boolean =>
  (after.kind === 'sale' || after.kind === 'capture') &&
  after.state === 'reversed' &&
  (before.state === 'approved' ||
    (before.state === 'reversed' &&
      evidence?.kind === 'person' &&
      evidence.says.outcome === 'reversed'));

export const writesOfTakenBack = async (
  context: Context,
  scope: Scope,
  { before: { state }, after }: Change,
): Promise<readonly Write[]> => {
  const charges = await loadChargesOfIntent(context, scope, after.intentId);
  const before = charges.find((charge) => isOf(charge, after));
  if (before === undefined) return [];
  if (state === 'reversed') {
    const { charge, writes } = await takeWhatIsFree(context, scope, before);
    return writes.length === 0 ? [] : [updateCharge(scope, next(charge)), ...writes];
  }
  const open = await openOf(context, scope, after);
  // One that was said to have failed, and whose payment went on without it, stands in no book.
  if (open.amount <= 0n) return [];
  const owed = { ...before, takenBackBeyond: (before.takenBackBeyond ?? 0) + Number(open.amount) };
  const { charge, writes } = await take(context, scope, owed, [open]);
  if (charge.takenBackBeyond !== undefined) {
    context.log.error(
      { about: spellId(CHARGE, before.id), accountId: scope.accountId },
      'A bank took a payment back of which there was less left: a person has to look at it',
    );
  }
  // What is on its way to its payer may still come to nothing.
  const isTwice = BigInt(charge.takenBackBeyond ?? 0) > charge.refunding;
  return [
    updateCharge(scope, next(charge)),
    ...writes,
    ...(isTwice ? mayBePaidBackTwice(context, scope, after.id) : []),
  ];
};

const next = (charge: Charge): Charge => ({ ...charge, version: charge.version + 1 });

export type Taken = { readonly charge: Charge; readonly writes: readonly Write[] };

/** Of a charge that has just changed, and that whoever asks will write: what its bank has of it is free no more. */
export const takeWhatIsFree = async (
  context: Context,
  scope: Scope,
  charge: Charge,
): Promise<Taken> => {
  if (charge.takenBackBeyond === undefined || left(charge) === 0n) return { charge, writes: [] };
  const operations = await loadOfIntent(context, scope, charge.intentId);
  const takenBack = operations.filter((each) => each.state === 'reversed' && isOf(charge, each));
  const open = takenBack.map((operation) => openOf(context, scope, operation));
  return take(context, scope, charge, await Promise.all(open));
};

/** A refund of it has been paid: where its bank has that as well, a person has to ask. */
export const writesOfPaidTwice = async (
  context: Context,
  scope: Scope,
  charge: Charge,
): Promise<readonly Write[]> => {
  if (charge.takenBackBeyond === undefined) return [];
  const operations = await loadOfIntent(context, scope, charge.intentId);
  return operations
    .filter((each) => each.state === 'reversed' && isOf(charge, each))
    .flatMap(({ id }) => mayBePaidBackTwice(context, scope, id));
};

/** An operation that was taken back: how much of it is not booked so, and how many times some of it was. */
type Open = Pick<Operation, 'id' | 'reference' | 'amount'> & { readonly parts: number };

const openOf = async (context: Context, scope: Scope, operation: Operation): Promise<Open> => {
  const booked = (await loadExpectationsOf(context, scope, operation)).filter(
    ({ kind }) => kind === 'payment' || kind === 'refund',
  );
  const amount = booked.reduce((sum, { gross }) => sum + gross, 0n);
  const parts = booked.filter(({ kind }) => kind === 'refund').length;
  return { ...operation, amount, parts };
};

const take = async (
  context: Context,
  scope: Scope,
  before: Charge,
  operations: readonly Open[],
): Promise<Taken> => {
  let taken: Taken = { charge: before, writes: [] };
  for (const operation of operations) {
    const { charge } = taken;
    const beyond = BigInt(charge.takenBackBeyond ?? 0);
    const amount = [left(charge), beyond, operation.amount].reduce((a, b) => (a < b ? a : b));
    if (amount <= 0n) continue;
    const made = await refundOf(context, scope, charge, { ...operation, amount });
    taken = { ...made, writes: [...taken.writes, ...made.writes] };
  }
  const { charge, writes } = taken;
  const isEnd = charge !== before && charge.isUnwanted;
  return {
    charge,
    writes: isEnd ? [...writes, ...(await endOfIntent(context, scope, charge))] : writes,
  };
};

const refundOf = async (
  context: Context,
  scope: Scope,
  before: Charge,
  { id, reference, amount, parts }: Open,
): Promise<Taken> => {
  const asked = newRefund(context, before, {
    amount,
    reason: null,
    metadata: {},
    instructionsEmail: null,
    isAutomatic: true,
  });
  const { takenBackBeyond = 0, ...rest } = before;
  const beyond = takenBackBeyond - Number(amount);
  const charge: Charge = {
    ...rest,
    ...(beyond === 0 ? {} : { takenBackBeyond: beyond }),
    refunds: before.refunds + 1,
    refunded: before.refunded + amount,
  };
  const booked = await bookMovement(context, scope, {
    kind: 'refund',
    charge,
    subject: asked.id,
    part: parts,
    reference,
    amount,
    isFree: true,
  });
  const kinds = [refundCreated, chargeRefunded];
  const refund: Refund = {
    ...asked,
    status: 'succeeded',
    isTold: true,
    takenBack: id,
    ...(parts === 0 ? {} : { takenBackPart: parts }),
    events: kinds.length,
    balanceTransactionId: booked.balanceTransactionId,
    destination: { type: charge.method.type, trace: null, isReversal: true },
  };
  return {
    charge,
    writes: [
      insertRefund(scope, refund),
      appendChange(context, {
        scope,
        objectId: refund.id,
        sequence: 1,
        kinds,
        snapshot: { ...refundSnapshot(refund), ...chargeSnapshot(charge, before) },
        request: null,
      }),
      ...booked.writes,
    ],
  };
};

/** A capture is of the one charge of its payment that held what it took. */
const isOf = (charge: Charge, { kind, id }: Pick<Operation, 'kind' | 'id'>): boolean =>
  kind === 'sale'
    ? charge.operationId === id
    : kind === 'capture' && charge.kind === 'authorize' && charge.captured > 0n;
