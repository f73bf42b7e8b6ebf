// Two who want to do different things with the same money at the same moment, at a bank over the real link.
// One of them is refused or told the truth; what the bank's journal and our books then say is asked at the end.

import assert from 'node:assert/strict';
import Stripe from 'stripe';
import { controlOf } from '../sandbox/support/control.ts';
import { atOnce } from '../support/at-once.ts';
import {
  assertOneStory,
  hearingOfDisputes,
  hearOfDisputes,
  openTown,
  resolveAll,
} from './support.ts';

const AT_ONCE = 16;

const order = { amount: 5_000, currency: 'eur', payment_method: 'pm_card_visa' } as const;

/** Another request is at it, here or at the bank. */
const passing = new Set(['lock_timeout', 'payment_intent_outcome_unknown']);

/** What was done; a refusal is one that says so, and nothing else may come. */
const settle = async <T>(...asked: Promise<T>[]): Promise<T[]> => {
  const done: T[] = [];
  for (const each of await Promise.allSettled(asked)) {
    if (each.status === 'fulfilled') {
      done.push(each.value);
      continue;
    }
    assert.ok(each.reason instanceof Stripe.errors.StripeError, String(each.reason));
    const { statusCode, code } = each.reason;
    assert.ok(statusCode === 400 || passing.has(code ?? ''), each.reason.message);
  }
  return done;
};

export const open = async () => {
  const { bank, gateway, merchant, stripe } = await openTown();
  const { paymentIntents, refunds } = stripe;
  const holder = controlOf(bank.ports.control);

  const referenceOf = async (id: string): Promise<string> => {
    const { body } = await gateway.ask('GET', `/v1/payment_intents/${id}/trace`, {
      key: merchant.key,
    });
    return body.operations[0].reference;
  };

  /** The bank refuses to charge back what it sees refunded, and nothing else. */
  const contest = async (reference: string, amount?: number): Promise<void> => {
    const { status } = await holder.send('POST', '/disputes', {
      reference,
      ...(amount === undefined ? {} : { amount_minor: amount }),
    });
    assert.ok(status === 200 || status === 409, String(status));
  };

  const captureAndCancel = (rounds: number) =>
    atOnce(rounds, AT_ONCE, async () => {
      const { id } = await paymentIntents.create({
        ...order,
        confirm: true,
        capture_method: 'manual',
      });
      const done = await settle(
        paymentIntents.capture(id),
        paymentIntents.cancel(id),
        paymentIntents.capture(id, { amount_to_capture: 4_000 }),
      );
      const { status, amount_received: received } = await paymentIntents.retrieve(id);
      assert.ok(done.length >= 1);
      assert.ok(status === 'succeeded' || status === 'canceled', status);
      assert.equal(status === 'canceled', received === 0);
    });

  const refundAndRefund = (rounds: number) =>
    atOnce(rounds, AT_ONCE, async () => {
      const { id } = await paymentIntents.create({ ...order, confirm: true });
      const done = await settle(
        refunds.create({ payment_intent: id, amount: 3_000 }),
        refunds.create({ payment_intent: id, amount: 3_000 }),
        refunds.create({ payment_intent: id, amount: 2_000 }),
        refunds.create({ payment_intent: id, amount: 2_000 }),
      );
      const given = done.reduce((sum, { amount }) => sum + amount, 0);
      assert.ok(given > 0 && given <= 5_000, String(given));
      const charge = await stripe.charges.list({ payment_intent: id });
      assert.equal(charge.data[0]?.amount_refunded, given);
    });

  const confirmAndCancel = (rounds: number) =>
    atOnce(rounds, AT_ONCE, async () => {
      const { id } = await paymentIntents.create(order);
      const done = await settle(
        paymentIntents.confirm(id),
        paymentIntents.cancel(id),
        paymentIntents.confirm(id),
      );
      assert.ok(done.length >= 1);
      const { status } = await paymentIntents.retrieve(id);
      assert.ok(['succeeded', 'canceled', 'processing'].includes(status), status);
    });

  const refundAndChargeback = async (rounds: number) => {
    // Refunds whose answer takes a while, so that a chargeback is heard of while they are on their way.
    bank.setFaults([
      { id: 'late', kind: 'slow', delayMs: 150, when: { mti: '0200', probability: 0.3 } },
    ]);
    await hearingOfDisputes(gateway.on, () =>
      atOnce(rounds, AT_ONCE, async (round) => {
        const isInPart = round % 2 === 0;
        const { id } = await paymentIntents.create({ ...order, confirm: true });
        const reference = await referenceOf(id);
        await Promise.all([
          settle(
            refunds.create({ payment_intent: id, amount: 3_000 }),
            refunds.create({ payment_intent: id, amount: 2_000 }),
          ),
          isInPart ? contest(reference, 2_500) : contest(reference),
        ]);
      }),
    );
    bank.setFaults([]);
    await hearOfDisputes(bank, gateway.on);
  };

  /** Of every payment; how many there were. */
  const tellOneStory = async (): Promise<number> => {
    await resolveAll(gateway.on);
    const payments = await assertOneStory(bank, gateway.on);
    assert.deepEqual(await bank.checkBooks(), []);
    for await (const intent of paymentIntents.list({ limit: 100 })) {
      assert.ok(intent.status === 'succeeded' || intent.status === 'canceled', intent.status);
    }
    return payments;
  };

  return {
    captureAndCancel,
    refundAndRefund,
    confirmAndCancel,
    refundAndChargeback,
    tellOneStory,
  };
};

export type RacesSide = Awaited<ReturnType<typeof open>>;
