// Between a setup's confirmation and its end its card, or its customer, may go elsewhere. A setup that says
// that it has succeeded has a card that somebody keeps, or that its merchant can attach.

import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import type Stripe from 'stripe';
import { parseId } from '#kit/ids';
import { provideAuthentication } from '#payments/intents';
import { goOnSetup } from '#payments/setup';
import { lostAfter } from '../../src/payments/intents/for-tests-bank.ts';
import { openShop } from '../support/payments.ts';
import { proof } from '../support/proof.ts';
import { refusalOf } from '../support/stripe.ts';

const { gateway, stripe, bank, merchant, happened, resolveUntil } = await openShop();
const { setupIntents, paymentMethods, paymentIntents, customers } = stripe;

/** Who asks card holders is another module; here it is the test. */
provideAuthentication(gateway.context, async (_context, _scope, { isSetup }) =>
  isSetup === true
    ? { ok: false, why: 'challenge', url: 'https://issuer.test/challenge' }
    : { ok: true, authentication: null },
);

const newMethod = async () =>
  (
    await paymentMethods.create({
      type: 'card',
      card: { number: '4242424242424242', exp_month: 12, exp_year: 2040 },
    } as Stripe.PaymentMethodCreateParams)
  ).id;

type Asked = {
  readonly customer?: string;
  readonly method: string;
  readonly setup: Stripe.SetupIntent;
};

const agreed = { customer_acceptance: { type: 'offline' } } as const;

/** A setup whose holder is being asked. */
const asking = async (
  given: { readonly customer?: string; readonly method?: string } = {},
): Promise<Asked> => {
  const method = given.method ?? (await newMethod());
  const whose = given.customer === undefined ? {} : { customer: given.customer };
  const setup = await setupIntents.create({
    ...whose,
    payment_method: method,
    confirm: true,
    mandate_data: agreed,
    return_url: 'https://shop.test/back',
  });
  assert.equal(setup.status, 'requires_action');
  return { ...whose, method, setup };
};

const goOn = ({ setup }: Pick<Asked, 'setup'>) =>
  goOnSetup(gateway.context, merchant.scope, parseId('seti', setup.id) ?? '', {
    ok: true,
    authentication: proof,
  });

const pay = (method: string, more: Partial<Stripe.PaymentIntentCreateParams> = {}) =>
  paymentIntents.create({
    amount: 2600,
    currency: 'eur',
    confirm: true,
    payment_method: method,
    ...more,
  });

const newCustomer = async () => (await customers.create()).id;
const ownerOf = async (method: string) => (await paymentMethods.retrieve(method)).customer;
const verifications = () => bank.calls.filter(({ what }) => what === 'verify').length;

const assertUnkept = async (
  { setup }: Pick<Asked, 'setup'>,
  code = 'payment_method_unexpected_state',
): Promise<Stripe.SetupIntent> => {
  const now = await setupIntents.retrieve(setup.id, { expand: ['latest_attempt'] });
  assert.deepEqual(
    [now.status, now.payment_method, now.mandate, now.last_setup_error?.code],
    ['requires_payment_method', null, null, code],
  );
  const { latest_attempt: attempt } = now;
  assert.ok(attempt !== null && typeof attempt === 'object');
  assert.deepEqual([attempt.status, attempt.setup_error?.code], ['failed', code]);
  return now;
};

const assertKept = async ({ setup, method }: Asked, customer: string | null) => {
  const now = await setupIntents.retrieve(setup.id);
  assert.deepEqual([now.status, now.payment_method], ['succeeded', method]);
  assert.equal(await ownerOf(method), customer);
};

beforeEach(async () => {
  bank.next.length = 0;
  bank.calls.length = 0;
  await happened();
});

describe('while the holder of a card is asked', () => {
  test('a payment that uses the card up leaves a setup that failed and says why', async () => {
    const customer = await newCustomer();
    const asked = await asking({ customer });
    const paid = await pay(asked.method, { customer, off_session: true });
    assert.equal(paid.status, 'succeeded');
    await happened();
    await goOn(asked);
    const now = await assertUnkept(asked);
    assert.match(now.last_setup_error?.message ?? '', /used for a payment .* Collect it anew/);
    assert.match(now.last_setup_error?.doc_url ?? '', /#error-payment_method_unexpected_state$/);
    assert.equal(now.last_setup_error?.payment_method?.id, asked.method);
    assert.deepEqual(await happened(), ['setup_intent.setup_failed']);
    assert.equal(verifications(), 0, 'no bank is asked about what nobody can keep');
    const refused = await refusalOf(pay(asked.method, { customer, off_session: true }));
    assert.match(refused.message, /It may not be used again/);

    const other = await newMethod();
    await setupIntents.confirm(asked.setup.id, {
      payment_method: other,
      return_url: 'https://shop.test/back',
    });
    await goOn(asked);
    await assertKept({ ...asked, method: other }, customer);
  });

  test('so it is without a customer', async () => {
    const asked = await asking();
    await pay(asked.method);
    await goOn(asked);
    await assertUnkept(asked);
  });

  test('a payment that keeps the card for the same customer keeps it for the setup too', async () => {
    const customer = await newCustomer();
    const asked = await asking({ customer });
    await pay(asked.method, { customer, setup_future_usage: 'off_session' });
    await goOn(asked);
    await assertKept(asked, customer);
  });

  test('another setup may keep the card: for its customer, and for no other one', async () => {
    const customer = await newCustomer();
    const method = await newMethod();
    const first = await asking({ customer, method });
    const second = await asking({ customer, method });
    const stranger = await asking({ customer: await newCustomer(), method });
    await Promise.all([goOn(first), goOn(second)]);
    await assertKept(first, customer);
    await assertKept(second, customer);
    await goOn(stranger);
    const now = await assertUnkept(stranger);
    assert.match(now.last_setup_error?.message ?? '', /attached to another Customer/);
  });

  test('of two customers who want it in the same moment one has it', async () => {
    const method = await newMethod();
    const wanting = [
      await asking({ customer: await newCustomer(), method }),
      await asking({ customer: await newCustomer(), method }),
    ];
    await Promise.all(wanting.map(goOn));
    const owner = await ownerOf(method);
    for (const asked of wanting) {
      await (asked.customer === owner ? assertKept(asked, owner) : assertUnkept(asked));
    }
    assert.ok(wanting.some(({ customer }) => customer === owner));
  });

  test('the merchant may attach it, or take it away again', async () => {
    const [customer, other] = [await newCustomer(), await newCustomer()];
    const early = await asking({ customer });
    await paymentMethods.attach(early.method, { customer });
    await goOn(early);
    await assertKept(early, customer);

    const free = await asking();
    await paymentMethods.attach(free.method, { customer });
    await goOn(free);
    await assertKept(free, customer);

    const elsewhere = await asking({ customer });
    await paymentMethods.attach(elsewhere.method, { customer: other });
    await goOn(elsewhere);
    await assertUnkept(elsewhere);

    const gone = await asking({ customer });
    await paymentMethods.attach(gone.method, { customer });
    await paymentMethods.detach(gone.method);
    await goOn(gone);
    await assertUnkept(gone);
  });

  test('its customer may be deleted', async () => {
    const customer = await newCustomer();
    const asked = await asking({ customer });
    await customers.del(customer);
    await goOn(asked);
    const now = await assertUnkept(asked, 'resource_missing');
    assert.equal(now.last_setup_error?.param, 'customer');
    assert.equal(verifications(), 0);
    assert.equal(await ownerOf(asked.method), null);

    const leaving = await newCustomer();
    const { id: method } = await paymentMethods.attach(await newMethod(), { customer: leaving });
    const known = await asking({ customer: leaving, method });
    await customers.del(leaving);
    await goOn(known);
    await assertUnkept(known, 'resource_missing');
  });
});

describe('while the bank of a card is asked about it', () => {
  for (const isOurs of [true, false]) {
    test(`a payment uses it up, ${isOurs ? 'with' : 'without'} a customer`, async () => {
      const asked = await asking(isOurs ? { customer: await newCustomer() } : {});
      bank.next.push(async (_, truth) => {
        await pay(asked.method);
        return truth();
      });
      await goOn(asked);
      assert.equal(verifications(), 1);
      await assertUnkept(asked);
    });
  }

  test('it is detached from the customer who had it', async () => {
    const customer = await newCustomer();
    const { id: method } = await paymentMethods.attach(await newMethod(), { customer });
    const asked = await asking({ customer, method });
    bank.next.push(async (_, truth) => {
      await paymentMethods.detach(method);
      return truth();
    });
    await goOn(asked);
    await assertUnkept(asked);
  });

  test('and its answer is lost, its customer is deleted', async () => {
    const customer = await newCustomer();
    const asked = await asking({ customer });
    bank.next.push(lostAfter);
    await goOn(asked);
    const statusNow = async () => (await setupIntents.retrieve(asked.setup.id)).status;
    assert.equal(await statusNow(), 'processing');
    await customers.del(customer);
    await happened();
    await resolveUntil(async () => (await statusNow()) !== 'processing');
    await assertUnkept(asked, 'resource_missing');
    assert.deepEqual(await happened(), ['setup_intent.setup_failed']);
  });

  test('a payment that began before is paid, and the card is kept', async () => {
    const customer = await newCustomer();
    const asked = await asking({ customer });
    bank.next.push(async (_, truth) => {
      await goOn(asked);
      return truth();
    });
    assert.equal((await pay(asked.method, { customer })).status, 'succeeded');
    await assertKept(asked, customer);
  });

  test('a payment in the same moment and the setup agree who has the card', async () => {
    for (let round = 0; round < 5; round += 1) {
      const customer = await newCustomer();
      const asked = await asking({ customer });
      const [paid] = await Promise.all([pay(asked.method, { customer }), goOn(asked)]);
      assert.equal(paid.status, 'succeeded');
      const isKept = (await ownerOf(asked.method)) === customer;
      await (isKept ? assertKept(asked, customer) : assertUnkept(asked));
    }
  });
});

describe('a setup that is concluded in the request that confirms it', () => {
  test('and cannot keep the card is refused with the reason, which its merchant reads', async () => {
    const method = await newMethod();
    provideAuthentication(gateway.context, async () => ({ ok: true, authentication: null }));
    bank.next.push(async (_, truth) => {
      await pay(method);
      return truth();
    });
    const customer = await newCustomer();
    const refused = await refusalOf(
      setupIntents.create({ customer, payment_method: method, confirm: true }),
    );
    assert.deepEqual(
      [refused.statusCode, refused.type, refused.code, refused.param],
      [400, 'StripeInvalidRequestError', 'payment_method_unexpected_state', 'payment_method'],
    );
    assert.equal(refused.setup_intent?.status, 'requires_payment_method');
    await assertUnkept({ setup: refused.setup_intent as Stripe.SetupIntent });
  });
});
