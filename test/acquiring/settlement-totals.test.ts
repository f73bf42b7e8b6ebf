// What payments made finance expect, against what the bank then says it settled: every cent of both is told.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseId, spellId, type Uuid } from '#kit/ids';
import { compareSettlements, settlementsOf, totalsOf } from '#rails/connectors';
import { asOwner } from '../../src/for-tests.ts';
import { hearOfSettlements } from '../../src/rails/connectors/hear-of-settlements.ts';
import { operationKinds } from '../../src/rails/operations/operation.ts';
import { openContested, type Paid } from '../disputes/support.ts';

const { gateway, merchant, stripe, bank, pay, until, disputeOf } = await openContested({
  settles: true,
});
const { context, rails } = gateway;
const DAY_MS = 86_400_000;
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

test('what disputes move is settled as expected, each by its own name, also two of one payment', async () => {
  const contest = async ({ intent }: Paid, amount: number): Promise<void> => {
    const [sale] = await asOwner(
      gateway.on,
      'select reference from rails.operations where intent_id = $1 and kind = $2',
      [parseId('pi', intent.id), operationKinds.sale],
    );
    const asked = { reference: sale?.['reference'], reason: 'fraudulent', amount_minor: amount };
    assert.equal((await bank.send('POST', '/disputes', asked)).status, 200);
  };
  const fought = await pay('pm_card_visa', { amount: 3_000 });
  await contest(fought, 3_000);
  const { id } = await disputeOf(fought, 'needs_response');
  await stripe.disputes.update(id, { evidence: { uncategorized_text: 'winning_evidence' } });
  const twice = await pay('pm_card_visa', { amount: 2_000 });
  await contest(twice, 500);
  await contest(twice, 500);
  await until(async () => {
    const { data } = await stripe.disputes.list({ charge: twice.charge });
    return data.length === 2 ? data : undefined;
  });
  await until(async () => {
    const [dispute] = await asOwner(
      gateway.on,
      'select provider_id as name from payments.disputes where id = $1',
      [parseId('du', id)],
    );
    const at = `/acquirer/disputes/${String(dispute?.['name'])}`;
    const { status } = await bank.get<{ status: string }>(at);
    return status === 'under_review' ? status : undefined;
  });
  await bank.advance(DAY_MS);
  await disputeOf(fought, 'won');

  await settle();
  const { totals, listed } = await told();
  const { count, gross } = totals.expectedByKind.get('chargeback') ?? {};
  assert.deepEqual([count, gross], [3, -4_000n]);
  assert.equal(totals.expectedByKind.get('chargeback_reversal')?.gross, 3_000n);
  assert.deepEqual([listed.open, listed.different], [[], []]);
  // What a dispute costs is told by its line alone.
  assert.deepEqual([...totals.unexpectedByKind.keys()], ['fee']);
  assert.equal(totals.settled.net, await linesNet());
});

test('and so are the lines that came before their names were read', async () => {
  const unname = `update rails.settlement_lines set line = (line::jsonb || '{"providerId":null}')::json
                   where kind like 'chargeback%' returning id`;
  assert.equal((await asOwner(gateway.on, unname)).length, 4);
  assert.equal((await told()).listed.open.length, 4);
  const name = '../../src/rails/connectors/migrations/0012-lines-of-disputes.sql';
  await asOwner(gateway.on, readFileSync(new URL(name, import.meta.url), 'utf8'));
  const { listed } = await told();
  assert.deepEqual([listed.open, listed.different], [[], []]);
});
