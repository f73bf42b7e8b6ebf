// Twenty million events may lie between two that are asked for: here some thousands do, and what is read is counted.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { Scope } from '#kit/context';
import { newUuid, type Uuid } from '#kit/ids';
import { appendChange, type EventKind, gatherEventKinds, traceEvents } from '#platform/events';
import type { ApiRequest } from '#platform/http';
import { type TestContext, testAccount, testContext } from '../../for-tests.ts';
import { manualClock } from '../../kit/context/for-tests.ts';
import { analyzed, rowsRead } from '../db/for-tests-rows-read.ts';
import { nobodyIsOwed } from './for-tests.ts';
import { eventRoutes } from './routes.ts';

const kind = (code: number, type: string): EventKind => ({
  code,
  type,
  object: 'thing',
  renderer: 1,
  renderers: { 1: (snapshot) => ({ object: { ...snapshot } }) },
});
// As payments that are paid at once tell them, and others.
const created = kind(201, 'payment_intent.created');
const succeeded = kind(205, 'payment_intent.succeeded');
const charged = kind(221, 'charge.succeeded');
const refunded = kind(226, 'charge.refunded');
const made = kind(241, 'refund.created');
const never = kind(222, 'charge.failed');
const kinds = gatherEventKinds([created, succeeded, charged, refunded, made, never]);
const routes = eventRoutes(kinds, nobodyIsOwed);

const clock = manualClock();
const MINUTE_MS = 60_000;
let context: TestContext;
let scope: Scope;
let first: Uuid;

const change = (objectId: Uuid, sequence: number, ...of: EventKind[]) => {
  const cause = { requestId: 'req_1', idempotencyKey: null };
  return appendChange(context, {
    scope,
    objectId,
    sequence,
    kinds: of,
    snapshot: { n: sequence },
    request: cause,
  });
};
const pay = async (count: number): Promise<void> => {
  for (let n = 0; n < count; n += 50) {
    const paid = Array.from({ length: 50 }, () => newUuid(context));
    await context.database.commit(
      scope,
      paid.flatMap((id) => [change(id, 1, created), change(id, 2, charged, succeeded)]),
    );
    clock.advance(MINUTE_MS);
  }
};

type List = { data: { id: string; type: string }[]; has_more: boolean };
const list = async (parameters: object, on: TestContext = context): Promise<List> => {
  const found = routes.find((route) => route.operation === 'events.list');
  assert.ok(found);
  const request = { scope, parameters, path: {}, url: '/v1/events' } as unknown as ApiRequest;
  return (await found.handle(on, request)).body as List;
};

describe('what seldom happens', () => {
  before(async () => {
    context = await testContext({ clock });
    scope = await testAccount(context);
    first = newUuid(context);
    await context.database.commit(scope, [
      change(first, 1, created),
      change(first, 2, charged, succeeded),
    ]);
    await pay(1_500);
    await context.database.commit(scope, [change(newUuid(context), 1, refunded, made)]);
    await pay(1_500);
    // Months later, as it were.
    await context.database.commit(scope, [
      change(first, 4, refunded),
      change(newUuid(context), 1, made),
    ]);
    await pay(100);
    await analyzed(context.on);
  });

  const asked: readonly [string, object, string[]][] = [
    ['one type', { type: 'charge.refunded' }, ['charge.refunded', 'charge.refunded']],
    ['a beginning', { type: 'refund.*' }, ['refund.created', 'refund.created']],
    [
      'several types',
      { types: ['refund.created', 'charge.refunded', 'charge.failed'] },
      ['refund.created', 'charge.refunded', 'refund.created', 'charge.refunded'],
    ],
    ['a type that never was', { type: 'charge.failed' }, []],
    ['a type that nobody knows', { type: 'charge.eaten' }, []],
  ];
  for (const [name, parameters, expected] of asked) {
    test(`is listed by ${name} in order, page after page in both directions`, async () => {
      const all = (await list({ ...parameters, limit: 100 })).data;
      assert.deepEqual(all.map(({ type }) => type).toSorted(), expected.toSorted());
      assert.deepEqual(
        all.map(({ id }) => id),
        all.map(({ id }) => id).toSorted((a, b) => (a < b ? 1 : -1)),
      );
      const older: string[] = [];
      for (let after: string | undefined, more = true; more && older.length <= all.length; ) {
        const page = await list({
          ...parameters,
          limit: 1,
          ...(after ? { starting_after: after } : {}),
        });
        older.push(...page.data.map(({ id }) => id));
        after = older.at(-1);
        more = page.has_more;
      }
      assert.deepEqual(
        older,
        all.map(({ id }) => id),
      );
      const last = all.at(-1);
      if (last === undefined) return;
      const newer = await list({ ...parameters, ending_before: last.id, limit: 100 });
      assert.deepEqual(newer.data, all.slice(0, -1));
    });

    test(`is found by ${name} without looking through what always happens`, async () => {
      const rows = await rowsRead(context, (on) => list(parameters, on));
      assert.ok(rows <= 20, `${rows} rows were read`);
    });
  }

  test('is shown to nobody outside of its account', async () => {
    const mine = scope;
    scope = await testAccount(context);
    assert.deepEqual((await list({ type: 'charge.refunded' })).data, []);
    const foreign = context.database.read(scope, {
      name: '',
      text: `select platform.changes_of_rare_kinds('${mine.accountId}', false, '{226}', null,
          '00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff', true, 10)`,
    });
    await assert.rejects(foreign, /Not in scope/);
    scope = mine;
  });

  test('is told of an object whenever it happened, and nothing after its last event is looked through', async () => {
    const trace = (on: TestContext, count: number) =>
      traceEvents(on, scope, kinds, { objectId: first, count });
    const told = (await trace(context, 4)).map(({ details }) => details['type']);
    assert.deepEqual(
      told,
      [created, charged, succeeded, refunded].map(({ type }) => type),
    );
    for (const count of [3, 4, 9]) {
      const rows = await rowsRead(context, (on) => trace(on as TestContext, count));
      // Those of the first minute, if one is missing.
      assert.ok(rows <= 250, `${rows} rows were read for ${count}`);
    }
  });
});
