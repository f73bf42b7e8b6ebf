// A shop that gives back what was paid.

import { beforeEach } from 'node:test';
import { openShop } from './payments.ts';

export const openRefunds = async () => {
  const shop = await openShop();
  const { paymentIntents } = shop.stripe;

  const paid = (amount = 5000, capture_method: 'automatic' | 'manual' = 'automatic') =>
    paymentIntents.create({
      amount,
      capture_method,
      currency: 'usd',
      confirm: true,
      payment_method: 'pm_card_visa',
    });

  beforeEach(async () => {
    await shop.happened();
  });
  return { ...shop, paid };
};
