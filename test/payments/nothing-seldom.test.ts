// What a payment leaves that is paid at once, as most are, enters none of the indexes in which the others are
// found: each would cost every payment something. `docs/results/payments.md` has what a payment costs.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asOwner } from '../../src/for-tests.ts';
import { openShop } from '../support/payments.ts';

/** The tables in whose indexes rare rows stand, and the condition by which they do. */
const conditionsOf = async (on: Parameters<typeof asOwner>[0]): Promise<[string, string][]> => {
  const rows = await asOwner(
    on,
    `select indrelid::regclass::text as table, pg_get_expr(indpred, indrelid) as condition
       from pg_index where indexrelid in ('platform.events_later'::regclass, 'platform.events_rare'::regclass,
                                          'books.entries_rare'::regclass, 'payments.charges_transfer_group'::regclass)`,
  );
  return rows.map((row) => [String(row['table']), String(row['condition'])]);
};

test('A payment that is paid at once enters no index of what is seldom; a refund and a hold do', async () => {
  const { stripe, gateway } = await openShop();
  const { on } = gateway;
  const conditions = await conditionsOf(on);
  assert.equal(conditions.length, 4);
  const entered = async (): Promise<number> => {
    let sum = 0;
    for (const [table, condition] of conditions) {
      // Two moments of one payment may lie on both sides of where a minute of ids ends.
      if (condition.includes('uuid_send')) continue;
      const [row] = await asOwner(
        on,
        `select count(*)::integer as rows from ${table} where ${condition}`,
      );
      sum += Number(row?.['rows']);
    }
    return sum;
  };
  const before = await entered();
  const sale = {
    amount: 1200,
    currency: 'eur',
    payment_method: 'pm_card_visa',
    confirm: true,
  } as const;
  const back = { automatic_payment_methods: { enabled: true, allow_redirects: 'never' } } as const;
  const { id } = await stripe.paymentIntents.create({ ...sale, ...back });
  const { id: later } = await stripe.paymentIntents.create({ ...sale, ...back, confirm: false });
  await stripe.paymentIntents.confirm(later);
  assert.equal(await entered(), before);
  await stripe.refunds.create({ payment_intent: id });
  assert.ok((await entered()) > before);
});
