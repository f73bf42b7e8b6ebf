// What is written of a payment whenever something is learned of one of its operations, by whichever way.
// The request that sent the operation still holds what it wrote, so that it need not be read again; everybody
// else reads. Both end in the same decision and the same writer.

import { keepingFor } from '#cards/customers';
import {
  attachMethod,
  consumeMethod,
  loadMethods,
  type PaymentMethod,
  parseMethodId,
  renderPaymentMethod,
} from '#cards/methods';
import type { Context, Scope, Write } from '#kit/context';
import { newUuid, spellId, type Uuid } from '#kit/ids';
import {
  type Booked,
  bookMovement,
  type Charge,
  INTENT,
  loadChargesOfIntent,
} from '#payments/charges';
import type { Cause } from '#platform/events';
import { enqueue } from '#platform/jobs';
import type { OperationListener } from '#rails/connectors';
import {
  type Change,
  decidedOnce,
  type HeldName,
  heldWhileSending,
  type Operation,
} from '#rails/operations';
import { concludeStray } from './conclude-attempt.ts';
import { concludePayment } from './conclude-payment.ts';
import type { Decided, HolderAsked, Known } from './ends.ts';
import { loadIntent } from './intents.store.ts';
import { capturesBeside, isOutrun, lateWordOf } from './late-word.ts';
import { type Payment, writePayment } from './payment.ts';
import type { PaymentIntent } from './payment-intent.ts';
import { isListenedTo, paymentListenersWrites } from './payment-listeners.ts';
import { waitAgainMs } from './wait-again.ts';

/** What a request that sends an operation knows of its payment. */
export type Sent = {
  readonly payment: Payment & { readonly charge: Charge };
  readonly cause: Cause;
  /** Another candidate is asked at once if nothing was sent. */
  readonly isReroutable: boolean;
  /** Whether the holder may be asked if the card's bank wants that. */
  readonly holder?: 'may_be_asked' | 'must_not_be_asked' | null;
};

export type Concluded = {
  readonly intent: PaymentIntent;
  readonly charge: Charge;
  readonly method: PaymentMethod | null;
  /** Null: nothing followed from it. */
  readonly decided: Decided | null;
  /** None: no money moved. */
  readonly booked: readonly Booked[];
  readonly writes: readonly Write[];
};

type Named = Pick<Operation, 'intentId' | 'kind' | 'ordinal' | 'attempt'>;

const nameOf = ({ intentId, kind, ordinal, attempt }: Named): HeldName => ({
  of: intentId,
  which: `${kind} ${ordinal} ${attempt}`,
});

const sends = heldWhileSending<Sent>();

/** While `work` runs, what it sends is known here. */
export const holding = <T>(
  context: Context,
  operation: Named,
  sent: Sent,
  work: () => Promise<T>,
): Promise<T> => sends.holding(context, nameOf(operation), sent, work);

export const onOperation: OperationListener = (context, scope, change) =>
  kinds.has(change.after.kind) ? writesOf(context, scope, change) : null;

/** What follows from a change for its payment; nothing, where it is of none. */
export const writesOf = async (
  context: Context,
  scope: Scope,
  change: Change,
): Promise<readonly Write[]> => (await conclusionOf(context, scope, change))?.writes ?? [];

/** Null: it is no business of a payment. */
export const conclusionOf = decidedOnce<Concluded | null>((context, scope, change) =>
  conclude(context, scope, change),
);

const kinds: ReadonlySet<string> = new Set(['authorize', 'sale', 'increment', 'capture', 'void']);

const conclude = async (
  context: Context,
  scope: Scope,
  change: Change,
): Promise<Concluded | null> => {
  if (!kinds.has(change.after.kind)) return null;
  const held = sends.heldOf(context, nameOf(change.after));
  const sent = held?.known;
  const payment =
    held?.isFirst === true ? held.known.payment : await loadPayment(context, scope, change);
  if (payment === null) return null;

  const { intent, charge, method } = payment;
  const known = {
    intent,
    charge,
    change,
    nowMs: context.clock.now(),
    isReroutable: sent?.isReroutable ?? false,
    isAwaited: sent !== undefined,
    holder: sent?.holder ?? null,
    shownMethod: () => (method === null ? null : renderPaymentMethod(method, scope.livemode)),
  };
  const isStray = isAttempt(change.after) && charge.attempt !== change.after.attempt;
  const decided = isStray
    ? concludeStray(known, newUuid(context))
    : concludePayment(
        // Late words, and what stands beside, are of what follows an attempt.
        isAttempt(change.after)
          ? known
          : { ...known, ...(await saidBeside(context, scope, payment, change)) },
      );
  if (decided === null) return { intent, charge, method, decided, booked: [], writes: [] };
  return write(context, scope, {
    payment,
    before: { intent, charge: isStray ? null : charge },
    change,
    decided,
    cause: sent?.cause ?? null,
  });
};

/** What else was said of the same charge: of what follows an attempt. */
const saidBeside = async (
  context: Context,
  scope: Scope,
  payment: Payment & { readonly charge: Charge },
  change: Change,
): Promise<Pick<Known, 'late' | 'beside' | 'isOutrun'>> => ({
  late: await lateWordOf(context, scope, payment, change),
  beside: await capturesBeside(context, scope, payment.charge, change),
  isOutrun: await isOutrun(context, scope, payment.intent, change),
});

/** A no that was kept open while the holder's bank was asked how to ask. Null: it is over already. */
export const concludeAsked = async (
  context: Context,
  scope: Scope,
  input: {
    readonly change: Change;
    /** Where the holder is asked; null: nobody can be. */
    readonly holder: HolderAsked | null;
    readonly cause: Cause;
  },
): Promise<Concluded | null> => {
  const { change, holder, cause } = input;
  const payment = await loadPayment(context, scope, change);
  if (payment === null) return null;
  const { intent, charge, method } = payment;
  const decided = concludePayment({
    ...payment,
    change,
    nowMs: context.clock.now(),
    isReroutable: false,
    isAwaited: true,
    holder,
    shownMethod: () => (method === null ? null : renderPaymentMethod(method, scope.livemode)),
  });
  const before = { intent, charge };
  return decided && write(context, scope, { payment, before, change, decided, cause });
};

const isAttempt = ({ kind }: Pick<Operation, 'kind'>): boolean =>
  kind === 'sale' || kind === 'authorize';

const write = async (
  context: Context,
  scope: Scope,
  input: {
    readonly payment: Payment & { readonly charge: Charge };
    readonly before: { readonly intent: PaymentIntent; readonly charge: Charge | null };
    readonly change: Change;
    readonly decided: Decided;
    readonly cause: Cause;
  },
): Promise<Concluded> => {
  const { payment, before, change, decided, cause } = input;
  const booked = await book(context, scope, decided, change);
  const concluded = decided.charge.isUnwanted ? withoutMandate(decided.charge) : decided.charge;
  const balanceTransactionId = booked.at(-1)?.balanceTransactionId;
  const charge =
    balanceTransactionId === undefined ? concluded : { ...concluded, balanceTransactionId };
  const keeper = decided.isPaid ? keeperOf(payment) : null;
  const keeping = keeper && (await keepingFor(context, scope, keeper.customerId, keeper.method));
  const isKept = keeping !== null;
  // A card that is kept is attached when its turn comes among the writes: its event is told between that of the charge
  // and that of the payment. One that is used up tells nothing, and is written behind them.
  const use = () => useMethod(context, scope, withFirstUse(payment, change), { isKept, cause });
  let used: Used = decided.isPaid && !isKept ? use() : { method: payment.method, writes: [] };
  const keep = () => {
    const kept = use();
    used = { ...kept, writes: [] };
    return kept.writes;
  };
  const written = writePayment(
    context,
    scope,
    {
      before,
      intent: decided.intent,
      charge,
      kinds: decided.kinds,
      ...(isKept ? { between: keep } : {}),
    },
    cause,
  );
  return {
    intent: written.intent,
    charge: written.charge ?? charge,
    method: used.method,
    decided,
    booked,
    writes: [
      ...(keeping ?? []),
      ...written.writes,
      ...writesIn(booked),
      ...used.writes,
      // Drawn last, so that the effect is told after its cause.
      ...(isListenedTo(written.intent)
        ? await paymentListenersWrites(context, scope, {
            intent: written.intent,
            charge: written.charge ?? charge,
            kinds: decided.kinds,
            isTakenOn: change.conclusion.state === 'pending',
            cause,
          })
        : []),
      ...(decided.release
        ? [
            enqueue(context, {
              name: RELEASE_JOB,
              payload: { ...scope, charge: decided.charge.id },
              runAtMs: releasedAtMs(context.clock.now(), change, decided.charge),
            }),
          ]
        : []),
    ],
  };
};

const writesIn = (booked: readonly Booked[]): readonly Write[] => {
  const [only] = booked;
  return only !== undefined && booked.length === 1
    ? only.writes
    : booked.flatMap(({ writes }) => writes);
};

/** One after the other: each takes the first place that those before it have left. */
const book = async (
  context: Context,
  scope: Scope,
  { charge, moved }: Decided,
  { after }: Change,
): Promise<readonly Booked[]> => {
  const booked: Booked[] = [];
  for (const { kind, amount, reference = after.reference } of moved) {
    const parts = booked.map(({ part }) => part);
    const movement = { kind, charge, subject: charge.id, reference, amount, beside: parts };
    booked.push(await bookMovement(context, scope, movement));
  }
  return booked;
};

/** What goes back was agreed to for nothing. */
const withoutMandate = ({ mandateId: _none, ...charge }: Charge): Charge => charge;

export const RELEASE_JOB = 'payments.release';

/** A bank that has just refused is not asked again in haste; what it lets go of by itself is over then. */
const releasedAtMs = (
  nowMs: number,
  { after: { kind, attempt, state } }: Change,
  { captureBeforeMs }: Charge,
): number => {
  if (kind !== 'void') return nowMs;
  const atMs = nowMs + waitAgainMs(attempt, { wasSent: state !== 'not_sent' });
  return Math.min(atMs, captureBeforeMs ?? atMs);
};

/** A card that is kept remembers what its first use was called. */
const withFirstUse = (payment: Payment, { conclusion }: Change): Payment => {
  const named = conclusion.told?.networkTransactionId;
  const { method } = payment;
  if (method === null || named === undefined) return payment;
  return { ...payment, method: { ...method, firstNetworkTransactionId: named } };
};

type Used = { readonly method: PaymentMethod | null; readonly writes: readonly Write[] };

/** Whose the method is to be from now on; null: it is not to be kept. */
const keeperOf = ({
  intent,
  method,
}: Payment): { readonly customerId: Uuid; readonly method: PaymentMethod } | null => {
  const future = intent.cardOptions.setupFutureUsage ?? intent.setupFutureUsage;
  const { customerId } = intent;
  if (future === null || future === 'none' || customerId === null) return null;
  return method?.state === 'unattached' ? { customerId, method } : null;
};

/** Whoever pays with a method that is nobody's has used it up; with one to be kept, it is kept now. */
const useMethod = (
  context: Context,
  scope: Scope,
  { intent, method }: Payment,
  { isKept, cause }: { readonly isKept: boolean; readonly cause: Cause },
): Used => {
  if (method === null || method.state !== 'unattached') return { method, writes: [] };
  if (!isKept) return { method, writes: consumeMethod(scope, method) };
  try {
    return attachMethod(context, {
      scope,
      found: { method, isNew: false },
      customerId: intent.customerId ?? '',
      request: cause,
    });
  } catch (error) {
    // The money has moved; that the card cannot be kept must not undo what is known of it.
    context.log.warn(
      { about: spellId(INTENT, intent.id), error },
      'A card was charged and could not be attached to its customer',
    );
    return { method, writes: consumeMethod(scope, method) };
  }
};

const loadPayment = async (
  context: Context,
  scope: Scope,
  { after }: Change,
): Promise<(Payment & { readonly charge: Charge }) | null> => {
  // One after the other: a charge that is older than its intent would be concluded a second time, and whatever
  // counts by that would be told so before this unit loses by its version.
  const intent = await loadIntent(context, scope, after.intentId);
  const charges = await loadChargesOfIntent(context, scope, after.intentId);
  const charge = isAttempt(after)
    ? chargeOfAttempt(charges, after)
    : charges.find((each) => isOf(after, each, intent));
  if (intent === undefined || charge === undefined) return null;
  const methodId = parseMethodId(charge.method.id);
  const methods = await loadMethods(context, scope, methodId === null ? [] : [methodId]);
  return { intent, charge, method: methods.get(methodId ?? '') ?? null };
};

/** An attempt whose place another candidate took belongs to the charge that went on with that one. */
const chargeOfAttempt = (
  charges: readonly Charge[],
  { attempt }: Pick<Operation, 'attempt'>,
): Charge | undefined =>
  charges
    .filter((charge) => charge.attempt >= attempt)
    .reduce<Charge | undefined>(
      (nearest, each) => (nearest === undefined || each.attempt < nearest.attempt ? each : nearest),
      undefined,
    );

const isOf = (operation: Operation, charge: Charge, intent: PaymentIntent | undefined): boolean => {
  switch (operation.kind) {
    case 'increment':
    case 'capture':
      return charge.id === intent?.latestChargeId;
    case 'void':
      return charge.attempt === operation.ordinal;
    default:
      return false;
  }
};
