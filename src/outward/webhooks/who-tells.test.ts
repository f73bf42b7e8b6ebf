// Who tells what, between workers and over their ends.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { newUuid } from '#kit/ids';
import { handOn } from '#platform/events';
import { createWorker, holderOf } from '#platform/jobs';
import { asOwner } from '../../for-tests.ts';
import { endpointOf, happen, kinds, listeners, until, workerOn, world } from './for-tests-pump.ts';
import { module } from './module.ts';

describe('a delivery', () => {
  test('of a worker that sleeps is told by another one, and the sleeper notes nothing', async () => {
    const { context, calls, pump, scope, all, count } = await world();
    await endpointOf(context, scope);
    await happen(context, scope);
    await handOn(context, listeners);
    await until('the sleeper has begun', () => calls.length === 1);

    const other = await workerOn(context.on);
    other.always(200, 'told by the other');
    assert.equal(await other.pump.round(other.context, kinds), 0, 'It is leased.');
    await asOwner(context.on, `update outward.leases set until = now() - interval '1 second'`);
    assert.equal(await other.pump.round(other.context, kinds), 1);
    await until('the other has noted it', async () => (await all())[0]?.state === 2);

    calls[0]?.answer(500, 'told by the sleeper');
    await pump.idle(context);
    const [row] = await all();
    assert.deepEqual([row?.state, row?.attempts, row?.tries.length], [2, 1, 1]);
    assert.equal(row?.tries[0]?.answer, 'told by the other');
    assert.deepEqual([await count('due_deliveries'), await count('leases')], [0, 0]);
  });

  test('that a worker holds and has not begun is left to others when it stops', async () => {
    const { context, calls, pump, scope, always, hang, all, count, allDelivered } = await world();
    await endpointOf(context, scope);
    always(200);
    await happen(context, scope);
    await handOn(context, listeners);
    await until('it was quick once', allDelivered);
    hang();
    await happen(context, scope, 12);
    await handOn(context, listeners);
    await until('four are under way', () => calls.length === 4);
    assert.equal(await count('due_deliveries'), 0);

    const stopped = pump.idle(context);
    await until('the others wait', async () => (await count('due_deliveries')) === 8);
    for (const call of calls) call.answer(200);
    await stopped;
    assert.equal(calls.length, 4);
    assert.equal((await all()).filter(({ state }) => state === 1).length, 8);
    assert.equal(await count('leases'), 0);

    const other = await workerOn(context.on);
    other.always(200);
    await until('all are told', async () => {
      await other.pump.round(other.context, kinds);
      return allDelivered();
    });
    assert.ok((await all()).every(({ attempts }) => attempts === 1));
    await other.pump.idle(other.context);
  });

  test('of a worker that has died is told by another one at once, whether it was new or had waited', async () => {
    const { context, calls, pump, scope, all, count, allDelivered } = await world();
    await endpointOf(context, scope);
    await endpointOf(context, scope, true);
    const mortal = createWorker({
      context,
      version: 'test',
      jobs: [],
      periodicJobs: [],
      apart: context.database.apart,
    });
    await mortal.start();
    await happen(context, scope, 2);
    await handOn(context, listeners);
    await pump.round(context, kinds);
    await until('all are under way', () => calls.length === 4);
    const held = `select holder from outward.leases union all select holder from outward.due_deliveries`;
    const holders = (await asOwner(context.on, held)).map(({ holder }) => String(holder));
    assert.equal(new Set(holders).size, 1);

    const other = await workerOn(context.on);
    other.always(200);
    assert.equal(await other.pump.round(other.context, kinds), 0, 'They are leased.');
    const takenOver = [newUuid(context), ...holders.slice(0, 1)];
    await other.context.database.system((tx) => module.takeOver(tx, takenOver.slice(0, 1)));
    assert.equal(await other.pump.round(other.context, kinds), 0, 'Somebody else has died.');
    await other.context.database.system((tx) => module.takeOver(tx, takenOver));
    assert.equal(await other.pump.round(other.context, kinds), 4);
    await until('the other has noted them', allDelivered);

    for (const call of calls) call.answer(500);
    await pump.idle(context);
    await mortal.stop(1_000);
    await other.pump.idle(other.context);
    assert.ok((await all()).every(({ state, attempts }) => state === 2 && attempts === 1));
    assert.deepEqual([await count('due_deliveries'), await count('leases')], [0, 0]);
  });

  test('that a worker holds and has not begun is left to others when nobody could tell any more that it lives', async () => {
    const { context, calls, pump, scope, always, hang, all, count, allDelivered } = await world();
    await endpointOf(context, scope);
    always(200);
    await happen(context, scope);
    await handOn(context, listeners);
    await until('it was quick once', allDelivered);
    hang();
    let isCut = false;
    const worker = createWorker({
      context,
      version: 'test',
      jobs: [],
      periodicJobs: [],
      apart: (work) =>
        isCut ? Promise.reject(new Error('cut off')) : context.database.apart(work),
    });
    await worker.start();
    await happen(context, scope, 12);
    await handOn(context, listeners);
    await until('four are under way', () => calls.length === 4);

    isCut = true;
    await asOwner(
      context.on,
      `select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'tollgate apart' and datname = current_database()`,
    );
    await until('it knows', () => holderOf(context) === null);
    for (const call of calls) call.answer(200);
    await until('the others wait', async () => (await count('due_deliveries')) === 8);
    await pump.idle(context);
    await worker.stop(1_000);
    assert.equal(calls.length, 4);
    assert.equal((await all()).filter(({ state }) => state === 1).length, 8);
  });
});
