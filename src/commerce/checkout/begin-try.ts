// The beginning of a try: the session remembers what its payer said and which try it is, and what is to be tried
// exists, all in one commit before anybody is asked.

import { changeTold, makeCustomer } from '#cards/customers';
import { present } from '#kit/assert';
import type { Context, Write } from '#kit/context';
import { type Asking, loadIntent, makeIntent } from '#payments/intents';
import { loadSetup, makeSetup } from '#payments/setup';
import { MAKER, type Made, nothingMade } from './made.ts';
import { isKeeping } from './method-options.ts';
import { amountMismatch } from './refusals.ts';
import type { CheckoutSession } from './session.ts';
import { type Said, takeAnswers } from './take-answers.ts';
import { writeSession } from './write-session.ts';

export type Begun = { readonly session: CheckoutSession; readonly made: Made };

/** Null: somebody was faster, and everything is to be read and decided anew. */
export const beginTry = async (
  context: Context,
  asking: Asking,
  before: CheckoutSession,
  said: Said,
): Promise<Begun | null> => {
  const { scope, cause } = asking;
  const answered = answeredBy(before, said);
  const customer = await customerFor(context, asking, answered);
  const wanted = {
    ...answered,
    customerId: customer.id,
    hasPlace: before.linkId !== null,
    tries: before.tries + 1,
  };
  const { made, writes } = await madeFor(context, asking, wanted);
  const written = writeSession(context, scope, {
    before,
    after: {
      ...wanted,
      intentId: made.intent?.id ?? null,
      setupId: made.setup?.id ?? null,
      triedAtMs: context.clock.now(),
      triedVersion: (made.intent ?? made.setup)?.version ?? null,
    },
    kinds: [],
    cause,
  });
  const unit = [...customer.writes, ...writes, ...written.writes];
  const { ok } = await context.database.commit(scope, unit);
  return ok ? { session: written.session, made } : null;
};

/** What was shown is what is charged, or nothing is. */
export const answeredBy = (session: CheckoutSession, said: Said): CheckoutSession => {
  const answered = takeAnswers(session, said);
  if (answered.amount !== BigInt(said.expected_amount ?? 0)) throw amountMismatch();
  return answered;
};

type Known = { readonly id: string | null; readonly writes: readonly Write[] };

const customerFor = async (
  context: Context,
  { scope, cause }: Asking,
  session: CheckoutSession,
): Promise<Known> => {
  const { customerId, customerCreation, collected, intentData } = session;
  // A card that is to be kept has to be somebody's.
  const isWanted = customerCreation === 'always' || isKeeping(intentData);
  if (customerId !== null) {
    const told = toldBy(session);
    const isTold = Object.keys(told).length > 0;
    return {
      id: customerId,
      writes: isTold ? await changeTold(context, scope, customerId, told, cause) : [],
    };
  }
  if (!isWanted) return { id: null, writes: [] };
  const { email, individualName, name, phone, billing, shipping } = collected;
  const made = makeCustomer(context, scope, {
    email,
    name: individualName ?? name,
    phone,
    address: billing,
    shipping: shipping === null ? null : { ...shipping, phone },
    cause,
  });
  return { id: made.customer.id, writes: made.writes };
};

/** Of what the merchant wants to be kept, that which was asked for. */
const toldBy = ({ customerUpdate: kept = [], collected }: CheckoutSession) => {
  const { individualName, name, phone, billing, shipping } = collected;
  const told = individualName ?? name;
  return {
    ...(kept.includes('name') && told !== null ? { name: told } : {}),
    ...(kept.includes('address') && billing !== null ? { address: billing } : {}),
    ...(kept.includes('shipping') && shipping !== null ? { shipping: { ...shipping, phone } } : {}),
  };
};

type MadeNow = { readonly made: Made; readonly writes: readonly Write[] };

const madeFor = (context: Context, asking: Asking, session: CheckoutSession): Promise<MadeNow> =>
  session.mode === 'setup'
    ? setupFor(context, asking, session)
    : intentFor(context, asking, session);

/** The one there is, with the amount that is asked now; or the one there will be. */
const intentFor = async (
  context: Context,
  { scope, cause }: Asking,
  session: CheckoutSession,
): Promise<MadeNow> => {
  if (session.intentId === null) {
    const { intent, writes } = makeIntent(context, scope, {
      madeBy: { object: MAKER, id: session.id },
      amount: session.amount,
      currency: present(session.currency, 'The currency of what is paid'),
      customerId: session.customerId,
      orderReference: null,
      asked: session.intentData,
      cause,
    });
    return { made: { ...nothingMade, intent }, writes };
  }
  const intent = present(await loadIntent(context, scope, session.intentId), 'The payment');
  const { amount, customerId } = session;
  return { made: { ...nothingMade, intent: { ...intent, amount, customerId } }, writes: [] };
};

const setupFor = async (
  context: Context,
  { scope, cause }: Asking,
  session: CheckoutSession,
): Promise<MadeNow> => {
  const { id, setupId, customerId } = session;
  if (setupId === null) {
    const { setup, writes } = makeSetup(context, scope, {
      madeBy: { object: MAKER, id },
      customerId,
      asked: session.setupData,
      cause,
    });
    return { made: { ...nothingMade, setup }, writes };
  }
  const setup = present(await loadSetup(context, scope, setupId), 'The setup');
  return { made: { ...nothingMade, setup: { ...setup, customerId } }, writes: [] };
};
