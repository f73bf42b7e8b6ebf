// What is written of a refund whenever something is learned of its operation, by whichever way.

import type { Context, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import {
  type Booked,
  bookMovement,
  type Charge,
  chargeSnapshot,
  loadCharge,
  updateCharge,
} from '#payments/charges';
import { FIRST_MS, paymentConclusionOf, RELEASE_JOB } from '#payments/intents';
import { appendChange, type Cause } from '#platform/events';
import { enqueue } from '#platform/jobs';
import { hearLinesOfBooked, type OperationListener } from '#rails/connectors';
import {
  type Change,
  decidedOnce,
  type HeldName,
  heldWhileSending,
  type Operation,
} from '#rails/operations';
import { nextTry } from './back-again.ts';
import { concludeRefund, concludeRelease, type DecidedRefund } from './conclude-refund.ts';
import { endOfIntent, isAllBack } from './end-of-intent.ts';
import { refundSnapshot } from './events.ts';
import { paidLate } from './paid-late.ts';
import type { Refund } from './refund.ts';
import { loadRefundOf, loadRefundOfVoid, updateRefund } from './refunds.store.ts';
import {
  isTakenBack,
  type Taken,
  takeWhatIsFree,
  writesOfPaidTwice,
  writesOfTakenBack,
} from './taken-back.ts';

export type Held = { readonly refund: Refund; readonly charge: Charge; readonly cause: Cause };

export type ConcludedRefund = {
  readonly refund: Refund;
  readonly charge: Charge;
  /** Null: no money moved. */
  readonly booked: Booked | null;
  readonly writes: readonly Write[];
};

const sends = heldWhileSending<Held>();

const nameOf = ({ intentId, ordinal }: Pick<Refund, 'intentId' | 'ordinal'>): HeldName => ({
  of: intentId,
  which: `${ordinal}`,
});

const nameOfVoid = (intentId: Uuid, attempt: number): HeldName => ({
  of: intentId,
  which: `void ${attempt}`,
});

/** While `work` runs, the refund that it sends is known here. */
export const holding = <T>(context: Context, given: Held, work: () => Promise<T>): Promise<T> => {
  const { intentId, byVoid } = given.refund;
  const name = byVoid === undefined ? nameOf(given.refund) : nameOfVoid(intentId, byVoid);
  return sends.holding(context, name, given, work);
};

export const onOperation: OperationListener = (context, scope, change) => {
  const { kind } = change.after;
  if (kind === 'void') return writesOfVoid(context, scope, change);
  if (isTakenBack(change)) return writesOfTakenBack(context, scope, change);
  return kind === 'refund' ? writesOf(context, scope, change) : null;
};

/** Of a charge of the older API that was let go of by a refund. */
const writesOfVoid = async (
  context: Context,
  scope: Scope,
  change: Change,
): Promise<readonly Write[]> => {
  const { after, conclusion } = change;
  const held = sends.heldOf(context, nameOfVoid(after.intentId, after.attempt));
  // Waited for in any case, so that what became of the charge is told before its refund.
  const payment = await paymentConclusionOf(context, scope, change);
  let before = held?.isFirst === true ? held.known.refund : undefined;
  if (before === undefined) {
    if (payment?.charge.isDirect !== true) return [];
    before = await loadRefundOfVoid(context, scope, after);
  }
  const decided = before && concludeRelease(before, conclusion);
  if (!before || !decided) return [];
  const { kinds } = decided;
  const refund: Refund = {
    ...decided.refund,
    version: before.version + 1,
    events: before.events + kinds.length,
  };
  return [
    updateRefund(scope, refund),
    appendChange(context, {
      scope,
      objectId: refund.id,
      sequence: before.events + 1,
      kinds,
      snapshot: refundSnapshot(refund, before.isTold ? before : undefined),
      request: held?.known.cause ?? null,
    }),
  ];
};

const writesOf = async (
  context: Context,
  scope: Scope,
  change: Change,
): Promise<readonly Write[]> => (await conclusionOf(context, scope, change))?.writes ?? [];

export const conclusionOf = decidedOnce<ConcludedRefund | null>((context, scope, change) =>
  conclude(context, scope, change),
);

const conclude = async (
  context: Context,
  scope: Scope,
  change: Change,
): Promise<ConcludedRefund | null> => {
  const { after } = change;
  if (after.kind !== 'refund') return null;
  const held = sends.heldOf(context, nameOf(after));
  const known = held?.isFirst === true ? held.known : await load(context, scope, after);
  if (known === null) return null;

  const { refund, charge } = known;
  const { evidence } = change;
  const isPersons = evidence?.kind === 'person' && evidence.says.outcome === 'approved';
  const decided = concludeRefund(refund, charge, change.conclusion, { isPersons });
  if (decided === null) {
    return { refund, charge, booked: null, writes: touchedBy(scope, change, { refund, charge }) };
  }
  return write(context, scope, {
    change,
    decided,
    before: known,
    cause: held?.known.cause ?? null,
  });
};

/** Paid although it had failed, or not any more: whoever gives its place free at this moment has to look at that again. */
const touchedBy = (
  scope: Scope,
  { before, after }: Change,
  { refund, charge }: Pick<Held, 'refund' | 'charge'>,
): readonly Write[] =>
  refund.status === 'failed' && (before.state === 'approved') !== (after.state === 'approved')
    ? [updateCharge(scope, { ...charge, version: charge.version + 1 })]
    : [];

const load = async (
  context: Context,
  scope: Scope,
  operation: Change['after'],
): Promise<Pick<Held, 'refund' | 'charge'> | null> => {
  const refund = await loadRefundOf(context, scope, operation);
  const charge = refund && (await loadCharge(context, scope, refund.chargeId));
  return refund === undefined || charge === undefined ? null : { refund, charge };
};

const write = async (
  context: Context,
  scope: Scope,
  input: {
    readonly change: Change;
    readonly decided: DecidedRefund;
    readonly before: Pick<Held, 'refund' | 'charge'>;
    readonly cause: Cause;
  },
): Promise<ConcludedRefund> => {
  const { change, decided, before, cause } = input;
  const isChargeChanged =
    decided.charge.refunded !== before.charge.refunded ||
    decided.charge.refunding !== before.charge.refunding ||
    decided.charge.refundedBeyond !== before.charge.refundedBeyond;
  const changed = isChargeChanged
    ? { ...decided.charge, version: before.charge.version + 1 }
    : before.charge;
  const { refund, booked, told } = await bookAndTell(context, scope, {
    decided: { ...decided, charge: changed },
    before,
    reference: change.after.reference,
    cause,
  });
  // Told after what set it free.
  const free = isChargeChanged
    ? await takeWhatIsFree(context, scope, changed)
    : { charge: changed, writes: [] };
  const { charge, writes: takenBack } =
    isChargeChanged && refund.status === 'failed'
      ? await bookPaidLate(context, scope, free, refund)
      : free;
  return {
    refund,
    charge,
    booked,
    writes: [
      updateRefund(scope, refund),
      ...(isChargeChanged ? [updateCharge(scope, charge)] : []),
      told,
      ...(booked?.writes ?? []),
      ...takenBack,
      ...(decided.moved === 'refund' ? await writesOfPaidTwice(context, scope, charge) : []),
      ...(await goOn(context, scope, { refund, charge, operation: change.after })),
    ],
  };
};

const bookAndTell = async (
  context: Context,
  scope: Scope,
  {
    decided,
    before,
    reference,
    cause,
  }: {
    readonly decided: DecidedRefund;
    readonly before: Pick<Held, 'refund' | 'charge'>;
    readonly reference: string;
    readonly cause: Cause;
  },
) => {
  const { moved, charge, kinds } = decided;
  const { id: subject, amount } = decided.refund;
  const booked =
    moved === null
      ? null
      : await bookMovement(context, scope, { kind: moved, charge, subject, reference, amount });
  const refund: Refund = {
    ...decided.refund,
    version: before.refund.version + 1,
    events: before.refund.events + kinds.length,
    ...(booked === null
      ? {}
      : moved === 'refund'
        ? { balanceTransactionId: booked.balanceTransactionId }
        : { failureBalanceTransactionId: booked.balanceTransactionId }),
  };
  // What was told of the charge before it: of one that had failed nothing is reserved.
  const reserved = before.refund.status === 'failed' ? 0n : before.refund.amount;
  const unreserved = { ...before.charge, refunding: before.charge.refunding - reserved };
  const told = appendChange(context, {
    scope,
    objectId: refund.id,
    sequence: before.refund.events + 1,
    kinds,
    snapshot: {
      ...refundSnapshot(refund, before.refund.isTold ? before.refund : undefined),
      ...(kinds.some(({ object }) => object === 'charge')
        ? chargeSnapshot(charge, unreserved)
        : {}),
    },
    request: cause,
  });
  return { refund, booked, told };
};

/** Of a refund that came to nothing: others have its place that had been said to have failed, and were paid all the same. */
const bookPaidLate = async (
  context: Context,
  scope: Scope,
  free: Taken,
  failed: Refund,
): Promise<Taken> => {
  let { charge, writes } = free;
  for (const late of await paidLate(context, scope, { charge, failed })) {
    const { refund, booked, told } = await bookAndTell(context, scope, {
      decided: late,
      before: { refund: late.before, charge: late.chargeBefore },
      reference: late.operation.reference,
      cause: null,
    });
    charge = late.charge;
    writes = [
      ...writes,
      updateRefund(scope, refund),
      told,
      ...(booked?.writes ?? []),
      ...(await hearLinesOfBooked(context, scope, late.operation)),
    ];
  }
  return { charge, writes };
};

/** What nobody wants goes back whoever gives it back: it is over once nothing is left, and until then somebody is at it. */
const goOn = async (
  context: Context,
  scope: Scope,
  {
    refund,
    charge,
    operation,
  }: Pick<Held, 'refund' | 'charge'> & { readonly operation: Operation },
): Promise<readonly Write[]> => {
  const { status } = refund;
  if (!charge.isUnwanted || status === 'pending') return [];
  if (status === 'succeeded' && isAllBack(charge)) return endOfIntent(context, scope, charge);
  const { id, refunding } = charge;
  if (status === 'succeeded' && refunding > 0n) return [];
  const { runAtMs, ...more } =
    status === 'succeeded'
      ? { runAtMs: context.clock.now() + FIRST_MS }
      : await nextTry(context, scope, refund, operation);
  const payload = { ...scope, charge: id, ...more };
  return [enqueue(context, { name: RELEASE_JOB, payload, runAtMs })];
};
