// Somebody with the owner's rights changes what is stored, past every trigger. `tollgate verify` says so, and names the
// row: for each kind of damage here, one question of some module finds it.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { takeSnapshots } from '#books/ledger';
import { present } from '#kit/assert';
import { parseId } from '#kit/ids';
import { readSettings } from '../src/config.ts';
import { asOwner } from '../src/for-tests.ts';
import { silentLog } from '../src/kit/context/for-tests.ts';
import { allChecks } from '../src/modules.ts';
import { connect } from '../src/platform/db/connection.ts';
import { connectionSettings } from '../src/platform/db/for-tests.ts';
import { openRuntime } from '../src/runtime.ts';
import { verify } from '../src/verify.ts';
import { openContested } from './disputes/support.ts';
import { payPage, twoTeas } from './support/checkout.ts';
import { damagesOf } from './support/damages.ts';
import { environmentFor, temporaryData } from './support/gateway.ts';
import { waitUntil } from './support/writers.ts';
import { startSink } from './webhooks/sink.ts';

const { gateway, stripe, pay, disputeOf } = await openContested();
const { on } = gateway;
const sink = await startSink();
await stripe.webhookEndpoints.create({ url: sink.url, enabled_events: ['*'] });

const uuid = (id: string): string => present(parseId(id.split('_')[0] ?? '', id), id);
const { id: customer } = await stripe.customers.create({ name: 'Jenny' });
const paid = await pay('pm_card_visa', { customer, receipt_email: 'jenny@example.com' });
// Of what follows there are others.
await waitUntil('a first snapshot', 60_000, async () => {
  await takeSnapshots(gateway.context);
  return (await asOwner(on, 'select 1 as one from books.snapshots limit 1')).length > 0;
});
const taken = await pay('pm_card_visa', { capture_method: 'manual' });
await stripe.paymentIntents.capture(taken.intent.id, { amount_to_capture: 3_000 });
const held = await pay('pm_card_visa', { capture_method: 'manual' });
const given = await pay('pm_card_visa');
const refund = uuid((await stripe.refunds.create({ charge: given.charge, amount: 1_000 })).id);
const only = { amount: 900, currency: 'eur', source: 'tok_visa', capture: false } as const;
await stripe.refunds.create({ charge: (await stripe.charges.create(only)).id });
const dispute = uuid((await disputeOf(await pay('pm_card_createDispute'), 'needs_response')).id);
const orderedPayment = await pay('pm_card_visa', { order_reference: 'order-1' } as object);
const declined = await stripe.paymentIntents.create({ amount: 500, currency: 'eur' });
await assert.rejects(
  stripe.paymentIntents.confirm(declined.id, { payment_method: 'pm_card_visa_chargeDeclined' }),
);
const session = await stripe.checkout.sessions.create(twoTeas);
await payPage(gateway.ask)(session.id);
await waitUntil('the snapshots and the feed', 60_000, async () => {
  const [left] = await asOwner(
    on,
    `select (select count(*) from books.entries where position >= (select position from books.horizon))
          + (select count(*) from platform.outbox) + (select count(*) from outward.due_deliveries) as left`,
  );
  return left?.['left'] === 0n;
});

const charge = `'${uuid(paid.charge)}'`;
const intent = `'${uuid(paid.intent.id)}'`;
const heldCharge = `'${uuid(held.charge)}'`;
const heldIntent = `'${uuid(held.intent.id)}'`;
const refused = `'${uuid(declined.id)}'`;
const ordered = `'${uuid(orderedPayment.intent.id)}'`;

const owner = await connect(connectionSettings(on.ownerUrl));
after(() => owner.close());
const send = (text: string) => owner.send({ name: '', text });
await send('set session_replication_role = replica');
const checks = allChecks();

/** The names of the questions that are answered with rows. */
const findings = async (): Promise<string[]> => {
  const found: string[] = [];
  for (const { name, text } of checks) if ((await send(text)).length > 0) found.push(name);
  return found;
};

describe('what stands in the tables and was not written by the gateway is found', () => {
  test('and what it wrote itself is not', async () => {
    assert.deepEqual(await findings(), []);
  });

  for (const [what, sql, expected] of damagesOf({
    charge,
    intent,
    heldCharge,
    heldIntent,
    refused,
    ordered,
    refund,
    dispute,
  })) {
    test(what, async () => {
      await send('begin');
      try {
        const changed = await send(`${sql} returning 1`);
        assert.ok(changed.length > 0, 'Nothing was damaged');
        const found = await findings();
        assert.ok(
          found.some((name) => expected.test(name)),
          `Found: ${found.join('; ')}`,
        );
      } finally {
        await send('rollback');
      }
    });
  }
});

describe('what verify says', async () => {
  const runtime = await openRuntime(readSettings(environmentFor(on, temporaryData())), {
    log: silentLog,
    actor: { kind: 'system', id: 'tests' },
  });
  after(() => runtime.close());
  const damaged = async (sql: string, repair: string): Promise<readonly string[]> => {
    await asOwner(on, sql);
    try {
      return (await verify(runtime)).problems;
    } finally {
      await asOwner(on, repair);
    }
  };

  test('names a row as the API does and as it stands in its table, with what differs', async () => {
    const change = (by: string) =>
      `update payments.intents set amount = amount ${by} 1 where id = ${heldIntent}`;
    const problems = await damaged(change('+'), change('-'));
    assert.equal(problems.length, 1, problems.join('\n'));
    assert.match(
      problems[0] ?? '',
      new RegExp(
        `id ${held.intent.id} \\(${heldIntent.slice(1, -1)}\\), status 5, amount 5001, charged 5000`,
      ),
    );
  });

  test('names the questions that the database cannot answer, as over a damaged page, and asks the others', async () => {
    const change = (by: string) =>
      `update payments.intents set amount = amount ${by} 1 where id = ${heldIntent}`;
    const rename = (from: string, to: string) => `alter table outward.${from} rename to ${to}`;
    await asOwner(on, rename('receipt_numbers', 'gone'));
    const problems = await damaged(change('+'), change('-'));
    await asOwner(on, rename('gone', 'receipt_numbers'));
    const [unasked = [], others = []] = [true, false].map((isUnasked) =>
      problems.filter((problem) => problem.includes('could not be asked') === isUnasked),
    );
    assert.match(
      unasked[0] ?? '',
      /^outward\/notifications, whether .*: could not be asked, .*receipt_numbers/,
    );
    assert.equal(others.length, 1, others.join('\n'));
    assert.match(others[0] ?? '', /amount 5001/);
  });

  test('names the request whose stored answer was changed, removed, or given another status', async () => {
    const [row] = await asOwner(
      on,
      `select request_id, status from platform.answers
        where status = 200 and request_id in (select request_id from platform.events)
        order by created_at limit 1`,
    );
    const { request_id: request } = present(row, 'An answer') as { request_id: string };
    const where = `where request_id = '${request}'`;
    const flip = `update platform.answers set answer = set_byte(answer, 40, 255 - get_byte(answer, 40)) ${where}`;
    const [changed = ''] = await damaged(flip, flip);
    assert.match(changed, new RegExp(`the answer to ${request} does not open`));

    await asOwner(on, `create table public.kept as select * from platform.answers ${where}`);
    const [gone = ''] = await damaged(
      `delete from platform.answers ${where}`,
      'insert into platform.answers select * from public.kept',
    );
    assert.match(gone, new RegExp(`the answer to ${request} is gone before its time`));

    const status = (to: number) => `update platform.answers set status = ${to} ${where}`;
    const [other = ''] = await damaged(status(402), status(200));
    assert.match(
      other,
      new RegExp(`the answer to ${request} says no error, and its status is 402`),
    );
    assert.deepEqual((await verify(runtime)).problems, []);
  });
});
