// What a payer's page has to know of a session, read in one go.

import type { PaymentMethod } from '#cards/methods';
import { findAccount } from '#identity/accounts';
import type { Context, Scope } from '#kit/context';
import { spellId } from '#kit/ids';
import { CHARGE, loadCharge } from '#payments/charges';
import type { PaymentIntent } from '#payments/intents';
import { loadOfIntent } from '#rails/operations';
import { intentOf, isBusy } from './confirm-session.ts';
import type { PageStatus } from './page-view.ts';
import { type CheckoutSession, isLocked, isOpenAt } from './session.ts';

/** Of the charge that stands, as far as a receipt shows it. */
export type Paid = {
  /** `ch_…` */
  readonly charge: string;
  readonly amount: bigint;
  readonly refunded: bigint;
  readonly isCaptured: boolean;
  readonly brand: string | null;
  readonly last4: string | null;
  readonly descriptor: string | null;
};

export type PageState = {
  readonly session: CheckoutSession;
  readonly intent: PaymentIntent | null;
  readonly paid: Paid | null;
  readonly merchant: string;
  readonly status: PageStatus;
};

export const merchantName = async (context: Context, scope: Scope): Promise<string> =>
  (await findAccount(context, scope))?.name ?? '';

export const pageStateOf = async (
  context: Context,
  scope: Scope,
  session: CheckoutSession,
): Promise<PageState> => {
  const [merchant, intent] = await Promise.all([
    merchantName(context, scope),
    intentOf(context, scope, session),
  ]);
  return {
    session,
    intent,
    paid: await paidOf(context, scope, intent),
    merchant,
    status: statusOf(
      { session, intent },
      context.clock.now(),
      await isUnknown(context, scope, intent),
    ),
  };
};

/** Of what is being written, with the method it was paid with. */
export const stateAfter = (
  { session, intent }: Pick<PageState, 'session' | 'intent'>,
  known: {
    readonly merchant: string;
    readonly method: PaymentMethod | null;
    readonly nowMs: number;
  },
): PageState => ({
  session,
  intent,
  merchant: known.merchant,
  paid:
    intent === null || intent.latestChargeId === null || session.status !== 'complete'
      ? null
      : {
          charge: spellId(CHARGE, intent.latestChargeId),
          amount: intent.received + intent.capturable,
          refunded: 0n,
          isCaptured: intent.received > 0n,
          brand: known.method?.card?.brand ?? null,
          last4: known.method?.card?.last4 ?? null,
          descriptor: intent.statementDescriptor,
        },
  // With a card, whoever was asked and has not answered is not known of.
  status: statusOf({ session, intent }, known.nowMs, intent?.isProcessingTold ?? false),
});

const paidOf = async (
  context: Context,
  scope: Scope,
  intent: PaymentIntent | null,
): Promise<Paid | null> => {
  const id = intent?.latestChargeId ?? null;
  const charge = id === null ? undefined : await loadCharge(context, scope, id);
  if (charge === undefined) return null;
  return {
    charge: spellId(CHARGE, charge.id),
    amount: charge.amount,
    refunded: charge.refunded,
    isCaptured: charge.captured > 0n,
    brand: charge.method.card?.brand ?? null,
    last4: charge.method.card?.last4 ?? null,
    descriptor: charge.statementDescriptor,
  };
};

const statusOf = (
  { session, intent }: Pick<PageState, 'session' | 'intent'>,
  nowMs: number,
  isUnknown: boolean,
): PageStatus => {
  if (session.status === 'complete') return 'complete';
  if (session.status === 'expired') return 'expired';
  if (intent?.doing === 'payment') return isUnknown ? 'unknown' : 'processing';
  if (isBusy(session, intent, nowMs)) return 'processing';
  if (!isOpenAt(session, nowMs)) return 'expired';
  if (intent?.status === 'requires_action') return 'action';
  return isLocked(session) ? 'locked' : 'open';
};

/** A provider that works on it has said so; of one that said nothing nobody knows. */
const isUnknown = async (
  context: Context,
  scope: Scope,
  intent: PaymentIntent | null,
): Promise<boolean> => {
  if (intent === null || intent.doing !== 'payment' || !intent.isProcessingTold) return false;
  const operations = await loadOfIntent(context, scope, intent.id);
  return operations.some(({ state }) => state === 'unknown' || state === 'human');
};
