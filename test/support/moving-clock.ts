// A shop on a clock that the test moves: what ends, comes due and becomes available by time, without waiting.

import assert from 'node:assert/strict';
import type Stripe from 'stripe';
import { openShop } from './payments.ts';
import { pause } from './writers.ts';

export const openOnMovingClock = async () => {
  const shop = await openShop(undefined, { movableClock: true });
  const { gateway, merchant, stripe } = shop;

  const advance = async (days: number): Promise<void> => {
    const { status, text } = await gateway.ask('POST', '/v1/test_helpers/clock', {
      key: merchant.key,
      form: `advance=${Math.round(days * 86_400)}`,
    });
    assert.equal(status, 200, text);
  };

  const pay = (more: Partial<Stripe.PaymentIntentCreateParams> = {}) =>
    stripe.paymentIntents.create({
      amount: 2_000,
      currency: 'eur',
      payment_method: 'pm_card_visa',
      automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
      confirm: true,
      ...more,
    });
  return { ...shop, advance, pay };
};

export const until = async <T>(look: () => Promise<T | undefined | false>): Promise<T> => {
  for (let tries = 0; tries < 2_400; tries += 1) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await pause(25);
  }
  throw new Error('It did not come.');
};
