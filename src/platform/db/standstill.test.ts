// A server or a network that stands still while something is committed. Who waits for it hears so in some seconds, who
// can be served elsewhere is, and what was committed all the same is there.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { type CrashPoint, systemClock } from '#kit/context';
import { Unclear } from '#kit/failure';
import { DatabaseUnavailable, type OpenDatabase, openDatabase } from '#platform/db';
import { asOwner, type TestDatabase } from './for-tests.ts';
import { type Proxy, proxyBefore } from './for-tests-proxy.ts';
import {
  backends,
  databaseWithThings,
  isThere,
  pauseHere,
  scope,
  stopBackend,
  thing,
  until,
  uuid,
  waitingForCommit,
} from './for-tests-things.ts';

/** Ours are told within eight seconds; a machine that is busy may take longer to hear it. */
const TOLD_WITHIN_MS = 12_000;

type Room = {
  readonly on: TestDatabase;
  readonly proxy: Proxy;
  readonly database: OpenDatabase;
  /** Called once, as soon as COMMIT is about to be said. */
  atCommit(then: () => void): void;
};

const closing: (() => Promise<void>)[] = [];
after(async () => {
  for (const close of closing) await close();
});

const openRoom = async (): Promise<Room> => {
  const on = await databaseWithThings();
  await waitingForCommit(on, 'test.things');
  const proxy = await proxyBefore(on.appUrl);
  let waiting: (() => void) | null = null;
  const database = openDatabase({
    url: proxy.url,
    poolSize: 2,
    clock: systemClock,
    crashPoint: (point: CrashPoint) => {
      if (point !== 'commit.before') return;
      const then = waiting;
      waiting = null;
      then?.();
    },
  });
  closing.push(async () => {
    await database.close();
    proxy.close();
  });
  await database.commit(scope, [thing()]);
  return {
    on,
    proxy,
    database,
    atCommit: (then) => {
      waiting = then;
    },
  };
};

const hasEnded = ({ on }: Room, pid: number) =>
  until(async () => !(await backends(on)).includes(pid));
const isUnclear = (error: unknown): boolean => error instanceof Unclear;

/** A commit whose backend stands still from before it could read COMMIT, and never hears that we went away. */
const stoppedInCommit = async ({ on, proxy, database, atCommit }: Room, id: string) => {
  const [pid = 0] = await backends(on);
  const { promise: stopped, resolve } = Promise.withResolvers<void>();
  atCommit(() => {
    stopBackend(pid);
    proxy.swallow('back');
    resolve();
  });
  const told = Promise.allSettled([database.commit(scope, [thing(id)])]);
  await stopped;
  return { pid, told };
};

// They wait for as long as the limits are, so each has a database of its own, and they wait at once.
describe('while something stands still', { concurrency: true }, () => {
  test('Of a COMMIT that a stopped backend was told nobody knows for some seconds, in which others are served; it is there when the backend goes on', async () => {
    const room = await openRoom();
    const { on, database } = room;
    const [unclear, beside] = [uuid(), uuid()];
    const begunMs = performance.now();
    const { pid, told } = await stoppedInCommit(room, unclear);
    try {
      const first = await Promise.race([told, database.commit(scope, [thing(beside)])]);
      assert.deepEqual(first, { ok: true }, 'who came later is served first');
      assert.equal(await isThere(on, beside), true);
      const [outcome] = await told;
      assert.ok(outcome.status === 'rejected' && isUnclear(outcome.reason));
      assert.ok(performance.now() - begunMs < TOLD_WITHIN_MS);
      assert.equal(await isThere(on, unclear), false);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await until(() => isThere(on, unclear));
    // Said again, as a resolver or a caller does, it is found and not done twice.
    await assert.rejects(database.commit(scope, [thing(unclear)]), /duplicate key/);
  });

  test('Where the backend is ended before it reads COMMIT nothing is there, and the same can be committed', async () => {
    const room = await openRoom();
    const { on, database } = room;
    const id = uuid();
    const { pid, told } = await stoppedInCommit(room, id);
    try {
      const [outcome] = await told;
      assert.ok(outcome.status === 'rejected' && isUnclear(outcome.reason));
      await asOwner(on, `select pg_terminate_backend(${pid})`);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await hasEnded(room, pid);
    assert.equal(await isThere(on, id), false);
    assert.deepEqual(await database.commit(scope, [thing(id)]), { ok: true });
  });

  test('Of a COMMIT that the network lost nobody knows while the server waits for it; then it is not there', async () => {
    const room = await openRoom();
    const { on, proxy, database, atCommit } = room;
    const id = uuid();
    const [pid = 0] = await backends(on);
    atCommit(() => proxy.swallow('there'));
    const told = database.commit(scope, [thing(id)]);
    const [outcome] = await Promise.allSettled([told]);
    assert.ok(outcome.status === 'rejected' && isUnclear(outcome.reason));
    proxy.endAll();
    await hasEnded(room, pid);
    assert.equal(await isThere(on, id), false);
  });

  test('When all of it stands still each of many who wait hears so, and no more than one batch that it is not known', async () => {
    const { proxy, database, atCommit } = await openRoom();
    const ids = Array.from({ length: 300 }, uuid);
    atCommit(() => proxy.swallowAll(true));
    const begunMs = performance.now();
    try {
      const outcomes = await Promise.allSettled(
        ids.map((id) => database.commit(scope, [thing(id)])),
      );
      assert.ok(performance.now() - begunMs < TOLD_WITHIN_MS);
      const unclear = outcomes.filter(
        (outcome) => outcome.status === 'rejected' && isUnclear(outcome.reason),
      );
      assert.equal(unclear.length, 64);
      for (const outcome of outcomes) {
        assert.ok(outcome.status === 'rejected');
        assert.ok(isUnclear(outcome.reason) || outcome.reason instanceof DatabaseUnavailable);
      }
    } finally {
      proxy.swallowAll(false);
    }
    assert.deepEqual(await database.commit(scope, [thing(ids[299])]), { ok: true });
  });

  test('Of a COMMIT whose answer alone is lost it is found that it was', async () => {
    const { on, proxy, database, atCommit } = await openRoom();
    const id = uuid();
    atCommit(() => proxy.swallow('back'));
    assert.deepEqual(await database.commit(scope, [thing(id)]), { ok: true });
    assert.equal(await isThere(on, id), true);
  });
});

test('A process that stood still itself cuts nobody off, and hears what was done', async () => {
  const { on, database, atCommit } = await openRoom();
  const [pid] = await backends(on);
  const id = uuid();
  atCommit(() => pauseHere(8_000));
  assert.deepEqual(await database.commit(scope, [thing(id)]), { ok: true });
  assert.deepEqual(await backends(on), [pid]);
  assert.equal(await isThere(on, id), true);
});

test('Closing does not wait for a server that stands still', async () => {
  const { proxy } = await openRoom();
  const other = openDatabase({
    url: proxy.url,
    poolSize: 1,
    clock: systemClock,
    crashPoint: () => {},
  });
  await other.commit(scope, [thing()]);
  proxy.swallowAll(true);
  try {
    await other.close();
  } finally {
    proxy.swallowAll(false);
  }
});
