import assert from 'node:assert/strict';
import { test } from 'node:test';
import type Stripe from 'stripe';
import { setFeeRules } from '#books/fees';
import { openShop } from '../support/payments.ts';

const { stripe, gateway, merchant } = await openShop();

/** What was paid with a card, and what of it the merchant pays, part by part. */
const feesOf = async (card: string): Promise<(readonly [string | null, number])[]> => {
  const paid = await stripe.paymentIntents.create({
    amount: 10_000,
    currency: 'eur',
    confirm: true,
    payment_method: card,
    expand: ['latest_charge.balance_transaction'],
  });
  const charge = paid.latest_charge as Stripe.Charge;
  const { fee, fee_details, net } = charge.balance_transaction as Stripe.BalanceTransaction;
  assert.equal(
    fee,
    fee_details.reduce((sum, { amount }) => sum + amount, 0),
  );
  assert.equal(net, 10_000 - fee);
  return fee_details.map(({ description, amount }) => [description, amount]);
};

test('a payment costs what the rules say of where its card comes from, and of its funding', async () => {
  const set = await setFeeRules(gateway.context, merchant.scope, {
    known: { methods: [], brands: [] },
    rules: [
      {
        group: 'processing',
        description: 'Processing',
        occasion: 'payment',
        passThrough: true,
        interchangePpm: { credit: 3_000, debit: 2_000 },
        schemePpm: 1_200,
        ratePpm: 2_500,
      },
      {
        group: 'abroad',
        description: 'A card from abroad',
        occasion: 'payment',
        home: 'US',
        when: { origins: ['region', 'international'] },
        ratePpm: 15_000,
      },
    ],
  });
  assert.equal(set.ok, true);
  const passed = (interchange: number) => [
    ['Interchange', interchange],
    ['Scheme fees', 12],
    ['Processing', 25],
  ];
  assert.deepEqual(await feesOf('pm_card_visa'), passed(30));
  assert.deepEqual(await feesOf('pm_card_visa_debit'), passed(20));
  assert.deepEqual(await feesOf('pm_card_gb'), [...passed(30), ['A card from abroad', 150]]);
});
