// What payments made finance expect, against what the bank then says it settled: every cent of both is told.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { spellId, type Uuid } from '#kit/ids';
import { compareSettlements, settlementsOf, totalsOf } from '#rails/connectors';
import { asOwner } from '../../src/for-tests.ts';
import { hearOfSettlements } from '../../src/rails/connectors/hear-of-settlements.ts';
import { operationKinds } from '../../src/rails/operations/operation.ts';
import { openContested } from '../disputes/support.ts';

const { gateway, merchant, stripe, bank, pay } = await openContested({ settles: true });
const { context, rails } = gateway;
const always = { fromMs: null, toMs: null };

const settle = async (): Promise<void> => {
  await bank.send('POST', '/cut-over', {});
  await asOwner(gateway.on, `update rails.settlement_feeds set due_at = now() - interval '1 hour'`);
  while ((await hearOfSettlements(rails.parts, context)) > 0);
};
const compare = () => compareSettlements(context, merchant.scope);

/** Of both sides: a total is what it is made of, and what is listed is what is counted. */
const told = async () => {
  const comparison = await compare();
  const [totals, ...others] = totalsOf(comparison, always);
  assert.ok(totals);
  assert.deepEqual(others, []);
  const { expected, asExpected, different, open, settled, unexpectedByKind } = totals;
  const sum = (of: Iterable<{ readonly count: number; readonly gross: bigint }>) =>
    [...of].reduce<readonly [number, bigint]>(
      ([count, gross], each) => [count + each.count, gross + each.gross],
      [0, 0n],
    );
  assert.deepEqual(sum([expected]), sum([asExpected, different, open]));
  assert.deepEqual(sum([expected]), sum(totals.expectedByKind.values()));
  const sources = [totals.settledOfThen, totals.settledOfOtherTimes, ...unexpectedByKind.values()];
  assert.deepEqual(sum([settled]), sum(sources));
  assert.equal(totals.settledOfThen.gross, asExpected.gross + different.settled);
  assert.equal(settled.gross - settled.fee, settled.net);
  const listed = settlementsOf(comparison, always);
  const grossOf = (each: typeof listed.open) =>
    each.reduce((all, { expectation }) => all + expectation.gross, 0n);
  assert.deepEqual([listed.open.length, grossOf(listed.open)], [open.count, open.gross]);
  assert.deepEqual(
    [listed.different.length, grossOf(listed.different)],
    [different.count, different.gross],
  );
  return { totals, listed };
};

/** Where the report's last line says what was settled in all. */
const linesNet = async (): Promise<unknown> => {
  const [row] = await asOwner(
    gateway.on,
    `select sum((line->>'net')::bigint)::bigint as net from rails.settlement_lines where kind <> 'payout'`,
  );
  return row?.['net'];
};

test('what was paid, captured in part and refunded is settled as expected, once the bank has settled it', async () => {
  await pay('pm_card_visa');
  const held = await pay('pm_card_visa', { capture_method: 'manual' });
  await stripe.paymentIntents.capture(held.intent.id, { amount_to_capture: 1_900 });
  const { intent } = await pay('pm_card_visa', { amount: 8_000 });
  await stripe.refunds.create({ payment_intent: intent.id, amount: 700 });

  const before = await told();
  assert.deepEqual([before.totals.open.count, before.totals.open.gross], [4, 14_200n]);
  assert.equal(before.totals.settled.count, 0);

  await settle();
  const { totals, listed } = await told();
  assert.deepEqual([totals.asExpected.count, totals.asExpected.gross], [4, 14_200n]);
  assert.deepEqual([listed.open, listed.different, listed.unexpected], [[], [], []]);
  assert.equal(totals.settled.net, await linesNet());
});

test('what came after the cut-over is open, and only in its own time', async () => {
  const fromMs = context.clock.now();
  await pay('pm_card_visa', { amount: 1_234 });
  const { totals } = await told();
  assert.deepEqual([totals.open.count, totals.open.gross], [1, 1_234n]);
  const comparison = await compare();
  const [since] = totalsOf(comparison, { fromMs, toMs: null });
  assert.deepEqual(
    [since?.expected.gross, since?.open.gross, since?.settled.count],
    [1_234n, 1_234n, 0],
  );
  const [until] = totalsOf(comparison, { fromMs: null, toMs: fromMs - 1 });
  assert.deepEqual([until?.expected.gross, until?.open.gross], [14_200n, 0n]);
});

test('a line that names what was held, or has a name of the provider alone, is of what was captured', async () => {
  const rename = (change: string, reference: string) =>
    asOwner(
      gateway.on,
      `update rails.settlement_lines set line = (line::jsonb || ${change})::json
        where line->>'reference' = $1 and kind = 'payment' returning id`,
      [reference],
    );
  // As Stripe names it, where a capture has no reference of its own.
  const [capture] = await asOwner(
    gateway.on,
    `select c.reference as captured, h.reference as held from rails.operations c
       join rails.operations h on h.intent_id = c.intent_id and h.kind = $1 where c.kind = $2`,
    [operationKinds.authorize, operationKinds.capture],
  );
  const held = JSON.stringify({ reference: capture?.['held'] });
  assert.equal((await rename(`'${held}'::jsonb`, String(capture?.['captured']))).length, 1);
  const [sale] = await asOwner(
    gateway.on,
    `insert into rails.evidence (account_id, livemode, operation_id, id, kind, at, says)
     select account_id, livemode, id, gen_random_uuid(), 1, now(), '{"outcome":"approved","providerId":"pi_1"}'
       from rails.operations where kind = $1 limit 1 returning operation_id`,
    [operationKinds.sale],
  );
  const reference = spellId('op', String(sale?.['operation_id']) as Uuid);
  const strange = `'{"reference":null,"providerId":"pi_1"}'::jsonb`;
  assert.equal((await rename(strange, reference)).length, 1);
  const { totals, listed } = await told();
  assert.equal(totals.asExpected.gross, 14_200n);
  assert.deepEqual(listed.unexpected, []);
});
