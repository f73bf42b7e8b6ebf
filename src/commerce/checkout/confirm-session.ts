// Paying a session, or keeping a card with it, whoever asks for it: a page without scripts, one with, or a
// program. One payment or setup for each session, made with the first try; one try at a time; and none while anything may be alive with a provider.
//
// A try is begun by a write of the session that names it. Whoever else has the same name (a second click,
// another tab, a page that was gone back to) loses that write, and is shown what became of the first.

import type { PaymentMethod } from '#cards/methods';
import { present } from '#kit/assert';
import type { Context, Scope } from '#kit/context';
import {
  type Asking,
  applyParameters,
  checkMethod,
  checkNeeds,
  type TakenMethod,
  takeMethod,
  tryToPay,
  undoing,
} from '#payments/intents';
import { askForProof } from '#payments/risk';
import { tryToSetUp } from '#payments/setup';
import { lockTimeout, type Outcome, parameterMissing } from '#platform/http';
import { afterPayment } from './after-payment.ts';
import { afterSetup } from './after-setup.ts';
import { answeredBy, type Begun, beginTry } from './begin-try.ts';
import { refuseCards } from './cards-refused.ts';
import { sessionCompleted } from './events.ts';
import { asksHolder, isBusy, type Made, madeOf, nothingMade } from './made.ts';
import { hasRoom } from './places.store.ts';
import { locked, notActive, outdated } from './refusals.ts';
import { withRedisplay } from './saved-methods.ts';
import { type CheckoutSession, isLocked, isOpenAt } from './session.ts';
import { type Said, withBilling } from './take-answers.ts';
import { checkWayOfSession } from './ways-of-session.ts';
import { writeSession } from './write-session.ts';

/** How often another request may be faster. */
const ROUNDS_MAX = 10;

export type Shown = { readonly session: CheckoutSession; readonly made: Made };

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

  if (first.mode === 'payment' && said.expected_amount === undefined) {
    throw parameterMissing('expected_amount');
  }
  const wanted = answeredBy(first, said);
  if (wanted.mode === 'payment' && wanted.amount === 0n) {
    return completeFree(context, asking, confirming, first, wanted);
  }
  if (said.payment_method === undefined && said.payment_method_data === undefined) {
    throw parameterMissing('payment_method');
  }
  const taken = present(
    await takeMethod(
      context,
      asking.scope,
      withBilling(withRedisplay(said, first), wanted.collected),
    ),
    'The method that was named',
  );
  return undoing(taken, async () => {
    checkMethod({ customerId: first.customerId }, taken.method);
    refuseCards(first, taken.method);
    await checkWayOfSession(context, asking.scope, wanted, taken.method);
    checkNeeds(taken.method);
    await askForProof(context, asking.scope, taken.method);
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
    const begun = await beginTry(context, asking, session, confirming.said);
    if (begun === null) continue;
    const outcome = await tryIt(context, asking, begun, how.taken, (made) =>
      confirming.shows(shownAfter(context, begun.session, made), how.taken.method),
    );
    if (outcome !== null) return outcome;
    // The payment was changed since: the merchant ended it, or what was asked before came back.
    await how.taken.undo();
    return answerOf(context, asking.scope, confirming);
  }
  throw lockTimeout();
};

const tryIt = async (
  context: Context,
  asking: Asking,
  { session, made: { intent, setup } }: Begun,
  taken: TakenMethod,
  shows: (made: Made) => unknown,
): Promise<Outcome | null> => {
  const returnUrl = `${session.pageUrl}/back`;
  if (setup !== null) {
    return tryToSetUp(context, asking, {
      before: setup,
      setup: { ...setup, returnUrl },
      taken,
      shows: (now) => shows({ ...nothingMade, setup: now }),
    });
  }
  const before = present(intent, 'What is to be tried');
  const types = await checkWayOfSession(context, asking.scope, session, taken.method);
  return tryToPay(context, asking, {
    before,
    intent: applyParameters(before, {
      return_url: returnUrl,
      payment_method_types: [...types],
      ...shippingAsked(session),
      ...receiptAsked(session),
    }),
    taken,
    shows: (now) => shows({ ...nothingMade, intent: now }),
  });
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
const shownAfter = ({ clock }: Context, session: CheckoutSession, made: Made): Shown => {
  const { intent, setup } = made;
  const nowMs = clock.now();
  const failed = (intent ?? setup)?.lastError !== null;
  const change =
    intent === null
      ? afterSetup(session, { setup: present(setup, 'What was tried'), failed, nowMs })
      : afterPayment(session, { intent, failed, isDelayed: false, nowMs });
  return { session: change?.session ?? session, made };
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
    return { body: shows({ session, made: await madeOf(context, scope, session) }, null) };
  }
  if (!isOpenAt(session, context.clock.now())) throw notActive();
  const made = await madeOf(context, scope, session);
  if (isBusy(session, made, context.clock.now()) || (isRepeated && asksHolder(made))) {
    return { body: shows({ session, made }, null) };
  }
  if (isLocked(session)) throw locked();
  if (!(await hasRoom(context, scope, session))) throw notActive();
  if (isRepeated) throw outdated();
  return null;
};

const answerOf = async (
  context: Context,
  scope: Scope,
  { find, shows }: Confirming,
): Promise<Outcome> => {
  const session = await find();
  return { body: shows({ session, made: await madeOf(context, scope, session) }, null) };
};

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
      hasPlace: before.linkId !== null,
      completedAtMs: context.clock.now(),
      dueAtMs: null,
    },
    kinds: [sessionCompleted],
    cause,
  });
  return { body: shows({ session, made: nothingMade }, null), writes };
};
