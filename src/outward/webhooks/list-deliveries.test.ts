// Millions of deliveries may lie between two that are asked for: here some ten thousand do, and what is read is counted.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { Scope } from '#kit/context';
import { type Uuid, uuidAt } from '#kit/ids';
import { asOwner, type TestContext, testAccount, testContext } from '../../for-tests.ts';
import { allChecks } from '../../modules.ts';
import { analyzed, rowsRead } from '../../platform/db/for-tests-rows-read.ts';
import { type DeliveryFilter, listDeliveries, undeliveredEvents } from './list-deliveries.store.ts';

const COUNT = 30_000;
const NEWEST_MS = 1_700_000_000_000;
const [often, seldom, long] = ['a', 'b', 'c'].map((letter) => letter.repeat(8).padEnd(32, '0'));

let context: TestContext;
let scope: Scope;

const ever = { idFrom: uuidAt(0), idBefore: uuidAt(2 ** 48 - 1) };
const page = { eventId: null, endpointId: null, state: null, from: null, limit: 11 };
const spelled = (id = ''): Uuid => id.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
const list = (filter: Partial<DeliveryFilter>, on: TestContext = context) =>
  listDeliveries(on, scope, { ...ever, ...page, direction: 'older', ...filter });

/** Of each moment one, `n` the number of moments before the newest. */
const idsOf = (...numbers: number[]): string => `'{${numbers.join(',')}}'::integer[]`;

describe('among deliveries that were delivered', () => {
  before(async () => {
    context = await testContext();
    scope = await testAccount(context);
    const owner = (text: string) => asOwner(context.on, text);
    const own = `'${scope.accountId}'::uuid, false`;
    // One endpoint is told of all, another of three events, and the third was until it was disabled.
    await owner(
      `insert into outward.deliveries (account_id, livemode, id, endpoint_id, event_id, object_id, sequence,
                                       state, due_at, given_up)
       select ${own}, (moment || '7000' || right(md5(e.id::text || n), 16))::uuid, e.id::uuid,
              (moment || '7000' || lpad(n::text, 16, '0'))::uuid, gen_random_uuid(), 1,
              case when n = any(${idsOf(7, 15_000)}) then 3 when n = any(${idsOf(9, 16_000, 16_001)}) then 1 else 2 end,
              case when n = any(${idsOf(9, 16_000, 16_001)}) then now() end, n = any(${idsOf(7, 15_000)})
         from generate_series(${COUNT}, 1, -1) n
        cross join lateral (select lpad(to_hex(${NEWEST_MS} - n), 12, '0') as moment) at
        cross join lateral (
          values ('${often}'), (case when n in (15000, 16000, 22000) then '${seldom}' when n > 25000 then '${long}' end)
        ) as e(id) where e.id is not null`,
    );
    await owner(
      `insert into outward.webhook_endpoints (account_id, livemode, id, version, state, url, secrets, details)
       select ${own}, id::uuid, 1, 1, 'http://127.0.0.1:9', '', '{}' from unnest('{${[often, seldom, long].join()}}'::text[]) id`,
    );
    // Two are held, the others are due.
    await owner(
      `insert into outward.leases (id, until, accounts, modes, deliveries, endpoints)
       select gen_random_uuid(), now() + interval '1 hour', array_agg(account_id), array_agg(livemode),
              array_agg(id), array_agg(endpoint_id)
         from outward.deliveries where state = 1 and event_id < (select event_id from outward.deliveries where state = 1 order by id desc limit 1)
          and endpoint_id = '${often}'`,
    );
    await owner(
      `insert into outward.due_deliveries (account_id, livemode, id, endpoint_id, event_id, object_id, due_at)
       select account_id, livemode, id, endpoint_id, event_id, object_id, due_at from outward.deliveries d
        where state = 1 and not exists (select from outward.leases l where d.id = any(l.deliveries))`,
    );
    await owner(`select brin_summarize_new_values('outward.deliveries_endpoint')`);
    await analyzed(context.on);
  });

  const n = (eventId: Uuid): number =>
    NEWEST_MS - Number.parseInt(eventId.replaceAll('-', '').slice(0, 12), 16);
  const asked: [string, Partial<DeliveryFilter>, number[], number][] = [
    ['given up', { state: 'given_up' }, [7, 15_000, 15_000], 20],
    ['given up at an endpoint', { state: 'given_up', endpointId: spelled(seldom) }, [15_000], 20],
    ['waiting', { state: 'waiting' }, [9, 16_000, 16_000, 16_001], 60],
    ['waiting at an endpoint', { state: 'waiting', endpointId: spelled(seldom) }, [16_000], 60],
    ['of an endpoint', { endpointId: spelled(seldom) }, [15_000, 16_000, 22_000], 20_000],
    [
      'delivered to an endpoint',
      { endpointId: spelled(seldom), state: 'delivered' },
      [22_000],
      20_000,
    ],
    ['of an endpoint that nobody knows', { endpointId: spelled('d'.repeat(32)) }, [], 20_000],
  ];
  for (const [name, filter, expected, most] of asked) {
    test(`those ${name} are listed in both directions, page after page, without all others`, async () => {
      const all = await list(filter);
      assert.deepEqual(
        all.map(({ eventId }) => n(eventId)),
        expected,
      );
      assert.deepEqual(
        (await list({ ...filter, direction: 'newer' })).map(({ id }) => id),
        all.map(({ id }) => id).toReversed(),
      );
      for (const [at, { id }] of all.entries()) {
        assert.deepEqual(await list({ ...filter, from: id }), all.slice(at + 1));
        const newer = await list({ ...filter, from: id, direction: 'newer' });
        assert.deepEqual(newer.toReversed(), all.slice(0, at));
      }
      const [first] = all;
      if (first !== undefined) assert.deepEqual(await list({ ...filter, limit: 1 }), [first]);
      const rows = await rowsRead(context, (on) => list(filter, on));
      assert.ok(rows <= most, `${rows} rows were read`);
    });
  }

  test('those of an endpoint that was told of much long ago are listed all the same', async () => {
    const some = await list({ endpointId: spelled(long) });
    assert.deepEqual(
      some.map(({ eventId }) => n(eventId)),
      Array.from({ length: 11 }, (_, at) => 25_001 + at),
    );
  });

  test('an index knows by their endpoint the pages where the few are', async () => {
    const rows = await rowsRead(context, (on) =>
      on.database.read(scope, {
        name: '',
        text: `select outward.deliveries_of_endpoint('${scope.accountId}', false, '${spelled(seldom)}', '${ever.idFrom}', '${ever.idBefore}')`,
      }),
    );
    assert.ok(rows < COUNT / 2, `${rows} rows were read`);
  });

  test('the events of which somebody is to be told are known in their order', async () => {
    const events = async (direction: 'older' | 'newer', from: Uuid | null = null) => {
      const found: Uuid[] = [];
      for await (const some of undeliveredEvents(context, scope, { ...ever, direction, from }))
        found.push(...some);
      return found;
    };
    const all = await events('older');
    assert.deepEqual(all.map(n), [7, 9, 15_000, 16_000, 16_001]);
    assert.deepEqual(await events('newer'), all.toReversed());
    for (const [at, id] of all.entries()) {
      assert.deepEqual(await events('older', id), all.slice(at + 1));
      assert.deepEqual((await events('newer', id)).toReversed(), all.slice(0, at));
    }
  });

  test('those of others are shown to nobody', async () => {
    const mine = scope;
    scope = await testAccount(context);
    for (const [, filter] of asked) assert.deepEqual(await list(filter), []);
    const foreign = `'${mine.accountId}', false`;
    const all = `'${ever.idFrom}', '${ever.idBefore}'`;
    const ofEndpoint = `select outward.deliveries_of_endpoint(${foreign}, '${spelled(seldom)}', ${all})`;
    assert.deepEqual(await context.database.read(scope, { name: '', text: ofEndpoint }), []);
    const waiting = `select outward.waiting_deliveries(${foreign}, null, ${all}, true, 10)`;
    await assert.rejects(context.database.read(scope, { name: '', text: waiting }), /Not in scope/);
    scope = mine;
  });

  // PostgreSQL writes the new row beside the old one only where no index is told of what changed; one over pages
  // (brin) does not count.
  test('a delivery changes nothing in its row that an index knows, but for its having been given up', async () => {
    const rows = await asOwner(
      context.on,
      `select distinct a.attname as column from pg_index x
         join pg_class c on c.oid = x.indexrelid
         join pg_am m on m.oid = c.relam and m.amname <> 'brin'
         join pg_depend d on d.objid = x.indexrelid and d.refobjid = x.indrelid and d.refobjsubid > 0
         join pg_attribute a on a.attrelid = x.indrelid and a.attnum = d.refobjsubid
        where x.indrelid = 'outward.deliveries'::regclass`,
    );
    const known = new Set(rows.map(({ column }) => column));
    assert.ok(known.has('given_up') && known.has('endpoint_id'), 'The indexes are seen');
    const changed = ['state', 'attempts', 'due_at', 'tries', 'lease_epoch'];
    assert.deepEqual(
      changed.filter((column) => known.has(column)),
      [],
    );
  });

  test('one that was given up and is not found among them is told of by verify', async () => {
    const check = allChecks().find(({ name }) => name.startsWith('what was given up is found'));
    const ask = () => asOwner(context.on, check?.text ?? '');
    assert.deepEqual(await ask(), []);
    await asOwner(
      context.on,
      'update outward.deliveries set given_up = not given_up where state = 3',
    );
    assert.equal((await ask()).length, 3);
    await asOwner(
      context.on,
      'update outward.deliveries set given_up = not given_up where state = 3',
    );
  });
});
