// What the bank says it settled, and what of it nobody here knows.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { present } from '#kit/assert';
import { explainLine, listLines } from '#rails/connectors';
import { asOwner, testAccount } from '../../src/for-tests.ts';
import { allChecks } from '../../src/modules.ts';
import { testConnectorAccount } from '../../src/rails/connectors/for-tests.ts';
import { hearOfSettlements } from '../../src/rails/connectors/hear-of-settlements.ts';
import { loadSettlementFeed } from '../../src/rails/connectors/settlement-feeds.store.ts';
import { controlOf } from '../sandbox/support/control.ts';
import { charge, connectGateway } from '../sandbox/support/gateway.ts';
import { bookMovements } from '../support/book-movements.ts';
import { newWorld } from './support/world.ts';

const world = await newWorld({
  timeoutMs: 2_000,
  settings: ({ ports }) => ({
    settlement_url: `http://127.0.0.1:${ports.control}/acquirer/settlements`,
  }),
});
const { context, scope, rails, bank } = world;
const control = controlOf(bank.ports.control);
const stranger = await connectGateway(bank.ports.acquirer);
after(() => stranger.close());

const settle = (): Promise<unknown> => control.send('POST', '/cut-over', {});
const hear = async (): Promise<void> => {
  await asOwner(context.on, `update rails.settlement_feeds set due_at = now() - interval '1 hour'`);
  while ((await hearOfSettlements(rails.parts, context)) > 0);
};
const lines = (onlyForPerson = false) => listLines(context, scope, { onlyForPerson, limit: 100 });
const [unexplained, sharedAccounts] = [
  /^what a provider settled and nobody knew/,
  /two that share one account/,
].map((words) => allChecks().find(({ name }) => words.test(name)));
const learned = () =>
  asOwner(context.on, `select says ->> 'outcome' as said from rails.evidence where kind = 4`);

test('a line fits the payment, the capture or the refund that it names, and each is kept once', async () => {
  const sale = await world.pay({ amount: 5_000n });
  await world.follow('refund', sale.operation.id, { amount: 1_200n });
  const request = world.payment(await world.card());
  const held = await world.send({ kind: 'authorize', amount: 900n, request });
  await world.follow('capture', held.operation.id, { amount: 800n });
  await bookMovements(context);
  await settle();
  await hear();
  const found = (await lines()).map(({ row, state }) => `${row.kind} ${row.gross} ${state}`);
  const wanted = ['payment 5000 fits', 'payment 800 fits', 'refund -1200 fits'];
  assert.deepEqual(new Set(found), new Set(wanted));
  assert.equal(found.length, wanted.length);
  assert.deepEqual(await learned(), []);
  assert.equal((await loadSettlementFeed(context, scope, world.account))?.cursor, '1');
  // As if the cursor had been lost with a backup: the same lines are the same.
  await asOwner(context.on, 'update rails.settlement_feeds set cursor = null');
  await hear();
  assert.equal((await lines()).length, 3);
});

test('a line that says yes to a no is evidence, and a person is told', async () => {
  const paid = await world.pay({ amount: 1_500n });
  await asOwner(context.on, `alter table rails.evidence disable trigger user`);
  await asOwner(context.on, `update rails.evidence set says = $2::json where operation_id = $1`, [
    paid.operation.id,
    JSON.stringify({ outcome: 'declined', code: 'generic_decline' }),
  ]);
  await asOwner(context.on, 'update rails.operations set state = 4 where id = $1', [
    paid.operation.id,
  ]);
  await asOwner(context.on, `alter table rails.evidence enable trigger user`);
  await settle();
  await hear();
  assert.deepEqual(await learned(), [{ said: 'approved' }]);
  const [operation] = await asOwner(
    context.on,
    'select alerts, needs_review from rails.operations where id = $1',
    [paid.operation.id],
  );
  assert.deepEqual(operation, { alerts: ['contradiction'], needs_review: true });
});

test('a line that names nothing waits for a person, who explains it', async () => {
  const strange = charge(1, { amount: 300 });
  const fields = { ...strange.fields, 32: '12345', 42: 'MERCHANT0000001', 49: '978' };
  await stranger.ask({ ...strange, fields });
  await settle();
  await hear();
  const [line, ...others] = await lines(true);
  const { id, row } = present(line, 'a line');
  assert.deepEqual([row.gross, others], [300n, []]);
  const given = { id, explanation: 'the till in the shop', atMs: context.clock.now() };
  assert.deepEqual(await context.database.commit(scope, [explainLine(scope, given)]), { ok: true });
  assert.equal((await context.database.commit(scope, [explainLine(scope, given)])).ok, false);
  assert.deepEqual(await lines(true), []);
});

test('a bank that is away is asked again from where it was', async () => {
  const paid = await world.pay({ amount: 700n });
  await settle();
  await asOwner(
    context.on,
    `update rails.connector_accounts set settings =
       (settings::jsonb || '{"settlement_url":"http://127.0.0.1:1/none"}')::json`,
  );
  await hear();
  const feed = present(await loadSettlementFeed(context, scope, world.account), 'the feed');
  assert.deepEqual([feed.cursor, feed.failures], ['3', 1]);
  const address = `http://127.0.0.1:${bank.ports.control}/acquirer/settlements`;
  await asOwner(
    context.on,
    `update rails.connector_accounts set settings =
       (settings::jsonb || jsonb_build_object('settlement_url', $1::text))::json`,
    [address],
  );
  await hear();
  const [last] = await lines();
  assert.deepEqual([last?.row.reference, last?.state], [paid.operation.reference, 'fits']);
});

test('what was settled before its answer was heard goes to clearing as if it had been heard', async () => {
  bank.setFaults([{ id: 'lost', kind: 'hang', times: 1, when: { mti: '0200' } }]);
  const lost = await world.pay({ amount: 650n });
  assert.equal(lost.operation.state, 'unknown');
  await settle();
  await hear();
  const counted = await asOwner(
    context.on,
    `select o.state, e.direction, e.amount, e.business_day = m.stored_at::date as is_its_day
       from rails.operations o
       join rails.card_messages m on m.operation_id = o.id and m.part = 0
       left join rails.clearing_entries e on e.operation_id = o.id and e.stan = m.stan and e.rrn = m.rrn
      where o.id = $1`,
    [lost.operation.id],
  );
  assert.deepEqual(counted, [{ state: 3, direction: 1, amount: 650n, is_its_day: true }]);
});

test('what a merchant sold at an account that another merchant shares is named once, with whose it is, and booked nowhere else', async () => {
  const other = await testAccount(context);
  const settings = {
    host: '127.0.0.1',
    port: bank.ports.acquirer,
    profile: 'sandbox-ascii',
    acquirer_id: '12345',
    terminal_id: 'TERM0001',
    merchant_id: 'MERCHANT0000001',
    merchant_category: '5999',
    settlement_url: `http://127.0.0.1:${bank.ports.control}/acquirer/settlements`,
  };
  const sharing = await testConnectorAccount(context, rails, other, {
    connector: 'direct',
    settings,
  });
  const before = (await lines()).length;
  await world.pay({ amount: 7_700n });
  await settle();
  await hear();
  assert.equal((await lines()).length, before + 1);
  const heard = await listLines(context, other, { onlyForPerson: true, limit: 100 });
  const ours = heard.filter(({ row }) => row.reference?.startsWith('op_'));
  assert.ok(ours.some(({ row }) => row.gross === 7_700n));
  assert.deepEqual(
    await asOwner(context.on, 'select 1 from rails.operations where account_id = $1', [
      other.accountId,
    ]),
    [],
  );
  const [found, ...more] = await asOwner(context.on, present(sharedAccounts, 'a check').text);
  assert.deepEqual(more, []);
  assert.partialDeepStrictEqual(found, {
    account_id: other.accountId,
    connector_account_id: sharing,
    paid_account_id: scope.accountId,
    paid_connector_account_id: world.account,
    lines: ours.length,
  });
  // What is known to be another's is not named once more, line by line.
  const unknown = await asOwner(context.on, present(unexplained, 'a check').text);
  const strangers = heard.filter(({ row }) => row.reference?.startsWith('op_') !== true);
  assert.equal(unknown.length, strangers.length);
});
