// Payments whose bank did not answer: it is asked, or another one is where nothing was sent.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NotSent } from '#kit/http-client';
import { parseId } from '#kit/ids';
import { heardBy } from '#rails/connectors';
import { type Change, loadOfIntent, recordEvidence } from '#rails/operations';
import { operationListeners } from '../../src/modules.ts';
import { lostAfter, lostBefore, notSent } from '../../src/payments/intents/for-tests-bank.ts';
import { refusalOf } from '../support/stripe.ts';
import { openTwoBanks } from '../support/two-banks.ts';

const {
  gateway,
  merchant,
  stripe,
  happened,
  resolveUntil,
  first,
  second,
  held,
  statusOf,
  bookingOf,
} = await openTwoBanks();
const { paymentIntents, paymentMethods, charges } = stripe;

describe('a payment of which nobody knows', () => {
  const sale = { amount: 700, currency: 'eur', confirm: true, payment_method: 'pm_card_visa' };

  test('has succeeded as soon as the bank is asked and says so', async () => {
    first.next.push(lostAfter);
    const intent = await paymentIntents.create(sale);
    assert.equal(intent.status, 'processing');
    await happened();
    await resolveUntil(async () => (await statusOf(intent.id)) === 'succeeded');
    assert.deepEqual(await happened(), ['charge.succeeded', 'payment_intent.succeeded']);
    assert.equal(second.calls.length, 0);
  });

  test('has failed as soon as the bank is asked and has never heard of it', async () => {
    first.next.push(lostBefore);
    const intent = await paymentIntents.create(sale);
    await happened();
    await resolveUntil(async () => (await statusOf(intent.id)) === 'requires_payment_method');
    assert.deepEqual(await happened(), ['charge.failed', 'payment_intent.payment_failed']);
  });

  test('goes back when it was cancelled meanwhile and the bank had said yes', async () => {
    first.next.push(lostAfter);
    const intent = await paymentIntents.create(sale);
    const wished = await paymentIntents.cancel(intent.id);
    assert.equal(wished.status, 'processing');
    await happened();
    await resolveUntil(async () => (await statusOf(intent.id)) === 'canceled');
    assert.deepEqual(await happened(), [
      'charge.succeeded',
      'refund.created',
      'charge.refunded',
      'payment_intent.canceled',
    ]);
    const booking = bookingOf();
    assert.equal(booking?.refunded, 700n);
  });

  test('is canceled when it was cancelled meanwhile and the bank had never heard of it', async () => {
    first.next.push(lostBefore);
    const intent = await held();
    await paymentIntents.cancel(intent.id, { cancellation_reason: 'abandoned' });
    await resolveUntil(async () => (await statusOf(intent.id)) === 'canceled');
    const { cancellation_reason: reason } = await paymentIntents.retrieve(intent.id);
    assert.equal(reason, 'abandoned');
  });

  test('is voided when it was cancelled meanwhile and only held', async () => {
    first.next.push(lostAfter);
    const intent = await held();
    await paymentIntents.cancel(intent.id);
    await resolveUntil(async () => (await statusOf(intent.id)) === 'canceled');
    assert.equal(bookingOf()?.isVoided, true);
  });
});

describe('a second provider', () => {
  const sale = { amount: 900, currency: 'eur', confirm: true, payment_method: 'pm_card_visa' };

  test('is asked at once when nothing was sent to the first', async () => {
    first.next.push(notSent);
    const intent = await paymentIntents.create(sale);
    assert.equal(intent.status, 'succeeded');
    assert.deepEqual([first.calls.length, second.calls.length], [1, 1]);
    assert.deepEqual(await happened(), [
      'payment_intent.created',
      'charge.succeeded',
      'payment_intent.succeeded',
    ]);
    const { data } = await charges.list({ payment_intent: intent.id });
    assert.equal(data.length, 1);
  });

  for (const [how, end] of [
    ['says so', async () => ({ outcome: 'not_sent', code: 'refused' }) as const],
    ['throws', () => Promise.reject(new NotSent('refused'))],
  ] as const) {
    test(`is told the security code, of which the first ${how} that nothing left`, async () => {
      const codes: (string | undefined)[] = [];
      const look = async ({ cvc }: { readonly cvc: Buffer | null }) =>
        void codes.push(cvc?.toString());
      first.next.push((call) =>
        call.withCard(async (card) => {
          await look(card);
          return end();
        }),
      );
      second.next.push(async (call, truth) => {
        await call.withCard(look);
        return truth();
      });
      const { id } = await paymentMethods.create({
        type: 'card',
        card: { number: '4242424242424242', exp_month: 12, exp_year: 2034, cvc: '737' },
      });
      const { status } = await paymentIntents.create({ ...sale, payment_method: id });
      assert.deepEqual([status, codes], ['succeeded', ['737', '737']]);
      await happened();
    });
  }

  test('is not asked after a no', async () => {
    const refused = await refusalOf(
      paymentIntents.create({ ...sale, payment_method: 'pm_card_visa_chargeDeclined' }),
    );
    assert.equal(refused.code, 'card_declined');
    assert.equal(second.calls.length, 0);
  });

  for (const capture_method of ['automatic', 'manual'] as const) {
    test(`keeps its payment when the first had said yes after all: ${capture_method}`, async () => {
      // Its socket seemed not to have sent a byte, and it had.
      let reference = '';
      first.next.push(async (call, truth) => {
        reference = call.operation.reference;
        await truth();
        return { outcome: 'not_sent', code: 'refused' };
      });
      const intent = await paymentIntents.create({ ...sale, capture_method });
      const isManual = capture_method === 'manual';
      const expected = isManual ? 'requires_capture' : 'succeeded';
      assert.equal(intent.status, expected);
      await happened();

      const { scope } = merchant;
      const intentId = parseId('pi', intent.id) ?? '';
      const operations = await loadOfIntent(gateway.context, scope, intentId);
      const stray = operations.find((each) => each.reference === reference);
      assert.equal(stray?.state, 'not_sent');
      const heard = {
        operationId: stray.id,
        evidence: {
          kind: 'webhook' as const,
          sourceKey: `event of ${reference}`,
          says: { outcome: 'approved' as const, amount: 900n, currency: 'eur', reference },
        },
        writes: (change: Change) => heardBy(operationListeners, gateway.context, scope, change),
      };
      assert.equal((await recordEvidence(gateway.context, scope, heard)).ok, true);
      const isBack = async () => {
        const booking = first.book.get(reference);
        return booking?.isVoided === true || booking?.refunded === 900n;
      };
      await resolveUntil(isBack);

      assert.equal(await statusOf(intent.id), expected);
      const { data } = await charges.list({ payment_intent: intent.id });
      assert.equal(data.length, 2);
      const kept = data.find(({ id }) => id === intent.latest_charge);
      assert.deepEqual([kept?.status, kept?.amount_refunded], ['succeeded', 0]);
      await resolveUntil(async () => {
        const other = data.find(({ id }) => id !== intent.latest_charge);
        const now = await charges.retrieve(other?.id ?? '');
        return isManual ? first.book.get(reference)?.isVoided === true : now.refunded;
      });
      // A socket that lied is a person's business too, and stays so.
      gateway.errors.length = 0;
      // Heard again, nothing more goes back.
      assert.equal((await recordEvidence(gateway.context, scope, heard)).ok, true);
    });
  }
});
