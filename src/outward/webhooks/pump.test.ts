// What is told, and what is noted of it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Unavailable } from '#kit/failure';
import { uuidAt } from '#kit/ids';
import { handOn } from '#platform/events';
import { asOwner } from '../../for-tests.ts';
import { loadDeliveriesOf } from './deliveries.store.ts';
import {
  created,
  endpointOf,
  happen,
  kinds,
  listeners,
  until,
  updated,
  world,
} from './for-tests-pump.ts';
import { listDeliveries } from './list-deliveries.store.ts';

describe('a delivery', () => {
  test('stands where its event does, and is found by it', async () => {
    const { context, always, pump, scope, allDelivered } = await world();
    always(200);
    for (let n = 0; n < 2; n += 1) await endpointOf(context, scope);
    for (let n = 0; n < 3; n += 1) {
      await happen(context, scope, 1, { sequence: 1 + 2 * n, kinds: [created, updated] });
    }
    await handOn(context, listeners);
    await until('that all are told', async () => {
      await pump.round(context, kinds);
      return allDelivered();
    });
    const ever = { idFrom: uuidAt(0), idBefore: uuidAt(2 ** 48 - 1) };
    const filter = { endpointId: null, eventId: null, state: null } as const;
    const list = { ...ever, ...filter, from: null, limit: 20 };
    const all = await listDeliveries(context, scope, { ...list, direction: 'newer' });
    assert.deepEqual(
      all.map(({ sequence }) => sequence),
      [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6],
    );
    const events = all.map(({ eventId }) => eventId);
    const ofOne = { ...list, eventId: events[2] ?? null, direction: 'newer' } as const;
    assert.deepEqual(await listDeliveries(context, scope, ofOne), all.slice(2, 4));
    assert.deepEqual(await loadDeliveriesOf(context, scope, events.slice(2, 3)), all.slice(2, 4));
  });

  test('is told at once by the worker that owes it, and nothing of its lease is left', async () => {
    const { context, pump, scope, always, all, count, allDelivered } = await world();
    await endpointOf(context, scope);
    always(200, 'thank you');
    await happen(context, scope, 2);
    await handOn(context, listeners);
    await until('both are delivered', allDelivered);
    await pump.idle(context);
    assert.deepEqual(
      (await all()).map(({ attempts, tries }) => [attempts, tries[0]?.answer]),
      [
        [1, 'thank you'],
        [1, 'thank you'],
      ],
    );
    assert.deepEqual([await count('due_deliveries'), await count('leases')], [0, 0]);
  });

  test('that fails together with others of its endpoint is noted, and so are they', async () => {
    const { context, calls, pump, scope, all, count } = await world();
    await endpointOf(context, scope);
    await happen(context, scope, 2);
    await handOn(context, listeners);
    await until('both are under way', () => calls.length === 2);
    for (const call of calls) call.answer(500);
    await pump.idle(context);
    assert.deepEqual(
      (await all()).map(({ state, tries }) => [state, tries[0]?.status]),
      [
        [1, 500],
        [1, 500],
      ],
    );
    assert.deepEqual([await count('due_deliveries'), await count('leases')], [2, 0]);
    const failing =
      'select 1 as one from outward.webhook_endpoints where failing_since is not null';
    assert.equal((await asOwner(context.on, failing)).length, 1);
  });

  test('of one event is the same bytes for each of its endpoints', async () => {
    const { context, calls, pump, scope } = await world();
    for (let n = 0; n < 3; n += 1) await endpointOf(context, scope);
    await happen(context, scope);
    await handOn(context, listeners);
    await until('all three are under way', () => calls.length === 3);
    const bodies = calls.map(({ post }) => post.body.toString());
    assert.equal(new Set(bodies).size, 1);
    assert.match(bodies[0] ?? '', /"type": "customer.created"/);
    for (const call of calls) call.answer(200);
    await pump.idle(context);
  });

  test('waits behind older ones that wait', async () => {
    const { context, calls, pump, scope, count } = await world();
    await endpointOf(context, scope);
    await happen(context, scope, 3);
    await handOn(context, listeners);
    await until('two are under way', () => calls.length === 2);
    assert.equal(await count('due_deliveries'), 1, 'There was room for two.');
    for (const call of calls) call.answer(200);
    await pump.idle(context);
    await happen(context, scope);
    await handOn(context, listeners);
    assert.equal(await count('due_deliveries'), 2, 'It is not told before the one that waits.');
  });

  test('is owed with fewer others at once where with so many it took longer than a statement may', async () => {
    const { context, pump, scope, always, count, allDelivered } = await world();
    always(200);
    await endpointOf(context, scope);
    await happen(context, scope, 40);
    // As if three were all that PostgreSQL has the time for.
    await asOwner(
      context.on,
      `create function public.take_long() returns trigger language plpgsql as $$
       begin
         if (select count(*) from written) > 3 then
           raise exception 'canceling statement due to statement timeout' using errcode = 'query_canceled';
         end if;
         return null;
       end $$;
       create trigger take_long after insert on outward.deliveries referencing new table as written
         for each statement execute function public.take_long()`,
    );
    let failures = 0;
    for (let tries = 0; tries < 60 && (await count('deliveries')) < 40; tries += 1) {
      await handOn(context, listeners).catch((error: unknown) => {
        assert.ok(error instanceof Unavailable, String(error));
        failures += 1;
      });
    }
    // 40, 20, 10, 5 and, once more was tried after 2 and 3, 4: that is remembered.
    assert.deepEqual([await count('deliveries'), failures], [40, 5]);
    await until('all are told', async () => {
      await pump.round(context, kinds);
      return allDelivered();
    });
    await pump.idle(context);
  });
});
