// A shop that pays at the first of two banks, and at the second where nothing went to the first.

import { beforeEach } from 'node:test';
import { testBank } from '../../src/payments/intents/for-tests-bank.ts';
import { openShop } from './payments.ts';

export const openTwoBanks = async () => {
  const first = testBank('first');
  const second = testBank('second');
  const shop = await openShop([first, second]);
  const { paymentIntents } = shop.stripe;

  const held = (more: object = {}) =>
    paymentIntents.create({
      amount: 5000,
      currency: 'eur',
      confirm: true,
      capture_method: 'manual',
      payment_method: 'pm_card_visa',
      ...more,
    });
  const statusOf = async (id: string): Promise<string> =>
    (await paymentIntents.retrieve(id)).status;
  const bookingOf = (bank = first) => [...bank.book.values()].at(-1);

  beforeEach(async () => {
    await shop.happened();
    first.calls.length = 0;
    second.calls.length = 0;
  });
  return { ...shop, first, second, held, statusOf, bookingOf };
};
