import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type Stripe from 'stripe';
import { otherTypeNames } from '../../src/cards/methods/other-types.ts';
import { asOwner } from '../../src/for-tests.ts';
import { openMethods, visa } from '../support/methods.ts';
import { refusalOf } from '../support/stripe.ts';
import { assertShape } from '../support/stripe-shape.ts';

const { gateway, merchant, stripe, cardMethod, typesSince, newest } = await openMethods();
const { customers, paymentMethods } = stripe;

const requiredOf: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  boleto: { tax_id: '000.000.000-00' },
  eps: { bank: 'easybank_ag' },
  fpx: { bank: 'cimb' },
  ideal: { bank: 'ing' },
  klarna: { dob: { day: 1, month: 2, year: 1990 } },
  naver_pay: { funding: 'points' },
  p24: { bank: 'ing' },
  sofort: { country: 'DE' },
};
const assertMethod = (method: Stripe.Response<Stripe.PaymentMethod>): void => {
  const { lastResponse: _, ...shown } = method;
  assertShape(shown, 'resources/PaymentMethods.d.ts', 'PaymentMethod');
};

describe('a payment method', () => {
  test('is attached, changed and detached, and each is heard of once', async () => {
    const { id: customer } = await customers.create();
    const { id } = await cardMethod();
    const mark = await newest();

    const attached = await paymentMethods.attach(id, { customer });
    assert.equal(attached.customer, customer);
    await paymentMethods.attach(id, { customer });
    const changed = await paymentMethods.update(id, {
      billing_details: { name: 'Jenny', address: { city: 'Berlin' } },
      card: { exp_month: 7, exp_year: 2035 },
      metadata: { plan: 'gold' },
    });
    assert.equal(changed.card?.exp_month, 7);
    assert.equal(changed.billing_details.address?.city, 'Berlin');
    await paymentMethods.update(id, { metadata: { plan: 'gold' } });
    const detached = await paymentMethods.detach(id);
    assert.equal(detached.customer, null);

    assert.deepEqual(await typesSince(mark), [
      'payment_method.attached',
      'payment_method.updated',
      'payment_method.detached',
    ]);
    const [detachedEvent, updatedEvent] = (await stripe.events.list({ limit: 2 })).data as [
      Stripe.Event,
      Stripe.Event,
    ];
    assert.deepEqual(detachedEvent.data.previous_attributes, { customer });
    assert.deepEqual(updatedEvent.data.previous_attributes, {
      billing_details: { address: { city: null }, name: null },
      card: { exp_month: 12, exp_year: 2034 },
      metadata: { plan: null },
    });
  });

  test('that was detached can be neither attached nor changed nor detached again', async () => {
    const { id: customer } = await customers.create();
    const { id } = await cardMethod();
    await paymentMethods.attach(id, { customer });
    await paymentMethods.detach(id);
    const mark = await newest();

    assert.match(
      (await refusalOf(paymentMethods.attach(id, { customer }))).message,
      /may not be used again/,
    );
    assert.match(
      (await refusalOf(paymentMethods.update(id, { metadata: { a: 'b' } }))).message,
      /must save/,
    );
    assert.match(
      (await refusalOf(paymentMethods.detach(id))).message,
      /not attached to a customer so detachment/,
    );
    assert.deepEqual(await typesSince(mark), []);
  });

  test('belongs to one customer at a time', async () => {
    const [mine, yours] = [await customers.create(), await customers.create()];
    const { id } = await cardMethod();
    await paymentMethods.attach(id, { customer: mine.id });
    const refused = await refusalOf(paymentMethods.attach(id, { customer: yours.id }));
    assert.equal(
      refused.message,
      'The payment method you provided has already been attached to a customer.',
    );
  });

  test('attached by eight at once to eight customers ends with one', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => customers.create()));
    const { id } = await cardMethod();
    const outcomes = await Promise.allSettled(
      all.map(({ id: customer }) => paymentMethods.attach(id, { customer })),
    );
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
    const lists = await Promise.all(
      all.map(({ id: customer }) => customers.listPaymentMethods(customer)),
    );
    assert.equal(lists.flatMap(({ data }) => data).length, 1);
  });

  test('is listed by customer and type, newest first, through pages both ways', async () => {
    const { id: customer } = await customers.create();
    const made: string[] = [];
    for (let n = 0; n < 5; n += 1) {
      made.unshift((await paymentMethods.attach('pm_card_visa', { customer })).id);
    }
    const link = await paymentMethods.create({ type: 'link' });
    await paymentMethods.attach(link.id, { customer });

    const forward: string[] = [];
    for await (const { id } of paymentMethods.list({ customer, type: 'card', limit: 2 }))
      forward.push(id);
    assert.deepEqual(forward, made);
    const own = await customers.listPaymentMethods(customer, { limit: 100 });
    assert.deepEqual(
      own.data.map(({ id }) => id),
      [link.id, ...made],
    );
    const before = await customers.listPaymentMethods(customer, {
      ending_before: made[2] ?? '',
      limit: 1,
      type: 'card',
    });
    assert.deepEqual(
      before.data.map(({ id }) => id),
      [made[1]],
    );
    assert.equal(before.has_more, true);

    assert.equal((await customers.retrievePaymentMethod(customer, link.id)).id, link.id);
    const { id: stranger } = await customers.create();
    assert.equal(
      (await refusalOf(customers.retrievePaymentMethod(stranger, link.id))).statusCode,
      404,
    );
    assert.equal((await refusalOf(paymentMethods.list({ customer: 'cus_x' }))).param, 'customer');
  });

  test('of a kind that is not kept here is in no list, and a kind that nobody knows is refused', async () => {
    const { id: customer } = await customers.create();
    await paymentMethods.attach('pm_card_visa', { customer });
    for (const type of ['us_bank_account', 'sepa_debit', 'custom'] as const) {
      assert.deepEqual((await customers.listPaymentMethods(customer, { type })).data, []);
      assert.deepEqual((await paymentMethods.list({ customer, type })).data, []);
    }
    const refused = await refusalOf(paymentMethods.list({ customer, type: 'crad' as 'card' }));
    assert.equal(refused.param, 'type');
    assert.match(refused.message, /^Invalid type: must be one of .*\bcard\b/);
  });

  /** Their payer is asked each time: they are nobody's to keep. */
  const paysOnce: ReadonlySet<string> = new Set(['ideal', 'bancontact', 'eps', 'p24']);

  for (const type of otherTypeNames) {
    test(`of type ${type} is made, shown, attached, changed and detached as the SDK has it`, async () => {
      const hash = { ...requiredOf[type] };
      const made = await paymentMethods.create({ type, [type]: hash, allow_redisplay: 'limited' });
      assertMethod(made);
      assert.deepEqual((await paymentMethods.retrieve(made.id)).lastResponse.statusCode, 200);
      const { id: customer } = await customers.create();
      if (paysOnce.has(type)) {
        const refused = await refusalOf(paymentMethods.attach(made.id, { customer }));
        assert.deepEqual([refused.statusCode, refused.param], [400, 'payment_method']);
        return;
      }
      assertMethod(await paymentMethods.attach(made.id, { customer }));
      const updated = await paymentMethods.update(made.id, {
        allow_redisplay: 'always',
        billing_details: { name: 'Jenny' },
      });
      assert.deepEqual(
        [updated.allow_redisplay, updated.billing_details.name],
        ['always', 'Jenny'],
      );
      assertMethod(updated);
      const { data } = await customers.listPaymentMethods(customer, { type });
      assert.deepEqual(
        data.map(({ id }) => id),
        [made.id],
      );
      assert.equal((await paymentMethods.detach(made.id)).customer, null);
    });
  }

  test('of a kind whose hash has to hold something is refused without it', async () => {
    for (const [type, name] of [
      ['boleto', 'boleto'],
      ['fpx', 'fpx'],
      ['sofort', 'sofort'],
    ] as const) {
      const refused = await refusalOf(paymentMethods.create({ type }));
      assert.deepEqual([refused.code, refused.param], ['parameter_missing', name]);
    }
    const refused = await refusalOf(
      paymentMethods.create({ type: 'fpx', fpx: { account_holder_type: 'individual' } as never }),
    );
    assert.deepEqual([refused.code, refused.param], ['parameter_missing', 'fpx[bank]']);
    const bank = { bank: 'my own bank' as never };
    assert.equal(
      (await refusalOf(paymentMethods.create({ type: 'ideal', ideal: bank }))).param,
      'ideal[bank]',
    );
  });

  test('that was the default of its customer is so no longer once it is detached', async () => {
    const { id: customer } = await customers.create();
    const { id } = await paymentMethods.attach('pm_card_visa', { customer });
    await customers.update(customer, { invoice_settings: { default_payment_method: id } });
    const mark = await newest();
    await paymentMethods.detach(id);
    const after = (await customers.retrieve(customer)) as Stripe.Customer;
    assert.equal(after.invoice_settings.default_payment_method, null);
    assert.deepEqual(await typesSince(mark), ['payment_method.detached', 'customer.updated']);
  });

  test('of another kind keeps what its hash holds, and refuses the hash of another', async () => {
    const ideal = await paymentMethods.create({ type: 'ideal', ideal: { bank: 'ing' } });
    assert.equal(ideal.ideal?.bank, 'ing');
    assert.deepEqual((await paymentMethods.create({ type: 'klarna' })).klarna, { dob: null });
    const refused = await refusalOf(paymentMethods.create({ type: 'paypal', card: visa as never }));
    assert.equal(refused.param, 'card');
    assert.equal((await refusalOf(paymentMethods.create({ type: 'gold' as never }))).param, 'type');
  });

  test('shows its customer whole when asked to', async () => {
    const { id: customer } = await customers.create({ name: 'Jenny' });
    const method = await paymentMethods.attach('pm_card_visa', { customer, expand: ['customer'] });
    assert.equal((method.customer as Stripe.Customer).name, 'Jenny');
  });
});

describe('a repeat under an idempotency key', () => {
  test('changes the expiry in the vault no second time, nor does the same key for something else', async () => {
    const { id: customer } = await customers.create();
    const { id } = await paymentMethods.attach('pm_card_visa', { customer });
    const expire = (exp_year: number, idempotencyKey: string) =>
      paymentMethods.update(id, { card: { exp_month: 5, exp_year } }, { idempotencyKey });
    await expire(2031, 'first');
    await expire(2035, 'second');
    assert.equal((await expire(2031, 'first')).card?.exp_year, 2031);
    assert.equal((await refusalOf(expire(2033, 'first'))).type, 'StripeIdempotencyError');

    const changes = await asOwner(
      gateway.on,
      `select count(*)::integer as count from identity.audit_entries
        where action = 'vault.card.change_expiry' and account_id = $1`,
      [merchant.accountId],
    );
    const before = Number(changes[0]?.['count']);
    await expire(2031, 'first');
    const again = await asOwner(
      gateway.on,
      `select count(*)::integer as count from identity.audit_entries
        where action = 'vault.card.change_expiry' and account_id = $1`,
      [merchant.accountId],
    );
    assert.equal(Number(again[0]?.['count']), before);
    assert.equal((await paymentMethods.retrieve(id)).card?.exp_year, 2035);
  });

  test('of many at once with one sealed or plain card makes one method and no refusal but "in use"', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () =>
        gateway.ask('POST', '/v1/payment_methods', {
          key: merchant.key,
          idempotencyKey: 'one card',
          form: 'type=card&card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=2034&card[cvc]=123',
        }),
      ),
    );
    const made = new Set(answers.filter(({ status }) => status === 200).map(({ body }) => body.id));
    assert.equal(made.size, 1);
    assert.ok(answers.every(({ status }) => status === 200 || status === 409));
    const again = await gateway.ask('POST', '/v1/payment_methods', {
      key: merchant.key,
      idempotencyKey: 'one card',
      form: 'type=card&card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=2034&card[cvc]=123',
    });
    assert.equal(again.status, 200);
    assert.ok(made.has(again.body.id));
  });

  test('of a page does not use up the keys of the server', async () => {
    const form = 'card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=2034';
    const page = await gateway.ask('POST', '/v1/tokens', {
      key: merchant.publishableKey,
      idempotencyKey: 'order-6735',
      form,
    });
    const server = await gateway.ask('POST', '/v1/customers', {
      key: merchant.key,
      idempotencyKey: 'order-6735',
      form: 'name=Jenny',
    });
    assert.deepEqual([page.status, server.status], [200, 200]);
  });
});
