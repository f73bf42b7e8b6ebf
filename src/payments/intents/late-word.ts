// A yes that comes after a no: whether it counts in its payment already, and what else has to be known of it to count it
// now. What had no room when it came may have it later. And a no that comes when another is under way already.

import { loadExpectationsOfAll } from '#books/expectations';
import type { Context, Scope } from '#kit/context';
import type { Charge } from '#payments/charges';
import { type Change, loadAsked, loadOfIntent, type Operation } from '#rails/operations';
import { placesLeft } from './capture-places.ts';
import type { Beside, LateWord } from './ends.ts';
import type { PaymentIntent } from './payment-intent.ts';

/** Null: it counts already, or is none that could: neither the payment nor the books may have room for it. */
export const lateWordOf = async (
  context: Context,
  scope: Scope,
  { intent, charge }: { readonly intent: PaymentIntent; readonly charge: Charge },
  { before, after, evidence }: Change,
): Promise<LateWord | null> => {
  const { kind, ordinal } = after;
  if (after.state !== 'approved' || !(kind === 'capture' || kind === 'increment')) return null;
  const latest = kind === 'capture' ? charge.captures : intent.increments;
  if (charge.status !== 'succeeded' || (intent.doing === kind && latest === ordinal)) return null;
  const isPersons = evidence?.kind === 'person' && evidence.says.outcome === 'approved';
  // What counts is counted with the change that approves it. That was missed, or had no room, where it is said again by a
  // person, or looked at once more.
  if (before.state === 'approved') {
    if (evidence !== undefined && !isPersons) return null;
    if (!isUncounted(await loadCounted(context, scope, charge, after), charge, after)) return null;
  }
  if (kind === 'capture' && (await placesLeft(context, scope, charge)) <= 0) return null;
  return { isPersons, isLast: await wasLast(context, scope, charge, after) };
};

/** Of a capture that comes to nothing: those that were approved while this one had their place, as far as there is room. */
export const capturesBeside = async (
  context: Context,
  scope: Scope,
  charge: Charge,
  { after }: Change,
): Promise<Beside | null> => {
  const isNo =
    after.state === 'declined' || after.state === 'not_sent' || after.state === 'reversed';
  if (after.kind !== 'capture' || !isNo || after.ordinal === 1) return null;
  const counted = await loadCounted(context, scope, charge, after);
  const unbooked: Operation[] = [];
  let room = charge.amount - charge.captured;
  for (const operation of counted.operations.filter(isApproved('capture'))) {
    if (operation.amount > room || !isUncounted(counted, charge, operation)) continue;
    unbooked.push(operation);
    room -= operation.amount;
  }
  if (unbooked.length === 0) return null;
  // Its own place is free again.
  const places = await placesLeft(context, scope, { ...charge, capturing: 0n });
  const operations = unbooked.slice(0, places);
  const areLast = await Promise.all(
    operations.map((operation) => wasLast(context, scope, charge, operation)),
  );
  return operations.length === 0 ? null : { operations, isLast: areLast.includes(true) };
};

/**
 * Of a void: whether another of the same charge was begun after it. The payment counts those of all its charges: where
 * this is the last of all, nothing has to be read.
 */
export const isOutrun = async (
  context: Context,
  scope: Scope,
  { doing, voids }: PaymentIntent,
  { after }: Change,
): Promise<boolean> => {
  if (after.kind !== 'void' || doing !== 'void' || voids === after.attempt) return false;
  return isVoidedSince(context, scope, after);
};

/** Whether a void of the charge of that ordinal was begun after so many of the whole payment. */
export const isVoidedSince = async (
  context: Context,
  scope: Scope,
  { intentId, ordinal, attempt }: Pick<Operation, 'intentId' | 'ordinal' | 'attempt'>,
): Promise<boolean> =>
  (await loadOfIntent(context, scope, intentId)).some(
    (each) => each.kind === 'void' && each.ordinal === ordinal && each.attempt > attempt,
  );

const isApproved =
  (kind: Operation['kind']) =>
  (operation: Operation): boolean =>
    operation.kind === kind && operation.state === 'approved';

/** All of a payment, and what is booked of it: read once, however many are looked at. */
type Counted = {
  readonly operations: readonly Operation[];
  /** The references of captures of which a movement is expected. */
  readonly booked: ReadonlySet<string>;
};

const loadCounted = async (
  context: Context,
  scope: Scope,
  { connectorAccountId }: Charge,
  { intentId }: Operation,
): Promise<Counted> => {
  const operations = await loadOfIntent(context, scope, intentId);
  const references = operations
    .filter(({ kind }) => kind === 'capture')
    .map(({ reference }) => reference);
  const expected =
    references.length === 0
      ? []
      : await loadExpectationsOfAll(context, scope, { connectorAccountId, references });
  const payments = expected.filter(({ kind }) => kind === 'payment');
  return { operations, booked: new Set(payments.map(({ reference }) => reference)) };
};

/** By two ways where money moves: no movement is expected of it, and the charge has less than was approved. */
const isUncounted = (
  { operations, booked }: Counted,
  charge: Charge,
  operation: Operation,
): boolean => {
  const sum = (some: readonly Operation[]): bigint =>
    some.reduce((all, { amount }) => all + amount, 0n);
  const isBooked = ({ reference }: Operation): boolean => booked.has(reference);
  if (isBooked(operation)) return false;
  const approved = sum(operations.filter(isApproved(operation.kind)));
  if (operation.kind === 'increment') {
    const first = operations.find(({ id }) => id === charge.operationId);
    return first !== undefined && first.amount + approved - charge.amount >= operation.amount;
  }
  // What was taken back after it was booked was captured all the same: a refund says what became of it.
  const takenBack = sum(
    operations.filter(
      (each) => each.kind === 'capture' && each.state === 'reversed' && isBooked(each),
    ),
  );
  return approved + takenBack - charge.captured >= operation.amount;
};

/** Keeping a part is for who asked for that: whoever did not lets go of the rest. */
const wasLast = async (
  context: Context,
  scope: Scope,
  charge: Charge,
  { id, kind }: Operation,
): Promise<boolean> => {
  if (kind !== 'capture' || !charge.mayBeSplit) return kind === 'capture';
  const asked = (await loadAsked(context, scope, id)) as { readonly isLast?: boolean } | null;
  return asked?.isLast === true;
};
