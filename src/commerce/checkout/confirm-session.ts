// Paying a session, whoever asks for it: a page without scripts, one with, or a program. One payment for each
// session, made with the first try; one try at a time; and none while anything may be alive with a provider.
//
// A try is begun by a write of the session that names it. Whoever else has the same name (a second click,
// another tab, a page that was gone back to) loses that write, and is shown what became of the first.

import { makeCustomer } from '#cards/customers';
import type { PaymentMethod } from '#cards/methods';
import { present } from '#kit/assert';
import type { Context, Scope, Write } from '#kit/context';
import {
  type Asking,
  applyParameters,
  checkMethod,
  loadIntent,
  makeIntent,
  mayBeTried,
  type PaymentIntent,
  type TakenMethod,
  takeMethod,
  tryToPay,
  undoing,
} from '#payments/intents';
import { lockTimeout, type Outcome, parameterMissing } from '#platform/http';
import { afterPayment } from './after-payment.ts';
import { sessionCompleted } from './events.ts';
import { MAKER } from './on-payment.ts';
import { amountMismatch, locked, notActive, outdated } from './refusals.ts';
import { type CheckoutSession, isLocked, isOpenAt } from './session.ts';
import { completedOf } from './sessions.store.ts';
import { type Said, takeAnswers } from './take-answers.ts';
import { writeSession } from './write-session.ts';

/** How often another request may be faster. */
const ROUNDS_MAX = 10;

export type Shown = { readonly session: CheckoutSession; readonly intent: PaymentIntent | null };

export type Confirming = {
  readonly said: Said;
  /** Reads the session anew. */
  readonly find: () => Promise<CheckoutSession>;
  /** What is answered; `method` where one was used just now. */
  readonly shows: (shown: Shown, method: PaymentMethod | null) => unknown;
};

export const confirmSession = async (
  context: Context,
  asking: Asking,
  confirming: Confirming,
): Promise<Outcome> => {
  const { said, find } = confirming;
  const first = await find();
  const named = said.attempt ?? null;
  const attempt = named ?? attemptOf(first);
  const settled = await settledOf(context, asking.scope, confirming, { session: first, named });
  if (settled !== null) return settled;

  const wanted = takeAnswers(first, said);
  if (wanted.amount !== BigInt(said.expected_amount)) throw amountMismatch();
  if (wanted.amount === 0n) return completeFree(context, asking, confirming, first, wanted);
  if (said.payment_method === undefined && said.payment_method_data === undefined) {
    throw parameterMissing('payment_method');
  }
  const taken = present(await takeMethod(context, asking.scope, said), 'The method that was named');
  return undoing(taken, async () => {
    checkMethod({ customerId: first.customerId }, taken.method);
    return pay(context, asking, confirming, { attempt, taken });
  });
};

/** The name of the next try. */
export const attemptOf = ({ tries }: Pick<CheckoutSession, 'tries'>): string => String(tries + 1);

const pay = async (
  context: Context,
  asking: Asking,
  confirming: Confirming,
  how: { readonly attempt: string; readonly taken: TakenMethod },
): Promise<Outcome> => {
  for (let round = 1; round <= ROUNDS_MAX; round += 1) {
    const session = await confirming.find();
    const settled = await settledOf(context, asking.scope, confirming, {
      session,
      named: how.attempt,
    });
    if (settled !== null) {
      await how.taken.undo();
      return settled;
    }
    const begun = await begin(context, asking, confirming, session);
    if (begun === null) continue;
    const outcome = await tryToPay(context, asking, {
      before: begun.intent,
      intent: applyParameters(begun.intent, {
        return_url: `${begun.session.pageUrl}/back`,
        ...shippingAsked(begun.session),
        ...receiptAsked(begun.session),
      }),
      taken: how.taken,
      shows: (intent) =>
        confirming.shows(shownAfter(context, begun.session, intent), how.taken.method),
    });
    if (outcome !== null) return outcome;
    // The payment was changed since: the merchant ended it, or what was asked before came back.
    await how.taken.undo();
    return answerOf(context, asking.scope, confirming);
  }
  throw lockTimeout();
};

/** Null: somebody was faster, and everything is to be read and decided anew. */
const begin = async (
  context: Context,
  asking: Asking,
  { said }: Confirming,
  before: CheckoutSession,
): Promise<{ session: CheckoutSession; intent: PaymentIntent } | null> => {
  const { scope, cause } = asking;
  const answered = takeAnswers(before, said);
  if (answered.amount !== BigInt(said.expected_amount)) throw amountMismatch();
  const customer = await customerFor(context, asking, answered);
  const wanted = { ...answered, customerId: customer.id, tries: before.tries + 1 };
  const { intent, writes } = await intentFor(context, asking, wanted);
  const written = writeSession(context, scope, {
    before,
    after: {
      ...wanted,
      intentId: intent.id,
      triedAtMs: context.clock.now(),
      triedVersion: intent.version,
    },
    kinds: [],
    cause,
  });
  const unit = [...customer.writes, ...writes, ...written.writes];
  const { ok } = await context.database.commit(scope, unit);
  return ok ? { session: written.session, intent } : null;
};

type Known = { readonly id: string | null; readonly writes: readonly Write[] };

const customerFor = async (
  context: Context,
  { scope, cause }: Asking,
  { customerId, customerCreation, collected, intentData }: CheckoutSession,
): Promise<Known> => {
  // A card that is to be kept has to be somebody's.
  const isWanted = customerCreation === 'always' || intentData.setup_future_usage !== undefined;
  if (customerId !== null || !isWanted) return { id: customerId, writes: [] };
  const { email, name, phone, billing, shipping } = collected;
  const made = makeCustomer(context, scope, {
    email,
    name,
    phone,
    address: billing,
    shipping: shipping === null ? null : { ...shipping, phone },
    cause,
  });
  return { id: made.customer.id, writes: made.writes };
};

/** The one there is, with the amount that is asked now; or the one there will be. */
const intentFor = async (
  context: Context,
  { scope, cause }: Asking,
  session: CheckoutSession,
): Promise<{ intent: PaymentIntent; writes: readonly Write[] }> => {
  if (session.intentId === null) {
    return makeIntent(context, scope, {
      madeBy: { object: MAKER, id: session.id },
      amount: session.amount,
      currency: present(session.currency, 'The currency of what is paid'),
      customerId: session.customerId,
      orderReference: null,
      asked: session.intentData,
      cause,
    });
  }
  const intent = present(await loadIntent(context, scope, session.intentId), 'The payment');
  return {
    intent: { ...intent, amount: session.amount, customerId: session.customerId },
    writes: [],
  };
};

/** Whoever gave their address to pay gets the receipt there. */
const receiptAsked = ({ collected, customerEmail, intentData }: CheckoutSession) => {
  const email = collected.email ?? customerEmail;
  return email === null || intentData.receipt_email !== undefined ? {} : { receipt_email: email };
};

const shippingAsked = ({ collected, intentData }: CheckoutSession) =>
  collected.shipping === null || intentData.shipping !== undefined
    ? {}
    : {
        shipping: {
          address: collected.shipping.address,
          name: collected.shipping.name,
          phone: collected.phone,
        },
      };

/** As it will be once what is being written is written. */
const shownAfter = ({ clock }: Context, session: CheckoutSession, intent: PaymentIntent): Shown => {
  const change = afterPayment(session, {
    intent,
    failed: intent.lastError !== null,
    isDelayed: false,
    nowMs: clock.now(),
  });
  return { session: change?.session ?? session, intent };
};

/**
 * What is to be said without trying anything: the session is over, something is under way, or this try was
 * made before. Null: it may be tried.
 */
const settledOf = async (
  context: Context,
  scope: Scope,
  { shows }: Confirming,
  { session, named }: { readonly session: CheckoutSession; readonly named: string | null },
): Promise<Outcome | null> => {
  const isRepeated = named !== null && named !== attemptOf(session);
  if (session.status === 'complete' && isRepeated) {
    return { body: shows({ session, intent: await intentOf(context, scope, session) }, null) };
  }
  if (!isOpenAt(session, context.clock.now())) throw notActive();
  const intent = await intentOf(context, scope, session);
  if (
    isBusy(session, intent, context.clock.now()) ||
    (isRepeated && intent?.status === 'requires_action')
  ) {
    return { body: shows({ session, intent }, null) };
  }
  if (isLocked(session)) throw locked();
  await refuseUsedUp(context, scope, session);
  if (isRepeated) throw outdated();
  return null;
};

/** A link that was paid as often as it may be takes nothing more, also from a page that is open. */
const refuseUsedUp = async (
  context: Context,
  scope: Scope,
  { linkId, sessionsMax }: CheckoutSession,
): Promise<void> => {
  if (linkId === null || sessionsMax === null) return;
  if ((await completedOf(context, scope, linkId)) >= sessionsMax) throw notActive();
};

/** Longer than it takes from the first write of a try to the second. */
const BEGINNING_MS = 10_000;

/** Something may be alive: with a provider, or on its way there. One that died on the way is not waited for. */
export const isBusy = (
  session: CheckoutSession,
  intent: PaymentIntent | null,
  nowMs: number,
): boolean => {
  if (intent === null) return false;
  if (!mayBeTried(intent)) return true;
  const { triedAtMs, triedVersion } = session;
  return intent.version === triedVersion && nowMs - (triedAtMs ?? 0) < BEGINNING_MS;
};

const answerOf = async (
  context: Context,
  scope: Scope,
  { find, shows }: Confirming,
): Promise<Outcome> => {
  const session = await find();
  return { body: shows({ session, intent: await intentOf(context, scope, session) }, null) };
};

export const intentOf = async (
  context: Context,
  scope: Scope,
  { intentId }: Pick<CheckoutSession, 'intentId'>,
): Promise<PaymentIntent | null> =>
  intentId === null ? null : ((await loadIntent(context, scope, intentId)) ?? null);

/** Nothing is to be paid, so nobody is asked for a card. */
const completeFree = (
  context: Context,
  { scope, cause }: Asking,
  { shows }: Confirming,
  before: CheckoutSession,
  wanted: CheckoutSession,
): Outcome => {
  const { session, writes } = writeSession(context, scope, {
    before,
    after: {
      ...wanted,
      tries: before.tries + 1,
      status: 'complete',
      paymentStatus: 'no_payment_required',
      completedAtMs: context.clock.now(),
      dueAtMs: null,
    },
    kinds: [sessionCompleted],
    cause,
  });
  return { body: shows({ session, intent: null }, null), writes };
};
