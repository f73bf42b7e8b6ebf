// A payment as its parts hang together: the intent, the charge of one attempt, and the method it is paid
// with; and how a change of them is written.

import type { PaymentMethod } from '#cards/methods';
import type { Context, Scope, Write } from '#kit/context';
import {
  type Charge,
  chargeSnapshot,
  insertCharge,
  insertFirstCharge,
  updateCharge,
} from '#payments/charges';
import { endTry } from '#payments/risk';
import { appendChange, type Cause, type EventKind } from '#platform/events';
import { intentCapturable, intentFailed, intentSnapshot, intentSucceeded } from './events.ts';
import { insertIntent, updateIntent } from './intents.store.ts';
import { withErrorPage } from './last-error.ts';
import { claimOrder, releaseOrder } from './orders.store.ts';
import type { PaymentIntent } from './payment-intent.ts';
import { asToldBefore, notingCharge, notingIntent } from './untold.ts';

export type Payment = {
  readonly intent: PaymentIntent;
  /** Of the attempt in question; null before the first one. */
  readonly charge: Charge | null;
  readonly method: PaymentMethod | null;
};

export type PaymentChange = {
  /** Null for what is new. */
  readonly before: { readonly intent: PaymentIntent | null; readonly charge: Charge | null };
  readonly intent: PaymentIntent;
  readonly charge: Charge | null;
  readonly kinds: readonly EventKind[];
  /** What the events show, where that is not what is written. */
  readonly shown?: PaymentIntent;
  /** What is told after its charge and before the payment: the card was kept. */
  readonly between?: () => readonly Write[];
};

/**
 * The rows of a change, from the versions that were read, with its events. The intent and the charge come
 * back as they are written.
 */
export const writePayment = (
  context: Pick<Context, 'clock' | 'database' | 'random'>,
  scope: Scope,
  change: PaymentChange,
  cause: Cause,
): { readonly intent: PaymentIntent; readonly charge: Charge | null; readonly writes: Write[] } => {
  const { before } = change;
  // The intent of a charge of the older API is nobody's to see.
  const kinds = change.intent.isDirect
    ? change.kinds.filter(({ object }) => object === 'charge')
    : change.kinds;
  const intent: PaymentIntent = {
    ...notingIntent(before.intent, change.intent),
    version: before.intent === null ? 1 : before.intent.version + 1,
    events: change.intent.events + kinds.length,
    lastError: withErrorPage(context, change.intent.lastError),
    ...counted(change),
  };
  const charge =
    change.charge === null || change.charge === before.charge
      ? change.charge
      : {
          ...notingCharge(before.charge, change.charge, change.intent),
          version: before.charge === null ? 1 : before.charge.version + 1,
        };

  const writes: Write[] = [
    before.intent === null ? insertIntent(scope, intent) : updateIntent(scope, intent),
  ];
  if (before.intent === null && intent.orderReference !== null) {
    const { id, orderReference } = intent;
    writes.push(claimOrder(scope, { orderReference, kind: 'payment', id }));
  }
  if (isCanceledBy(before.intent, intent) && intent.orderReference !== null) {
    const { id, orderReference } = intent;
    writes.push(releaseOrder(scope, { orderReference, kind: 'payment', id }));
  }
  if (charge !== null && charge !== before.charge) {
    const insert = before.intent === null ? insertFirstCharge : insertCharge;
    writes.push((before.charge === null ? insert : updateCharge)(scope, charge));
  }
  const { screened } = intent;
  const outcome = screened === undefined ? null : outcomeOf(change.kinds);
  if (screened !== undefined && outcome !== null) writes.push(endTry(scope, screened.id, outcome));
  const tell = (told: readonly EventKind[]): Write =>
    appendChange(context, {
      scope,
      objectId: intent.id,
      sequence: intent.events - kinds.length + 1 + kinds.indexOf(told[0] as EventKind),
      kinds: told,
      snapshot: snapshotOf({ ...change, intent: change.shown ?? intent, charge }, told),
      request: cause,
    });
  const at = change.between === undefined ? 0 : kinds.findIndex(isOfIntent);
  const [first, second] = at > 0 ? [kinds.slice(0, at), kinds.slice(at)] : [kinds, []];
  if (first.length > 0) writes.push(tell(first));
  writes.push(...(change.between?.() ?? []));
  if (second.length > 0) writes.push(tell(second));
  return { intent, charge, writes };
};

/** Nothing of it can become money any more, so its order may be paid by another. */
const isCanceledBy = (before: PaymentIntent | null, { status }: PaymentIntent): boolean =>
  before !== null && before.status !== 'canceled' && status === 'canceled';

const isOfIntent = ({ object }: EventKind): boolean => object === 'payment_intent';

/** While its hold was being changed, or paid, and nobody was told, it was for all the world what it had been. */
const lastShown = (stored: PaymentIntent): PaymentIntent => {
  const intent = asToldBefore(stored);
  if (intent.isProcessingTold || stored.untold?.status !== undefined) return intent;
  if (intent.doing === 'payment') return { ...intent, status: 'requires_confirmation' };
  const isHeld = intent.doing === 'increment' || intent.doing === 'capture';
  return isHeld ? { ...intent, status: 'requires_capture' } : intent;
};

/** What became of a try that a browser made. */
const outcomeOf = (kinds: readonly EventKind[]): 'well' | 'in_vain' | null => {
  if (kinds.includes(intentFailed)) return 'in_vain';
  return kinds.includes(intentSucceeded) || kinds.includes(intentCapturable) ? 'well' : null;
};

const counted = ({ intent, kinds }: PaymentChange): Pick<PaymentIntent, 'screened'> => {
  const { screened } = intent;
  if (screened === undefined || outcomeOf(kinds) !== 'in_vain') return {};
  return { screened: { ...screened, inVain: screened.inVain + 1 } };
};

/** No more than its events show. */
const snapshotOf = (
  { before, intent, charge }: PaymentChange,
  kinds: readonly EventKind[],
): Record<string, unknown> => {
  const shows = (type: string): boolean => kinds.some((kind) => kind.type === type);
  const isChanged = ['charge.captured', 'charge.updated', 'charge.refunded'].some(shows);
  const hasBefore = shows('payment_intent.amount_capturable_updated');
  const hasIntent = kinds.some(isOfIntent);
  return {
    ...(hasIntent
      ? intentSnapshot(
          intent,
          hasBefore && before.intent !== null ? lastShown(before.intent) : undefined,
        )
      : {}),
    ...(charge !== null && kinds.some(({ object }) => object === 'charge')
      ? chargeSnapshot(
          charge,
          isChanged && before.charge !== null ? asToldBefore(before.charge) : undefined,
          hasIntent ? intent : undefined,
        )
      : {}),
  };
};
