// Payments whose payer has to be asked who they are. Who asks is another module; here a test does.

import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { parseId } from '#kit/ids';
import { goOn, provideAuthentication } from '#payments/intents';
import { asOwner } from '../../src/for-tests.ts';
import { openShop } from '../support/payments.ts';
import { proof } from '../support/proof.ts';
import { refusalOf } from '../support/stripe.ts';

const { gateway, stripe, bank, merchant, happened, resolveUntil } = await openShop();
const { paymentIntents } = stripe;
provideAuthentication(gateway.context, async () => ({
  ok: false,
  why: 'challenge',
  url: 'https://issuer.test/challenge',
}));

const order = {
  amount: 1200,
  currency: 'eur',
  confirm: true,
  payment_method: 'pm_card_visa',
  return_url: 'https://shop.test/back',
} as const;
const idOf = (spelled: string): string => parseId('pi', spelled) ?? '';

beforeEach(async () => {
  await happened();
  bank.calls.length = 0;
});

describe('a payer who has to be asked', () => {
  test('is sent there, and the payment goes on when they are back', async () => {
    const intent = await paymentIntents.create(order);
    assert.equal(intent.status, 'requires_action');
    assert.deepEqual(intent.next_action, {
      redirect_to_url: {
        return_url: 'https://shop.test/back',
        url: 'https://issuer.test/challenge',
      },
      type: 'redirect_to_url',
    });
    assert.equal(bank.calls.length, 0);
    assert.deepEqual(await happened(), [
      'payment_intent.created',
      'payment_intent.requires_action',
    ]);

    const proven = { ok: true, authentication: proof } as const;
    const both = await Promise.all([
      goOn(gateway.context, merchant.scope, idOf(intent.id), proven),
      goOn(gateway.context, merchant.scope, idOf(intent.id), proven),
    ]);
    assert.ok(both.some(({ status }) => status === 'succeeded'));
    assert.equal(bank.calls.length, 1);
    const paid = await paymentIntents.retrieve(intent.id, { expand: ['latest_charge'] });
    const charge = paid.latest_charge;
    assert.ok(charge !== null && typeof charge === 'object');
    assert.equal(charge.payment_method_details?.card?.three_d_secure?.result, 'authenticated');
  });

  test('and fails, leaves a payment that may be tried again', async () => {
    const intent = await paymentIntents.create(order);
    await happened();
    const after = await goOn(gateway.context, merchant.scope, idOf(intent.id), { ok: false });
    assert.equal(after.status, 'requires_payment_method');
    const { last_payment_error: error } = await paymentIntents.retrieve(intent.id);
    assert.equal(error?.code, 'payment_intent_authentication_failure');
    assert.deepEqual(await happened(), ['payment_intent.payment_failed']);
  });

  test('and is not there, is refused and never asked', async () => {
    const refusal = await refusalOf(paymentIntents.create({ ...order, off_session: true }));
    assert.deepEqual(
      [refusal.statusCode, refusal.code, refusal.decline_code],
      [402, 'authentication_required', 'authentication_required'],
    );
    const strict = await refusalOf(
      paymentIntents.create({ ...order, error_on_requires_action: true }),
    );
    assert.equal(strict.decline_code, 'authentication_not_handled');
    for (const [param, early] of [
      ['off_session', { ...order, confirm: false, off_session: true }],
      ['return_url', { ...order, confirm: false, return_url: 'https://shop.test/back' }],
    ] as const) {
      const said = await refusalOf(paymentIntents.create(early));
      assert.deepEqual(
        [said.param, said.message],
        [
          param,
          `The parameter \`${param}\` cannot be passed when creating a PaymentIntent unless \`confirm\` is set to true.`,
        ],
      );
    }
    assert.equal(bank.calls.length, 0);
  });
});

describe('an authorization that nobody captured', () => {
  test('ends by time, and is released at the bank', async () => {
    const intent = await paymentIntents.create({ ...order, capture_method: 'manual' });
    await goOn(gateway.context, merchant.scope, idOf(intent.id), {
      ok: true,
      authentication: null,
    });
    await happened();
    await asOwner(
      gateway.on,
      `update payments.intents set due_at = now() - interval '1 second' where due_at is not null`,
    );
    await resolveUntil(
      async () => (await paymentIntents.retrieve(intent.id)).status === 'canceled',
    );
    const ended = await paymentIntents.retrieve(intent.id);
    assert.equal(ended.cancellation_reason, 'expired');
    assert.deepEqual(await happened(), ['charge.expired', 'payment_intent.canceled']);
    assert.equal([...bank.book.values()].at(-1)?.isVoided, true);
  });
});
