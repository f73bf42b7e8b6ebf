// What can be asked of a payment in each state that it can be in: all pairs. What its state allows leads where the
// table of states says; all else is refused as the API documents it, changes nothing, is told to nobody, and no bank
// hears of it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type Stripe from 'stripe';
import { provideAuthentication } from '#payments/intents';
import { asOwner } from '../../src/for-tests.ts';
import { lostAfter, testBank } from '../../src/payments/intents/for-tests-bank.ts';
import { openShop } from '../support/payments.ts';
import { refusalOf } from '../support/stripe.ts';
import { uuidOf } from './support.ts';

const bank = testBank();
const { gateway, stripe } = await openShop([bank]);
const { paymentIntents, charges, refunds } = stripe;

type Params = Stripe.PaymentIntentCreateParams;
type Intent = Stripe.PaymentIntent;

/** Whether the next holder is asked; nobody answers. */
let asks = false;
provideAuthentication(gateway.context, async () =>
  asks
    ? { ok: false, why: 'challenge', url: 'https://issuer.test/challenge' }
    : { ok: true, authentication: null },
);

const pay = (more: Partial<Params> = {}): Promise<Intent> =>
  paymentIntents.create({
    amount: 5000,
    currency: 'eur',
    confirm: true,
    payment_method: 'pm_card_visa',
    ...more,
  });
const hold = (more: Partial<Params> = {}): Promise<Intent> =>
  pay({
    capture_method: 'manual',
    payment_method_options: {
      card: {
        request_multicapture: 'if_available',
        request_incremental_authorization: 'if_available',
      },
    },
    ...more,
  });
/** Done at the bank, and nobody hears of it. An answer before it keeps the bank from being left alone. */
const lost = async <T>(ask: () => Promise<T>): Promise<T> => {
  await pay();
  bank.next.push(lostAfter);
  const asked = await ask();
  // Nobody finds it out meanwhile.
  await asOwner(
    gateway.on,
    `update rails.operations set due_at = now() + interval '1 hour' where due_at is not null`,
  );
  return asked;
};

const states = {
  'without a method': () => paymentIntents.create({ amount: 5000, currency: 'eur' }),
  'to be confirmed': () => pay({ confirm: false }),
  'that was declined': async () => {
    const refused = await refusalOf(pay({ payment_method: 'pm_card_chargeDeclined' }));
    return refused.payment_intent as Intent;
  },
  'whose holder is asked': async () => {
    asks = true;
    const intent = await pay({
      payment_method_options: { card: { request_three_d_secure: 'any' } },
    });
    asks = false;
    return intent;
  },
  'that nobody knows': () => lost(() => pay()),
  'that is held': () => hold(),
  'held, and raised by nobody knows': async () => {
    const intent = await hold();
    await lost(() => paymentIntents.incrementAuthorization(intent.id, { amount: 6000 }));
    return intent;
  },
  'held, and captured by nobody knows': async () => {
    const intent = await hold();
    await lost(() => paymentIntents.capture(intent.id));
    return intent;
  },
  'held, and let go by nobody knows': async () => {
    const intent = await hold();
    await lost(() => paymentIntents.cancel(intent.id));
    return intent;
  },
  'captured in part': async () => {
    const intent = await hold();
    return paymentIntents.capture(intent.id, { amount_to_capture: 2000, final_capture: false });
  },
  'held for too long': async () => {
    const intent = await hold();
    await asOwner(
      gateway.on,
      `update payments.charges
          set details = (details::jsonb || '{"captureBeforeMs": 1700000000000}')::json
        where intent_id = $1`,
      [uuidOf('pi', intent.id)],
    );
    return intent;
  },
  'that is paid': () => pay(),
  'paid, and given back in part': async () => {
    const intent = await pay();
    await refunds.create({ payment_intent: intent.id, amount: 2000 });
    return intent;
  },
  'paid, and given back by nobody knows': async () => {
    const intent = await pay();
    await lost(() => refunds.create({ payment_intent: intent.id }));
    return intent;
  },
  'given back': async () => {
    const intent = await pay();
    await refunds.create({ payment_intent: intent.id });
    return intent;
  },
  'that was canceled': async () => paymentIntents.cancel((await pay({ confirm: false })).id),
  'that was held, and canceled': async () => paymentIntents.cancel((await hold()).id),
} as const satisfies Record<string, () => Promise<Intent>>;

const actions = {
  confirm: ({ id }: Intent) => paymentIntents.confirm(id),
  'confirm with another card': ({ id }: Intent) =>
    paymentIntents.confirm(id, { payment_method: 'pm_card_mastercard' }),
  capture: ({ id }: Intent) => paymentIntents.capture(id),
  cancel: ({ id }: Intent) => paymentIntents.cancel(id),
  raise: ({ id }: Intent) => paymentIntents.incrementAuthorization(id, { amount: 7000 }),
  'change the amount': ({ id }: Intent) => paymentIntents.update(id, { amount: 4000 }),
  'change the card': ({ id }: Intent) =>
    paymentIntents.update(id, { payment_method: 'pm_card_mastercard' }),
  describe: ({ id }: Intent) => paymentIntents.update(id, { description: 'A lamp' }),
  refund: ({ id }: Intent) => refunds.create({ payment_intent: id }),
  'refund its charge': async ({ latest_charge: charge }: Intent) =>
    refunds.create({ charge: String(charge) }),
  'capture its charge': async ({ latest_charge: charge }: Intent) =>
    charges.capture(String(charge)),
  'pay from a balance': ({ id }: Intent) => paymentIntents.applyCustomerBalance(id),
  'verify deposits': ({ id }: Intent) =>
    paymentIntents.verifyMicrodeposits(id, { amounts: [1, 2] }),
} as const;

type Action = keyof typeof actions;
type Status = Stripe.PaymentIntent.Status;

/** Where an action leads; or of what is refused the status, the code, and what is said. */
type End = Status | readonly [status: number, code: string | undefined, says: RegExp];

const unexpected = (says: RegExp): End => [400, 'payment_intent_unexpected_state', says];
const only = (what: string, statuses: string) =>
  `Only a PaymentIntent with one of the following statuses may be ${what}: ${statuses}\\.$`;
const open = 'requires_payment_method, requires_confirmation, requires_action';

const notCaptured = (status: Status): End =>
  unexpected(
    status === 'succeeded'
      ? /^This PaymentIntent could not be captured because it has already been captured\.$/
      : new RegExp(
          `^This PaymentIntent could not be captured because it has a status of ${status}\\. ${only('captured', 'requires_capture')}`,
        ),
  );
const notCanceled = (status: Status): End =>
  unexpected(
    new RegExp(
      `^You cannot cancel this PaymentIntent because it has a status of ${status}\\. ${only('canceled', 'requires_payment_method, requires_capture, requires_confirmation, requires_action, processing')}`,
    ),
  );
const notRaised = (status: Status): End =>
  unexpected(
    new RegExp(
      `^This PaymentIntent's amount could not be incremented because it has a status of ${status}\\. ${only('incremented', 'requires_capture')}`,
    ),
  );
const notUpdated = (what: string, status: Status): End =>
  unexpected(
    new RegExp(
      `^This PaymentIntent's ${what} could not be updated because it has a status of ${status}\\. You may only update the ${what} of a PaymentIntent with one of the following statuses: ${open}\\.$`,
    ),
  );
const notConfirmed = (status: Status): End =>
  unexpected(
    status === 'succeeded' || status === 'requires_capture'
      ? /^You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed\.$/
      : new RegExp(
          `^You cannot confirm this PaymentIntent because it has a status of ${status}\\. ${only('confirmed', open)}`,
        ),
  );
const nothingToRefund: End = [400, undefined, /does not have a successful charge to refund\.$/];
const noCharge = (status: number): End => [status, 'resource_missing', /^No such charge: 'null'$/];
const ofIntent: End = [400, undefined, /belongs to a PaymentIntent: capture that one instead\.$/];
const underWay: End = [409, 'payment_intent_outcome_unknown', /not known yet/];
const givenBack: End = [400, 'charge_already_refunded', /has already been refunded\.$/];
const notTaken: End = [400, undefined, /has not been captured: cancel its payment/];
const neverTaken: End = [400, undefined, /was never captured, and nothing of it is held any more/];
const failedCharge: End = [400, undefined, /has not succeeded, so there is nothing to refund\.$/];

const nowhere = {
  'pay from a balance': unexpected(/^You cannot apply a customer balance/),
  'verify deposits': unexpected(/^You cannot verify this PaymentIntent/),
} as const;

/** Nothing may be done with its money any more, but what each state adds. */
const closed = (status: Status) =>
  ({
    ...nowhere,
    confirm: notConfirmed(status),
    'confirm with another card':
      status === 'canceled' ? notUpdated('payment_method', status) : notConfirmed(status),
    capture: notCaptured(status),
    cancel: notCanceled(status),
    raise: notRaised(status),
    'change the amount': notUpdated('amount', status),
    'change the card': notUpdated('payment_method', status),
    describe: status,
    'capture its charge': ofIntent,
  }) as const;

const unpaid = (status: Status) =>
  ({
    ...nowhere,
    confirm: 'succeeded',
    'confirm with another card': 'succeeded',
    capture: notCaptured(status),
    cancel: 'canceled',
    raise: notRaised(status),
    'change the amount': status,
    'change the card': 'requires_confirmation',
    describe: status,
    refund: nothingToRefund,
    'refund its charge': noCharge(400),
    'capture its charge': noCharge(404),
  }) as const;

const held = {
  ...closed('requires_capture'),
  capture: 'succeeded',
  cancel: 'canceled',
  raise: 'requires_capture',
  refund: nothingToRefund,
  'refund its charge': notTaken,
} as const;

const unknown = {
  ...closed('processing'),
  cancel: underWay,
  refund: nothingToRefund,
  'refund its charge': notTaken,
} as const;

const ends: Readonly<Record<keyof typeof states, Readonly<Record<Action, End>>>> = {
  'without a method': {
    ...unpaid('requires_payment_method'),
    confirm: unexpected(
      /^You cannot confirm this PaymentIntent because it's missing a payment method\./,
    ),
  },
  'to be confirmed': unpaid('requires_confirmation'),
  'that was declined': {
    ...unpaid('requires_payment_method'),
    confirm: unexpected(
      /^You cannot confirm this PaymentIntent because it's missing a payment method\./,
    ),
    'refund its charge': failedCharge,
    'capture its charge': ofIntent,
  },
  'whose holder is asked': {
    ...unpaid('requires_action'),
    'change the amount': 'requires_confirmation',
  },
  'that nobody knows': {
    ...closed('processing'),
    // The wish is kept.
    cancel: 'processing',
    refund: underWay,
    'refund its charge': underWay,
  },
  'that is held': held,
  'held, and raised by nobody knows': unknown,
  'held, and captured by nobody knows': {
    ...unknown,
    refund: underWay,
    'refund its charge': underWay,
  },
  'held, and let go by nobody knows': unknown,
  'captured in part': {
    ...held,
    raise: unexpected(/a part of it has been captured\.$/),
    cancel: 'succeeded',
    refund: 'requires_capture',
    'refund its charge': 'requires_capture',
  },
  'held for too long': {
    ...held,
    capture: [400, 'charge_expired_for_capture', /has expired/],
    raise: [400, 'charge_expired_for_capture', /has expired/],
  },
  'that is paid': { ...closed('succeeded'), refund: 'succeeded', 'refund its charge': 'succeeded' },
  'paid, and given back in part': {
    ...closed('succeeded'),
    refund: 'succeeded',
    'refund its charge': 'succeeded',
  },
  'paid, and given back by nobody knows': {
    ...closed('succeeded'),
    refund: givenBack,
    'refund its charge': givenBack,
  },
  'given back': { ...closed('succeeded'), refund: givenBack, 'refund its charge': givenBack },
  'that was canceled': {
    ...closed('canceled'),
    refund: nothingToRefund,
    'refund its charge': noCharge(400),
    'capture its charge': noCharge(404),
  },
  'that was held, and canceled': {
    ...closed('canceled'),
    refund: nothingToRefund,
    'refund its charge': neverTaken,
  },
};

/** What asks nothing of a bank, whatever comes of it. */
const asksNobody: ReadonlySet<Action> = new Set([
  'change the amount',
  'change the card',
  'describe',
]);

const asked = (): number => bank.calls.filter(({ what }) => what !== 'lookUp').length;

/** How many events told of it, or of its charge, or of a refund. */
const toldOf = async (id: string): Promise<number> =>
  (await stripe.events.list({ limit: 100 })).data.filter(({ data: { object } }) => {
    const about = object as { readonly id?: string; readonly payment_intent?: string };
    return about.id === id || about.payment_intent === id;
  }).length;

/** What differs from what is expected; empty where nothing does. */
const differences = async (state: keyof typeof states, action: Action): Promise<string[]> => {
  const { id } = await states[state]();
  const before = await paymentIntents.retrieve(id);
  const told = await toldOf(id);
  const calls = asked();
  const end = ends[state][action];
  const refused = await actions[action](before).then(
    () => null,
    (error: Stripe.errors.StripeError) => error,
  );
  const now = await paymentIntents.retrieve(id);
  const found: string[] = [];
  const expect = (what: string, isSo: boolean): void => {
    if (!isSo)
      found.push(
        `${action}: ${what} (${refused?.statusCode} ${refused?.code} ${refused?.message ?? now.status})`,
      );
  };
  if (typeof end === 'string') {
    expect(`leads to ${end}`, refused === null && now.status === end);
    if (asksNobody.has(action)) expect('asks nobody', asked() === calls);
    return found;
  }
  const [status, code, says] = end;
  expect(
    `is refused with ${status} ${code}`,
    refused?.statusCode === status && refused.code === code,
  );
  expect(`says ${says}`, says.test(refused?.message ?? ''));
  expect('asks nobody', asked() === calls);
  expect('changes nothing', JSON.stringify(now) === JSON.stringify(before));
  expect('is told to nobody', (await toldOf(id)) === told);
  const shows = code?.startsWith('payment_intent_unexpected') === true;
  expect('shows the payment', !shows || refused?.payment_intent?.id === id);
  return found;
};

describe('a payment', () => {
  for (const state of Object.keys(states) as (keyof typeof states)[]) {
    test(`${state} allows and refuses what it should, with each of ${Object.keys(actions).length} actions`, async () => {
      const found: string[] = [];
      for (const action of Object.keys(actions) as Action[]) {
        found.push(...(await differences(state, action)));
      }
      assert.deepEqual(found, []);
    });
  }
});
