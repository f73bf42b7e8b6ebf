// What a payer's page has to know of a session, read in one go.

import { loadMethods, type PaymentMethod, parseMethodId, type WayToPay } from '#cards/methods';
import { findAccount } from '#identity/accounts';
import type { Context, Scope } from '#kit/context';
import { descriptorOf, loadCharge } from '#payments/charges';
import { isPayerAway, type PaymentIntent } from '#payments/intents';
import type { SetupIntent } from '#payments/setup';
import { loadOfIntent } from '#rails/operations';
import { loadLook } from './look.store.ts';
import type { Look } from './look.ts';
import { asksHolder, isBusy, type Made, madeOf } from './made.ts';
import type { PageStatus } from './page-view.ts';
import { hasRoom } from './places.store.ts';
import { type CheckoutSession, isLocked, isOpenAt } from './session.ts';
import { waysOfSession } from './ways-of-session.ts';

type Card = { readonly brand: string | null; readonly last4: string | null };

/** Of the charge that stands, as far as a receipt shows it. */
export type Paid = Card & {
  /** `card`, `ideal`. */
  readonly type: string;
  readonly amount: bigint;
  readonly refunded: bigint;
  readonly isCaptured: boolean;
  /** Where its receipt stands for good. */
  readonly receiptUrl: string | null;
  readonly descriptor: string | null;
};

export type PageState = {
  readonly session: CheckoutSession;
  readonly made: Made;
  readonly paid: Paid | null;
  /** The card that was kept. */
  readonly kept: Card | null;
  readonly merchant: PageMerchant;
  /** What may be paid with, where it may be paid. */
  readonly ways: readonly WayToPay[];
  readonly status: PageStatus;
};

/** In whose name the page speaks, and how it looks. */
export type PageMerchant = { readonly name: string; readonly look: Look };

export const pageMerchant = async (context: Context, scope: Scope): Promise<PageMerchant> => {
  const [account, { look }] = await Promise.all([
    findAccount(context, scope),
    loadLook(context, scope),
  ]);
  return { name: look.name ?? account?.name ?? '', look };
};

export const pageStateOf = async (
  context: Context,
  scope: Scope,
  session: CheckoutSession,
): Promise<PageState> => {
  const isOpen = isOpenAt(session, context.clock.now());
  const [merchant, made, isRoom, ways] = await Promise.all([
    pageMerchant(context, scope),
    madeOf(context, scope, session),
    hasRoom(context, scope, session),
    isOpen ? waysOfSession(context, scope, session) : [],
  ]);
  const now = statusOf(
    { session, made },
    context.clock.now(),
    await isUnknown(context, scope, made),
  );
  return {
    session,
    made,
    paid: await paidOf(context, scope, made.intent),
    kept: await keptOf(context, scope, made.setup),
    merchant,
    ways,
    status: now === 'open' && !isRoom ? 'used_up' : now,
  };
};

/** Of what is being written, with the method it was paid with. */
export const stateAfter = (
  { session, made }: Pick<PageState, 'session' | 'made'>,
  known: {
    readonly merchant: PageMerchant;
    readonly method: PaymentMethod | null;
    readonly nowMs: number;
  },
): PageState => {
  const { intent, setup } = made;
  const isOver = session.status === 'complete';
  const card = cardOf(known.method);
  return {
    session,
    made,
    merchant: known.merchant,
    ways: [],
    paid:
      intent === null || intent.latestChargeId === null || !isOver
        ? null
        : {
            amount: intent.received + intent.capturable,
            refunded: 0n,
            isCaptured: intent.received > 0n,
            ...card,
            type: known.method?.type ?? 'card',
            receiptUrl: null,
            descriptor: descriptorOf(intent),
          },
    kept: setup === null || !isOver ? null : card,
    // With a card, whoever was asked and has not answered is not known of.
    status: statusOf(
      { session, made },
      known.nowMs,
      intent === null ? isBeingVerified(made) : intent.isProcessingTold,
    ),
  };
};

const cardOf = (method: Pick<PaymentMethod, 'card'> | null): Card => ({
  brand: method?.card?.brand ?? null,
  last4: method?.card?.last4 ?? null,
});

const keptOf = async (
  context: Context,
  scope: Scope,
  setup: SetupIntent | null,
): Promise<Card | null> => {
  if (setup?.status !== 'succeeded' || setup.methodId === null) return null;
  const id = parseMethodId(setup.methodId);
  if (id === null) return null;
  return cardOf((await loadMethods(context, scope, [id])).get(id) ?? null);
};

const paidOf = async (
  context: Context,
  scope: Scope,
  intent: PaymentIntent | null,
): Promise<Paid | null> => {
  const id = intent?.latestChargeId ?? null;
  const charge = id === null ? undefined : await loadCharge(context, scope, id);
  if (charge === undefined) return null;
  return {
    amount: charge.amount,
    refunded: charge.refunded,
    isCaptured: charge.captured > 0n,
    ...cardOf(charge.method),
    type: charge.method.type,
    receiptUrl: charge.receiptUrl,
    descriptor: descriptorOf(charge),
  };
};

const statusOf = (
  { session, made }: Pick<PageState, 'session' | 'made'>,
  nowMs: number,
  isUnknown: boolean,
): PageStatus => {
  if (session.status === 'complete') return 'complete';
  if (session.status === 'expired') return 'expired';
  if (made.intent !== null && isPayerAway(made.intent)) return 'action';
  if (made.intent?.doing === 'payment' || isBeingVerified(made)) {
    return isUnknown ? 'unknown' : 'processing';
  }
  if (isBusy(session, made, nowMs)) return 'processing';
  if (!isOpenAt(session, nowMs)) return 'expired';
  if (asksHolder(made)) return 'action';
  return isLocked(session) ? 'locked' : 'open';
};

const isBeingVerified = ({ setup }: Made): boolean => setup?.status === 'processing';

/** A provider that works on it has said so; of one that said nothing nobody knows. */
const isUnknown = async (context: Context, scope: Scope, made: Made): Promise<boolean> => {
  const { intent, setup } = made;
  const isPaying = intent?.doing === 'payment' && intent.isProcessingTold;
  const id = isBeingVerified(made) ? setup?.id : isPaying ? intent.id : undefined;
  if (id === undefined) return false;
  const operations = await loadOfIntent(context, scope, id);
  return operations.some(({ state }) => state === 'unknown' || state === 'human');
};
