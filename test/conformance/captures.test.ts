import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type Stripe from 'stripe';
import { parseId } from '#kit/ids';
import { heardBy } from '#rails/connectors';
import { type Change, loadOfIntent, recordEvidence } from '#rails/operations';
import { asOwner } from '../../src/for-tests.ts';
import { operationListeners } from '../../src/modules.ts';
import {
  lostAfter,
  lostBefore,
  says,
  testBank,
} from '../../src/payments/intents/for-tests-bank.ts';
import { assertHealthy } from '../support/health.ts';
import { openShop } from '../support/payments.ts';
import { refusalOf } from '../support/stripe.ts';
import { openTwoBanks } from '../support/two-banks.ts';

const { gateway, merchant, stripe, happened, resolveUntil, first, held, statusOf, bookingOf } =
  await openTwoBanks();
const { paymentIntents, charges } = stripe;

describe('an authorization', () => {
  test('holds the money, and a capture takes it', async () => {
    const intent = await held();
    assert.deepEqual(
      [intent.status, intent.amount_capturable, intent.amount_received],
      ['requires_capture', 5000, 0],
    );
    const charge = await charges.retrieve(String(intent.latest_charge));
    assert.deepEqual([charge.status, charge.captured, charge.paid], ['succeeded', false, true]);
    assert.deepEqual(await happened(), [
      'payment_intent.created',
      'charge.succeeded',
      'payment_intent.amount_capturable_updated',
    ]);

    const captured = await paymentIntents.capture(intent.id);
    assert.deepEqual(
      [captured.status, captured.amount_capturable, captured.amount_received],
      ['succeeded', 0, 5000],
    );
    assert.deepEqual(await happened(), ['charge.captured', 'payment_intent.succeeded']);
    const again = await refusalOf(paymentIntents.capture(intent.id));
    assert.match(again.message, /because it has already been captured/);
  });

  test('may be captured in part, and the rest is released', async () => {
    const intent = await held();
    const captured = await paymentIntents.capture(intent.id, { amount_to_capture: 2000 });
    assert.deepEqual(
      [captured.status, captured.amount_capturable, captured.amount_received],
      ['succeeded', 0, 2000],
    );
    const charge = await charges.retrieve(String(intent.latest_charge));
    assert.deepEqual(
      [charge.amount, charge.amount_captured, charge.amount_refunded],
      [5000, 2000, 0],
    );
  });

  test('is captured by as much as an `amount` says, which is what shops’ plugins send', async () => {
    const intent = await held();
    const capture = (form: string) =>
      gateway.ask('POST', `/v1/payment_intents/${intent.id}/capture`, { key: merchant.key, form });
    const both = await capture('amount=2000&amount_to_capture=2001');
    assert.equal(both.status, 400);
    const { body } = await capture('amount=2000&expand[]=charges.data.balance_transaction');
    assert.deepEqual([body.status, body.amount_received], ['succeeded', 2000]);
    assert.equal(body.charges.data[0].balance_transaction.amount, 2000);
  });

  test('may be captured more than once where that was asked for, and never beyond it', async () => {
    const intent = await held({
      payment_method_options: { card: { request_multicapture: 'if_available' } },
    });
    const part = await paymentIntents.capture(intent.id, {
      amount_to_capture: 2000,
      final_capture: false,
    });
    assert.deepEqual([part.status, part.amount_capturable], ['requires_capture', 3000]);
    const charge = await charges.retrieve(String(part.latest_charge));
    assert.deepEqual([charge.captured, charge.amount_captured], [false, 2000]);
    assert.deepEqual(await happened(), [
      'payment_intent.created',
      'charge.succeeded',
      'payment_intent.amount_capturable_updated',
      'charge.updated',
      'payment_intent.amount_capturable_updated',
    ]);
    const beyond = await refusalOf(paymentIntents.capture(intent.id, { amount_to_capture: 3001 }));
    assert.equal(beyond.param, 'amount_to_capture');
    const rest = await paymentIntents.capture(intent.id);
    assert.deepEqual([rest.status, rest.amount_received], ['succeeded', 5000]);
    assert.deepEqual(await happened(), ['charge.captured', 'payment_intent.succeeded']);
    assert.equal((await charges.retrieve(charge.id)).captured, true);
    assert.equal(bookingOf()?.captured, 5000n);
  });

  test('is captured and given back in amounts that its currency has', async () => {
    const { id } = await held({
      currency: 'kwd',
      payment_method_options: { card: { request_multicapture: 'if_available' } },
    });
    for (const amount_to_capture of [1, 1005]) {
      const refusal = await refusalOf(paymentIntents.capture(id, { amount_to_capture }));
      assert.deepEqual([refusal.statusCode, refusal.param], [400, 'amount_to_capture']);
      assert.equal(refusal.message, 'Invalid amount: amounts in kwd must be multiples of 10.');
    }
    await paymentIntents.capture(id, { amount_to_capture: 1010 });
    for (const amount of [1, 1005]) {
      const refusal = await refusalOf(stripe.refunds.create({ payment_intent: id, amount }));
      assert.deepEqual([refusal.statusCode, refusal.param], [400, 'amount']);
    }
    const refund = await stripe.refunds.create({ payment_intent: id });
    assert.deepEqual([refund.status, refund.amount], ['succeeded', 1010]);
  });

  test('is captured in no more parts than the books have room for, and what is left is let go', async () => {
    const { id } = await held({
      payment_method_options: { card: { request_multicapture: 'if_available' } },
    });
    const part = { amount_to_capture: 10, final_capture: false };
    await paymentIntents.capture(id, part);
    const tried = (captures: number) =>
      asOwner(
        gateway.on,
        `update payments.charges set details = (details::jsonb || jsonb_build_object('captures', $2::int))::json
          where intent_id = $1`,
        [parseId('pi', id), captures],
      );
    // Tries that came to nothing take no place.
    await tried(1000);
    for (let parts = 2; parts <= 256; parts += 1) {
      assert.equal((await paymentIntents.capture(id, part)).amount_received, parts * 10);
    }
    const refusal = await refusalOf(paymentIntents.capture(id, part));
    assert.deepEqual([refusal.statusCode, refusal.param], [400, 'amount_to_capture']);
    const rest = await paymentIntents.capture(id, { amount_to_capture: 0, final_capture: true });
    assert.deepEqual([rest.status, rest.amount_received], ['succeeded', 2560]);
  });

  describe('of which a part was captured', () => {
    const inPart = async () => {
      const { id } = await held({
        payment_method_options: { card: { request_multicapture: 'if_available' } },
      });
      await paymentIntents.capture(id, { amount_to_capture: 2000, final_capture: false });
      await happened();
      return id;
    };
    const ways = {
      'by a capture of nothing': (id: string) =>
        paymentIntents.capture(id, {
          amount_to_capture: 0,
          final_capture: true,
          metadata: { sent: 'one of two' },
        }),
      'by cancelling': (id: string) => paymentIntents.cancel(id),
    };

    for (const [way, release] of Object.entries(ways)) {
      test(`is paid with that part when the rest is let go ${way}`, async () => {
        const id = await inPart();
        const paid = await release(id);
        assert.deepEqual(
          [paid.status, paid.amount_received, paid.amount_capturable, paid.canceled_at],
          ['succeeded', 2000, 0, null],
        );
        const charge = await charges.retrieve(String(paid.latest_charge));
        assert.deepEqual([charge.captured, charge.amount_captured], [true, 2000]);
        assert.deepEqual(await happened(), ['charge.captured', 'payment_intent.succeeded']);
        assert.deepEqual([bookingOf()?.captured, bookingOf()?.amount], [2000n, 2000n]);
        await refusalOf(paymentIntents.capture(id));
        await refusalOf(paymentIntents.cancel(id));
      });

      test(`is processing while nobody knows whether the rest was let go ${way}`, async () => {
        const id = await inPart();
        first.next.push(lostAfter);
        assert.equal((await release(id)).status, 'processing');
        await resolveUntil(async () => (await statusOf(id)) === 'succeeded');
        assert.equal((await paymentIntents.retrieve(id)).amount_received, 2000);
      });
    }

    test('is given back as far as it was captured, and is refunded when all of that is', async () => {
      const id = await inPart();
      const { charge } = await stripe.refunds.create({ payment_intent: id });
      assert.equal((await charges.retrieve(String(charge))).refunded, false);
      assert.equal(await statusOf(id), 'requires_capture');
      await ways['by cancelling'](id);
      assert.equal((await charges.retrieve(String(charge))).refunded, true);
    });

    test('keeps the rest when its bank will not let go of it', async () => {
      const id = await inPart();
      first.next.push(says({ outcome: 'declined', code: 'not_permitted' }));
      assert.equal((await refusalOf(ways['by cancelling'](id))).code, 'cancel_declined');
      const { status, amount_capturable: rest } = await paymentIntents.retrieve(id);
      assert.deepEqual([status, rest], ['requires_capture', 3000]);
    });
  });

  test('is not let go by a capture of nothing', async () => {
    const intent = await held();
    const asked = { amount_to_capture: 0 };
    assert.equal(
      (await refusalOf(paymentIntents.capture(intent.id, asked))).code,
      'amount_too_small',
    );
  });

  test('is captured once where its provider can do no more', async () => {
    const once = testBank('once', {
      operations: {
        authorize: { recovery: [], timeoutMs: 5_000 },
        capture: { recovery: [], timeoutMs: 5_000, partial: true },
        void: { recovery: [], timeoutMs: 5_000 },
      },
    });
    const shop = await openShop([once]);
    const intent = await shop.stripe.paymentIntents.create({
      amount: 5000,
      currency: 'eur',
      confirm: true,
      capture_method: 'manual',
      payment_method: 'pm_card_visa',
      payment_method_options: {
        card: {
          request_multicapture: 'if_available',
          request_incremental_authorization: 'if_available',
        },
      },
      expand: ['latest_charge'],
    });
    const { card } = (intent.latest_charge as Stripe.Charge).payment_method_details ?? {};
    assert.deepEqual(
      [card?.multicapture?.status, card?.incremental_authorization?.status],
      ['unavailable', 'unavailable'],
    );
    const more = { amount_to_capture: 1, final_capture: false };
    const refused = await refusalOf(shop.stripe.paymentIntents.capture(intent.id, more));
    assert.equal(refused.param, 'final_capture');
    const raising = shop.stripe.paymentIntents.incrementAuthorization(intent.id, { amount: 6000 });
    assert.equal((await refusalOf(raising)).code, 'payment_intent_unexpected_state');
  });

  test('is released by cancelling', async () => {
    const intent = await held();
    await happened();
    const canceled = await paymentIntents.cancel(intent.id, { cancellation_reason: 'duplicate' });
    assert.deepEqual(
      [canceled.status, canceled.cancellation_reason, canceled.amount_capturable],
      ['canceled', 'duplicate', 0],
    );
    assert.deepEqual(await happened(), ['payment_intent.canceled']);
    assert.equal(bookingOf()?.isVoided, true);
    const again = await refusalOf(paymentIntents.cancel(intent.id));
    assert.match(again.message, /because it has a status of canceled\. Only a PaymentIntent with/);
  });

  test('stands as before when the bank refuses the capture', async () => {
    const intent = await held();
    first.next.push(says({ outcome: 'declined', code: 'not_permitted' }));
    const refused = await refusalOf(paymentIntents.capture(intent.id));
    assert.equal(refused.statusCode, 402);
    assert.equal(await statusOf(intent.id), 'requires_capture');
    assert.equal((await paymentIntents.capture(intent.id)).status, 'succeeded');
  });

  test('whose capture is not known is processing until it is', async () => {
    const intent = await held();
    first.next.push(lostAfter);
    const asked = await paymentIntents.capture(intent.id);
    assert.equal(asked.status, 'processing');
    const withKey = { idempotencyKey: `cancel ${intent.id}` };
    const canceling = await refusalOf(paymentIntents.cancel(intent.id, {}, withKey));
    assert.deepEqual(
      [canceling.statusCode, canceling.code, canceling.payment_intent?.status],
      [409, 'payment_intent_outcome_unknown', 'processing'],
    );
    assert.match(canceling.message, /its capture is under way/);
    await resolveUntil(async () => (await statusOf(intent.id)) === 'succeeded');
    assert.equal(bookingOf()?.captured, 5000n);
    // It was no answer to keep: the same key is told what is true now.
    const late = await refusalOf(paymentIntents.cancel(intent.id, {}, withKey));
    assert.equal(late.code, 'payment_intent_unexpected_state');
  });

  describe('that its bank takes back before its time', () => {
    const takeBack = async (id: string): Promise<void> => {
      const { context } = gateway;
      const { scope } = merchant;
      const operations = await loadOfIntent(context, scope, parseId('pi', id) ?? '');
      const recorded = await recordEvidence(context, scope, {
        operationId: operations[0]?.id ?? '',
        evidence: { kind: 'webhook', says: { outcome: 'reversed' } },
        writes: (change: Change) => heardBy(operationListeners, context, scope, change),
      });
      assert.equal(recorded.ok, true);
    };
    const goneAtBank = () => first.next.push(says({ outcome: 'declined', code: 'not_permitted' }));

    test('ends its payment, as when its days are over', async () => {
      const { id, latest_charge: charge } = await held();
      await happened();
      goneAtBank();
      await takeBack(id);
      await resolveUntil(async () => (await statusOf(id)) === 'canceled');
      assert.equal((await paymentIntents.retrieve(id)).cancellation_reason, 'expired');
      assert.deepEqual(await happened(), ['charge.expired', 'payment_intent.canceled']);
      const refused = await refusalOf(paymentIntents.capture(id));
      assert.equal(refused.code, 'payment_intent_unexpected_state');
      assert.equal((await charges.retrieve(String(charge))).captured, false);
      await assertHealthy(gateway.on);
    });

    test('leaves what was captured of it', async () => {
      const { id } = await held({
        payment_method_options: { card: { request_multicapture: 'if_available' } },
      });
      await paymentIntents.capture(id, { amount_to_capture: 2000, final_capture: false });
      goneAtBank();
      await takeBack(id);
      await resolveUntil(async () => (await statusOf(id)) === 'succeeded');
      assert.equal((await paymentIntents.retrieve(id)).amount_received, 2000);
      await assertHealthy(gateway.on);
    });

    test('ends its payment once the capture that is under way has come to nothing', async () => {
      const { id } = await held();
      first.next.push(lostBefore);
      await paymentIntents.capture(id);
      await takeBack(id);
      assert.equal(await statusOf(id), 'processing');
      goneAtBank();
      await resolveUntil(async () => (await statusOf(id)) === 'canceled');
      await assertHealthy(gateway.on);
    });
  });

  test('is either captured or released, whatever races', async () => {
    for (let round = 0; round < 8; round += 1) {
      const intent = await held();
      const outcomes = await Promise.allSettled([
        paymentIntents.capture(intent.id),
        paymentIntents.cancel(intent.id),
        paymentIntents.capture(intent.id, { amount_to_capture: 1 }),
        paymentIntents.cancel(intent.id),
      ]);
      const won = outcomes.filter(({ status }) => status === 'fulfilled');
      assert.equal(won.length, 1);
      const booking = bookingOf();
      assert.ok(booking);
      assert.equal(booking.isVoided, booking.captured === 0n);
      const { status, amount_received: received } = await paymentIntents.retrieve(intent.id);
      assert.equal(status, booking.isVoided ? 'canceled' : 'succeeded');
      assert.equal(BigInt(received), booking.captured);
    }
  });
});
