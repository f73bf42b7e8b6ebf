// Somebody with the owner's rights changes what is stored, past every trigger. `tollgate verify` says so, and names the
// row: for each kind of damage here, one question of some module finds it.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { present } from '#kit/assert';
import { parseId } from '#kit/ids';
import { readSettings } from '../src/config.ts';
import { asOwner } from '../src/for-tests.ts';
import { silentLog } from '../src/kit/context/for-tests.ts';
import { modules } from '../src/modules.ts';
import { connect } from '../src/platform/db/connection.ts';
import { connectionSettings } from '../src/platform/db/for-tests.ts';
import { openRuntime } from '../src/runtime.ts';
import { verify } from '../src/verify.ts';
import { openContested } from './disputes/support.ts';
import { payPage, twoTeas } from './support/checkout.ts';
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
const taken = await pay('pm_card_visa', { capture_method: 'manual' });
await stripe.paymentIntents.capture(taken.intent.id, { amount_to_capture: 3_000 });
const held = await pay('pm_card_visa', { capture_method: 'manual' });
const given = await pay('pm_card_visa');
const refund = uuid((await stripe.refunds.create({ charge: given.charge, amount: 1_000 })).id);
const dispute = uuid((await disputeOf(await pay('pm_card_createDispute'), 'needs_response')).id);
const ordered = await pay('pm_card_visa', { order_reference: 'order-1' } as object);
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
const operation = `(select operation_id from payments.charges where id = ${charge})`;

const doubled = 'amounts = array(select 2 * a from unnest(amounts) a)';

type Damage = readonly [what: string, sql: string, found: RegExp];

const ledger: readonly Damage[] = [
  [
    'a capture twice as large',
    `update books.entries set ${doubled} where subject = ${charge}`,
    /^what charges have captured/,
  ],
  [
    'a capture that is gone',
    `delete from books.entries where subject = ${charge}`,
    /^what charges have captured/,
  ],
  [
    'a capture in another currency',
    `update books.entries set currency = 'usd' where subject = ${charge}`,
    /^what charges have captured/,
  ],
  [
    'a refund twice as large',
    `update books.entries set ${doubled} where subject = '${refund}'`,
    /^what refunds have given back/,
  ],
  [
    'a refund that is gone',
    `delete from books.entries where subject = '${refund}'`,
    /^what refunds have given back/,
  ],
  [
    'a withdrawal that is gone',
    `delete from books.entries where subject = '${dispute}'`,
    /^what disputes hold/,
  ],
  [
    'a day on which money becomes available',
    `update books.entries set available_at = available_at + interval '9 days' where subject = ${charge}`,
    /^what is pending is released when/,
  ],
  [
    'a balance',
    'update books.latest_snapshots set balances[1] = balances[1] + 1',
    /^the snapshots hold/,
  ],
  [
    'a snapshot',
    'update books.snapshots set balances[1] = balances[1] + 1',
    /^the newest snapshot/,
  ],
  [
    'what matures',
    'update books.maturing set amount = amount + 1',
    /^what is pending is what will be released/,
  ],
  [
    'what a provider is expected to settle',
    'update books.expectations set gross = gross + 1',
    /is expected to settle$/,
  ],
];

const payments: readonly Damage[] = [
  [
    'the amount of a charge',
    `update payments.charges set amount = amount + 1 where id = ${charge}`,
    /^every charge that succeeded/,
  ],
  [
    'what a charge captured',
    `update payments.charges set captured = captured - 1 where id = ${charge}`,
    /^what charges have captured/,
  ],
  [
    'what a charge reserved',
    `update payments.charges set capturing = 1 where id = ${heldCharge}`,
    /^what is reserved for a capture/,
  ],
  [
    'the currency of a charge',
    `update payments.charges set currency = 'usd' where id = ${charge}`,
    /^every charge is of an intent/,
  ],
  [
    'the operation of a charge',
    `update payments.charges set operation_id = (select operation_id from payments.charges where id = ${heldCharge}) where id = ${charge}`,
    /^every charge that succeeded/,
  ],
  [
    'the provider of a charge',
    `update payments.charges set connector_account_id = id where id = ${charge}`,
    /^every charge that succeeded/,
  ],
  [
    'a charge that is gone',
    `delete from payments.charges where id = ${heldCharge}`,
    /^what was paid, or is held/,
  ],
  [
    'the amount of an intent',
    `update payments.intents set amount = amount + 1 where id = ${intent}`,
    /^what was paid, or is held/,
  ],
  [
    'the currency of an intent',
    `update payments.intents set currency = 'usd' where id = ${intent}`,
    /^every charge is of an intent/,
  ],
  [
    'what an intent received',
    `update payments.intents set received = received - 1 where id = ${intent}`,
    /^an intent has received/,
  ],
  [
    'what can be captured',
    `update payments.intents set capturable = capturable - 1 where id = ${heldIntent}`,
    /^what can be captured/,
  ],
  [
    'a payment called canceled',
    `update payments.intents set status = 7, capturable = 0 where id = ${heldIntent}`,
    /^nothing is held/,
  ],
  [
    'a payment called paid',
    `update payments.intents set status = 6, received = amount where id = ${refused}`,
    /^what was paid was told/,
  ],
  [
    'a payment that is gone',
    `delete from payments.intents where id = ${intent}`,
    /^every charge is of an intent/,
  ],
  ['a customer that is gone', 'delete from cards.customers', /^whose money it is/],
  ['a merchant that is gone', 'delete from identity.accounts', /^whose money it is/],
  [
    'an order that is forgotten',
    `update payments.intents set order_reference = null where id = '${uuid(ordered.intent.id)}'`,
    /^an order that is registered by a payment/,
  ],
  [
    'an order that is another',
    `update payments.orders set owner_id = ${intent}`,
    /^every payment of an order/,
  ],
  [
    'an order called that of a session',
    'update payments.orders set kind = 2',
    /^an order that is registered by a session/,
  ],
  [
    'the amount of a refund',
    `update payments.refunds set amount = amount + 1`,
    /^every refund has its operation/,
  ],
  [
    'a refund called failed',
    'update payments.refunds set status = 4',
    /^every refund has its operation/,
  ],
  [
    'a refund of another charge',
    `update payments.refunds set charge_id = ${charge}`,
    /^a refund is of a charge/,
  ],
  [
    'the amount of a dispute',
    'update payments.disputes set amount = amount + 1',
    /^while a dispute is undecided/,
  ],
  [
    'the currency of a dispute',
    `update payments.disputes set currency = 'usd'`,
    /^what disputes hold/,
  ],
  ['a dispute that is gone', 'delete from payments.disputes', /^what disputes hold/],
  [
    'a dispute of another charge',
    `update payments.disputes set charge_id = ${charge}`,
    /^a dispute is of a charge/,
  ],
  [
    'the amount of a session',
    'update commerce.checkout_sessions set amount = amount + 1',
    /^a complete session/,
  ],
  [
    'the currency of a session',
    `update commerce.checkout_sessions set currency = 'usd'`,
    /^a complete session/,
  ],
];

const rails: readonly Damage[] = [
  [
    'an operation called declined',
    `update rails.operations set state = 4 where id = ${operation}`,
    /^every end of an operation/,
  ],
  [
    'the amount of an operation',
    `update rails.operations set amount = amount + 1 where id = ${operation}`,
    /^what is called approved/,
  ],
  [
    'the currency of an operation',
    `update rails.operations set currency = 'usd' where id = ${operation}`,
    /^what is called approved/,
  ],
  [
    'the payment of an operation',
    `update rails.operations set intent_id = ${refused}, attempt = 9 where id = ${operation}`,
    /^every charge that succeeded/,
  ],
  [
    'an operation that is gone',
    `delete from rails.operations where id = ${operation}`,
    /^every charge that succeeded/,
  ],
  [
    'what a provider said',
    `update rails.evidence set says = (says::jsonb || '{"amount": "1"}')::json where operation_id = ${operation}`,
    /^what is called approved/,
  ],
  [
    'an account at a provider that is gone',
    'delete from rails.connector_accounts',
    /^what was sent to a provider/,
  ],
  [
    'what goes to clearing',
    'update rails.clearing_entries set amount = amount + 1',
    /^what goes to clearing/,
  ],
];

const told: readonly Damage[] = [
  [
    'an event that is gone',
    `delete from platform.events where object_id = ${intent} and sequence > 1`,
    /^the last event of an intent/,
  ],
  [
    'an event over another amount',
    `update platform.events set snapshot = replace(snapshot::text, '5000', '5001')::json where object_id = ${intent}`,
    /^what was paid was told/,
  ],
  [
    'a delivery of another event',
    `update outward.deliveries set event_id = ${intent}`,
    /^a delivery is of an event/,
  ],
  ['a place in the feed that is gone', 'delete from outward.feed where position = 2', /feed/],
  [
    'a place in the feed of no event',
    `update outward.feed set event_id = ${intent} where position = 2`,
    /^the feed tells of events/,
  ],
];

const owner = await connect(connectionSettings(on.ownerUrl));
after(() => owner.close());
const send = (text: string) => owner.send({ name: '', text });
await send('set session_replication_role = replica');
const checks = modules.flatMap((module) => module.checks ?? []);

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

  for (const [what, sql, expected] of [...ledger, ...payments, ...rails, ...told]) {
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

  test('names the request whose stored answer was changed, exchanged, or given another status', async () => {
    const [row] = await asOwner(
      on,
      `select request_id, status from platform.answers where status = 200 order by created_at limit 1`,
    );
    const { request_id: request } = present(row, 'An answer') as { request_id: string };
    const where = `where request_id = '${request}'`;
    const flip = `update platform.answers set answer = set_byte(answer, 40, 255 - get_byte(answer, 40)) ${where}`;
    const [changed = ''] = await damaged(flip, flip);
    assert.match(changed, new RegExp(`the answer to ${request} does not open`));

    const status = (to: number) => `update platform.answers set status = ${to} ${where}`;
    const [other = ''] = await damaged(status(402), status(200));
    assert.match(
      other,
      new RegExp(`the answer to ${request} says no error, and its status is 402`),
    );
    assert.deepEqual((await verify(runtime)).problems, []);
  });
});
