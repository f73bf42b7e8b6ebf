// What a worker held that has died. Its death is made of what it leaves behind: a heartbeat that has stopped, and
// a lock that nobody holds.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { newUuid, type Uuid } from '#kit/ids';
import {
  createWorker,
  holderOf,
  isGone,
  isStillHeld,
  type JobKind,
  showPresence,
} from '#platform/jobs';
import { asOwner, testAccount, testContext } from '../../for-tests.ts';
import { enqueue } from './jobs.store.ts';

const context = await testContext();
const scope = await testAccount(context);

const silentWorker = async (): Promise<Uuid> => {
  const id = newUuid(context);
  await asOwner(
    context.on,
    `insert into platform.heartbeats (id, role, version, seen_at)
     values ($1, 'worker', 'test', now() - interval '1 minute')`,
    [id],
  );
  return id;
};

const heldJob = async (name: string, holder: Uuid | null): Promise<void> => {
  await context.database.commit(scope, [enqueue(context, { name })]);
  await asOwner(
    context.on,
    `update platform.jobs set leased_until = now() + interval '10 minutes', attempts = 1, holder = $2
      where name = $1`,
    [name, holder],
  );
};

/** It ends with its test, however that ends. */
const startWorker = async (t: TestContext, jobs: readonly JobKind[] = []): Promise<void> => {
  const { apart } = context.database;
  const worker = createWorker({ context, version: 'test', jobs, periodicJobs: [], apart });
  t.after(() => worker.stop(5_000));
  await worker.start();
};

const until = async (what: string, holds: () => Promise<boolean> | boolean): Promise<void> => {
  for (let tries = 0; tries < 1_500; tries += 1) {
    if (await holds()) return;
    await delay(20);
  }
  throw new Error(`It did not come: ${what}`);
};

test('A worker does what one held that has died, long before its leases end, and leaves the living alone', async (t) => {
  const [dead, frozen] = [await silentWorker(), await silentWorker()];
  // It has not said anything for a minute, and the database knows all the same that it is there.
  const thaw = Promise.withResolvers<void>();
  const isThere = Promise.withResolvers<void>();
  const lock = context.database.apart(async (tx) => {
    const text = `select pg_advisory_xact_lock(hashtextextended('tollgate worker ' || $1::text, 0))`;
    await tx.query({ name: 'test.lock', text }, [frozen]);
    isThere.resolve();
    await thaw.promise;
  });
  await isThere.promise;
  await heldJob('of the dead', dead);
  await heldJob('of the frozen', frozen);
  await heldJob('of nobody known', null);

  const ran: string[] = [];
  const kind = (name: string): JobKind => ({ name, run: async () => void ran.push(name) });
  await startWorker(t, ['of the dead', 'of the frozen', 'of nobody known'].map(kind));
  await until('the job of the dead', () => ran.length > 0);
  assert.deepEqual(ran, ['of the dead']);
  const beats = await asOwner(context.on, 'select id from platform.heartbeats');
  const left = beats.map(({ id }) => id);
  assert.deepEqual([left.includes(dead), left.includes(frozen)], [false, true]);

  // It ends now, and so does its lock.
  thaw.resolve();
  await lock;
  await until('the job of the frozen', () => ran.length > 1);
  assert.deepEqual(ran, ['of the dead', 'of the frozen']);
});

test('What somebody outside may still be busy with waits for the end of its lease', async (t) => {
  await asOwner(context.on, 'delete from platform.jobs');
  const finish = Promise.withResolvers<void>();
  const jobs: JobKind[] = [
    { name: 'free', run: () => finish.promise },
    { name: 'bound', run: () => finish.promise, leaseIsWaitedOut: true },
  ];
  for (const { name } of jobs) await context.database.commit(scope, [enqueue(context, { name })]);
  await startWorker(t, jobs);
  const held = () =>
    asOwner(
      context.on,
      'select name, holder from platform.jobs where leased_until is not null order by name',
    );
  await until('both run', async () => (await held()).length === 2);
  const holder = holderOf(context);
  assert.ok(holder !== null);
  assert.deepEqual(await held(), [
    { name: 'bound', holder: null },
    { name: 'free', holder },
  ]);
  finish.resolve();
});

test('A worker that has lost its lock knows it, and has it again soon', async (t) => {
  await startWorker(t);
  const holder = holderOf(context);
  assert.ok(holder !== null);
  const cut = `select pg_terminate_backend(pid) from pg_stat_activity
                where application_name = 'tollgate apart' and datname = current_database()`;
  const leasedMs = context.clock.monotonicMs();
  assert.equal((await asOwner(context.on, cut)).length, 1);
  await until('it knows', () => holderOf(context) === null);
  await until('it is proven again', () => holderOf(context) === holder);
  assert.equal(isStillHeld(context, holder, leasedMs), false, 'What it held may be with others.');
  assert.equal(isStillHeld(context, holder, context.clock.monotonicMs()), true);
});

test('Who holds something is gone when it says nothing and its lock is free, told by who has proven its own life', async (t) => {
  const dead = await silentWorker();
  assert.equal(await isGone(context, dead), false, 'Nobody judges without a life of its own.');
  await startWorker(t);
  const own = holderOf(context);
  assert.ok(own !== null);
  await until('it may judge', () => isGone(context, dead));
  assert.equal(await isGone(context, newUuid(context)), true, 'Nor is one there that was buried.');
  assert.equal(await isGone(context, own), false);

  const { apart } = context.database;
  const other = await testContext({ on: context.on });
  const presence = await showPresence(other, { role: 'api', version: 'test', apart });
  const living = holderOf(other);
  assert.ok(living !== null);
  assert.equal(await isGone(context, living), false);
  // Silent for a minute, and its lock is held.
  await asOwner(
    context.on,
    `update platform.heartbeats set seen_at = now() - interval '1 minute' where role = 'api'`,
  );
  assert.equal(await isGone(context, living), false);
  await presence.stop();
  assert.equal(await isGone(context, living), true);
});

test('A worker that proves its life keeps nothing from being cleaned up', async (t) => {
  await startWorker(t);
  // Every two seconds it says something, and rests in between.
  await until('it rests and keeps nothing', async () => {
    const [proof] = await asOwner(
      context.on,
      `select state, backend_xid, backend_xmin from pg_stat_activity
        where application_name = 'tollgate apart' and datname = current_database()`,
    );
    const { state, backend_xid: xid, backend_xmin: xmin } = proof ?? {};
    return state === 'idle in transaction' && xid === null && xmin === null;
  });
});
