// What a payer agrees to with a payment becomes a mandate when the payment succeeds, and not before.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type Stripe from 'stripe';
import { parseId } from '#kit/ids';
import { provideAuthentication } from '#payments/intents';
import { asOwner } from '../../src/for-tests.ts';
import { lostAfter, says, testBank } from '../../src/payments/intents/for-tests-bank.ts';
import { openShop } from '../support/payments.ts';
import { refusalOf } from '../support/stripe.ts';

const bank = testBank();
const { gateway, stripe, resolveUntil } = await openShop([bank]);
const { paymentIntents, mandates, charges, customers, setupIntents, testHelpers } = stripe;

let isAsked = false;
provideAuthentication(gateway.context, async () =>
  isAsked
    ? { ok: false, why: 'challenge', url: 'https://issuer.test/challenge' }
    : { ok: true, authentication: null },
);

const online = { ip_address: '203.0.113.7', user_agent: 'A browser' };
const mandate_data = { customer_acceptance: { type: 'online' as const, online } };
const paying = {
  amount: 2500,
  currency: 'eur',
  confirm: true,
  payment_method: 'pm_card_visa',
} as const;

const chargeOf = async ({ id }: { id: string }): Promise<Stripe.Charge> => {
  const { latest_charge: charge } = await paymentIntents.retrieve(id);
  return charges.retrieve(String(charge));
};
const mandateOf = async (of: { id: string }): Promise<string | null> => {
  const { payment_method_details: details } = await chargeOf(of);
  return (details?.card?.mandate ?? null) as string | null;
};
const storedMandate = async (id: string): Promise<unknown> => {
  const [row] = await asOwner(
    gateway.on,
    `select details -> 'mandate' as mandate from payments.intents where id = '${parseId('pi', id)}'`,
  );
  return row?.['mandate'] ?? null;
};
const countMandates = async (): Promise<number> =>
  (await asOwner(gateway.on, 'select 1 as one from payments.mandates')).length;

describe('a payer who agrees with a payment', () => {
  test('online has done so from somewhere, which is to be said', async () => {
    const nowhere = { mandate_data: { customer_acceptance: { type: 'online' as const } } };
    const made = await countMandates();
    for (const agreeing of [
      () => paymentIntents.create({ ...paying, ...nowhere } as never),
      () =>
        setupIntents.create({ payment_method: 'pm_card_visa', confirm: true, ...nowhere } as never),
      () =>
        testHelpers.confirmationTokens.create({
          payment_method: 'pm_card_visa',
          ...nowhere,
        } as never),
    ]) {
      const refused = await refusalOf(agreeing());
      assert.deepEqual(
        [refused.code, refused.param],
        ['parameter_missing', 'mandate_data[customer_acceptance][online]'],
      );
    }
    assert.equal(await countMandates(), made);
  });

  test('has made a mandate for it, named by its charge', async () => {
    const intent = await paymentIntents.create({
      ...paying,
      mandate_data,
      expand: ['latest_charge.payment_method_details.card.mandate'],
    });
    const { payment_method_details: details } = intent.latest_charge as Stripe.Charge;
    const shown = details?.card?.mandate as unknown as Stripe.Mandate;
    const found = await mandates.retrieve(shown.id);
    const { lastResponse: _, ...mandate } = found;
    assert.deepEqual(shown, mandate);
    assert.deepEqual(
      [found.type, found.single_use, found.multi_use, found.status, found.payment_method],
      [
        'single_use',
        { amount: 2500, currency: 'eur' },
        undefined,
        'inactive',
        intent.payment_method,
      ],
    );
    assert.deepEqual(found.customer_acceptance.online, online);
    assert.equal(await mandateOf(intent), found.id);
  });

  test('to more than that has made one for later ones', async () => {
    const { id: customer } = await customers.create();
    const intent = await paymentIntents.create({
      ...paying,
      customer,
      setup_future_usage: 'off_session',
      mandate_data,
    });
    const found = await mandates.retrieve((await mandateOf(intent)) ?? '');
    assert.deepEqual(
      [found.type, found.multi_use, found.single_use, found.status],
      ['multi_use', {}, undefined, 'active'],
    );
  });

  test('by the token of their confirmation has made one', async () => {
    const token = await testHelpers.confirmationTokens.create({
      payment_method: 'pm_card_visa',
      mandate_data,
    } as never);
    const { payment_method: _, ...rest } = paying;
    const intent = await paymentIntents.create({ ...rest, confirmation_token: token.id });
    assert.match((await mandateOf(intent)) ?? '', /^mandate_/);
  });

  test('has made one however often is captured', async () => {
    const before = await countMandates();
    const { id } = await paymentIntents.create({
      ...paying,
      capture_method: 'manual',
      payment_method_options: { card: { request_multicapture: 'if_available' } },
      mandate_data,
    });
    await paymentIntents.capture(id, { amount_to_capture: 1000, final_capture: false });
    await paymentIntents.capture(id);
    assert.equal(await countMandates(), before + 1);
    assert.match((await mandateOf({ id })) ?? '', /^mandate_/);
  });

  test('has made one when it is known only later that they have paid', async () => {
    bank.next.push(lostAfter);
    const { id, status } = await paymentIntents.create({ ...paying, mandate_data });
    assert.equal(status, 'processing');
    assert.equal(await mandateOf({ id }), null);
    await resolveUntil(async () => (await paymentIntents.retrieve(id)).status === 'succeeded');
    assert.equal((await mandates.retrieve((await mandateOf({ id })) ?? '')).type, 'single_use');
  });

  test('and is declined has made none, and agrees anew to what they pay with next', async () => {
    const before = await countMandates();
    bank.next.push(says({ outcome: 'declined', code: 'generic_decline' }));
    const refused = await refusalOf(paymentIntents.create({ ...paying, mandate_data }));
    const { id } = refused.payment_intent as Stripe.PaymentIntent;
    assert.equal(await mandateOf({ id }), null);
    await paymentIntents.confirm(id, { payment_method: 'pm_card_mastercard' });
    assert.equal(await mandateOf({ id }), null);
    assert.equal(await countMandates(), before);
  });

  test('and is declined has agreed to nothing with a card that is put in its place', async () => {
    bank.next.push(says({ outcome: 'declined', code: 'generic_decline' }));
    const refused = await refusalOf(paymentIntents.create({ ...paying, mandate_data }));
    const { id } = refused.payment_intent as Stripe.PaymentIntent;
    assert.equal(await storedMandate(id), null);
    await paymentIntents.update(id, { payment_method: 'pm_card_mastercard' });
    await paymentIntents.confirm(id);
    assert.equal(await mandateOf({ id }), null);
  });

  test('and is refused before any bank is called has agreed to nothing with the next card', async () => {
    isAsked = true;
    const asked = { ...paying, mandate_data, error_on_requires_action: true };
    const refused = await refusalOf(paymentIntents.create(asked));
    isAsked = false;
    const { id } = refused.payment_intent as Stripe.PaymentIntent;
    assert.equal(await storedMandate(id), null);
    await paymentIntents.update(id, { payment_method: 'pm_card_mastercard' });
    await paymentIntents.confirm(id);
    assert.equal(await mandateOf({ id }), null);
  });
});

describe('a payer who agreed and is asked who they are', () => {
  const waiting = async (): Promise<string> => {
    isAsked = true;
    const { id, status } = await paymentIntents.create({
      ...paying,
      mandate_data,
      return_url: 'https://shop.test/back',
    });
    isAsked = false;
    assert.equal(status, 'requires_action');
    return id;
  };

  test('has agreed still when the same is confirmed once more', async () => {
    const id = await waiting();
    await paymentIntents.update(id, { description: 'The same, named', amount: 2500 });
    await paymentIntents.confirm(id);
    const { single_use: use } = await mandates.retrieve((await mandateOf({ id })) ?? '');
    assert.deepEqual(use, { amount: 2500, currency: 'eur' });
  });

  test('by the bank, after its no, has agreed still', async () => {
    const { id } = await paymentIntents.create({
      amount: 2500,
      currency: 'eur',
      payment_method: 'pm_card_visa',
    });
    bank.next.push(async () => {
      isAsked = true;
      return { outcome: 'declined', code: 'authentication_required' };
    });
    const asked = await paymentIntents.confirm(id, {
      mandate_data,
      return_url: 'https://shop.test/back',
    });
    isAsked = false;
    assert.equal(asked.status, 'requires_action');
    await paymentIntents.confirm(id);
    assert.match((await mandateOf({ id })) ?? '', /^mandate_/);
  });

  for (const [what, changed] of [
    ['amount', { amount: 9000 }],
    ['currency', { currency: 'usd' }],
    ['use', { setup_future_usage: 'off_session' }],
  ] as const) {
    test(`has not agreed to another ${what}`, async () => {
      const id = await waiting();
      await paymentIntents.update(id, changed);
      await paymentIntents.confirm(id);
      assert.equal((await chargeOf({ id })).status, 'succeeded');
      assert.equal(await mandateOf({ id }), null);
    });
  }

  test('has not agreed to a use that is said when it is confirmed once more', async () => {
    const id = await waiting();
    await paymentIntents.confirm(id, { setup_future_usage: 'off_session' });
    assert.equal(await mandateOf({ id }), null);
  });
});

describe('a payment by a mandate that is there', () => {
  /** A card that its holder let be kept, and what they agreed to. */
  const kept = async () => {
    const { id: customer } = await customers.create();
    const setup = await setupIntents.create({
      customer,
      payment_method: 'pm_card_visa',
      confirm: true,
      return_url: 'https://shop.test/back',
      mandate_data,
    });
    const { payment_method, mandate } = setup;
    return { customer, payment_method: String(payment_method), mandate: String(mandate) };
  };
  const { payment_method: _, ...amount } = paying;

  test('is named by its charge, however often, and makes none', async () => {
    const by = await kept();
    const before = await countMandates();
    const first = await paymentIntents.create({ ...amount, ...by, off_session: true });
    const { id } = await paymentIntents.create({
      ...amount,
      customer: by.customer,
      confirm: false,
    });
    const second = await paymentIntents.confirm(id, {
      payment_method: by.payment_method,
      mandate: by.mandate,
      expand: ['latest_charge.payment_method_details.card.mandate'],
    });
    assert.equal(await mandateOf(first), by.mandate);
    const { payment_method_details: details } = second.latest_charge as Stripe.Charge;
    const shown = details?.card?.mandate as unknown as Stripe.Mandate;
    assert.deepEqual([shown.id, shown.status], [by.mandate, 'active']);
    assert.equal(await countMandates(), before);
  });

  test('is by that one too after its holder was asked', async () => {
    const by = await kept();
    isAsked = true;
    const { id, status } = await paymentIntents.create({
      ...amount,
      ...by,
      return_url: 'https://shop.test/back',
    });
    isAsked = false;
    assert.equal(status, 'requires_action');
    await paymentIntents.confirm(id);
    assert.equal(await mandateOf({ id }), by.mandate);
  });

  test('and is declined is by none with the next card', async () => {
    const by = await kept();
    bank.next.push(says({ outcome: 'declined', code: 'generic_decline' }));
    const refused = await refusalOf(paymentIntents.create({ ...amount, ...by }));
    const { id } = refused.payment_intent as Stripe.PaymentIntent;
    await paymentIntents.confirm(id, { payment_method: 'pm_card_mastercard' });
    assert.equal(await mandateOf({ id }), null);
  });

  test('is refused where it is of another card, or was for one payment, and nobody is charged', async () => {
    const by = await kept();
    const other = await kept();
    const once = await paymentIntents.create({ ...paying, mandate_data });
    const used = await chargeOf(once);
    const calls = bank.calls.length;
    const ofAnother = await refusalOf(
      paymentIntents.create({ ...amount, ...by, mandate: other.mandate }),
    );
    const forOne = await refusalOf(
      paymentIntents.create({
        ...amount,
        payment_method: String(used.payment_method),
        mandate: (await mandateOf(once)) ?? '',
      }),
    );
    for (const { code, param, statusCode } of [ofAnother, forOne]) {
      assert.deepEqual(
        [statusCode, code, param],
        [400, 'payment_intent_mandate_invalid', 'mandate'],
      );
    }
    assert.equal(
      ofAnother.message,
      `The mandate ${other.mandate} is for the PaymentMethod ${other.payment_method}, and not for the one of this payment (${by.payment_method}).`,
    );
    assert.match(forOne.message, /was for the one payment that it was made with/);
    assert.equal(bank.calls.length, calls);
  });

  test('is refused where there is no such mandate, where nothing is confirmed, or beside a new one', async () => {
    const by = await kept();
    const asked = { ...amount, ...by };
    const told = async (call: Promise<unknown>) => {
      const { code, param, message } = await refusalOf(call);
      return [code, param, message];
    };
    assert.deepEqual(await told(paymentIntents.create({ ...asked, mandate: 'mandate_missing' })), [
      'resource_missing',
      'mandate',
      "No such mandate: 'mandate_missing'",
    ]);
    assert.deepEqual(await told(paymentIntents.create({ ...asked, confirm: false })), [
      undefined,
      'mandate',
      'The parameter `mandate` cannot be passed when creating a PaymentIntent unless `confirm` is set to true.',
    ]);
    assert.deepEqual(await told(paymentIntents.create({ ...asked, mandate_data })), [
      undefined,
      'mandate',
      'You may only specify one of these parameters: mandate, mandate_data.',
    ]);
  });
});

describe('a mandate for later payments', () => {
  const agreedFor = async (customer: string) => {
    const { mandate, payment_method } = await setupIntents.create({
      customer,
      payment_method: 'pm_card_visa',
      confirm: true,
      mandate_data,
    });
    return { mandate: String(mandate), method: String(payment_method) };
  };

  for (const [how, end] of [
    ['its card is detached', ({ method }) => stripe.paymentMethods.detach(method)],
    ['its customer is deleted', ({ customer }) => customers.del(customer)],
  ] as readonly (readonly [
    string,
    (of: { readonly customer: string; readonly method: string }) => Promise<unknown>,
  ])[]) {
    test(`is over when ${how}, and that is told once`, async () => {
      const { id: customer } = await customers.create();
      const { mandate, method } = await agreedFor(customer);
      const { mandate: other } = await agreedFor((await customers.create()).id);
      assert.equal((await mandates.retrieve(mandate)).status, 'active');
      await end({ customer, method });
      const over = await mandates.retrieve(mandate);
      assert.deepEqual(
        [over.status, over.type, over.payment_method],
        ['inactive', 'multi_use', method],
      );
      assert.equal((await mandates.retrieve(other)).status, 'active');
      const told = await stripe.events
        .list({ type: 'mandate.updated', limit: 100 })
        .autoPagingToArray({ limit: 10_000 });
      const toldOf = (id: string) =>
        told.filter(({ data: { object } }) => 'id' in object && object.id === id);
      assert.deepEqual(
        toldOf(mandate).map(({ data }) => data),
        [{ object: over, previous_attributes: { status: 'active' } }],
      );
      assert.deepEqual(toldOf(other), []);
    });
  }

  test('is shown to be over where it is expanded', async () => {
    const { id: customer } = await customers.create();
    const { mandate, method } = await agreedFor(customer);
    await stripe.paymentMethods.detach(method);
    const { data } = await setupIntents.list({ customer, expand: ['data.mandate'] });
    assert.partialDeepStrictEqual(data[0]?.mandate, { id: mandate, status: 'inactive' });
  });
});
