// Several processes on one database, from which another server takes over. That one is told here and does not exist:
// `test/failover.test.ts` has a real one.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '#kit/context';
import { newUuid } from '#kit/ids';
import { asOwner, testContext } from '../for-tests.ts';
import { manualClock, silentLog } from '../kit/context/for-tests.ts';
import { watchDatabase } from './watch-database.ts';

const context = await testContext();

/** A process that speaks with providers. */
const startProcess = async (t: TestContext, place: string, timeline: number) => {
  const clock = manualClock();
  const said: string[] = [];
  const log: Log = {
    ...silentLog,
    error: ({ about }, message) => void said.push(`${String(about)}: ${message}`),
  };
  const listeners: ((timeline: number) => void)[] = [];
  const process = { compared: 0, isHeld: false };
  const rails = {
    forgotten: async () => {
      process.compared += 1;
      return [];
    },
    hearOfForgotten: async () => {},
    hold: () => {
      process.isHeld = true;
      return () => {
        process.isHeld = false;
      };
    },
  };
  const fence = {
    admit: async () => () => () => {},
    timeline: () => timeline,
    onTakeOver: (listener: (timeline: number) => void) => void listeners.push(listener),
  };
  const watch = await watchDatabase({ context: { ...context, clock, log }, fence }, rails, place);
  t.after(() => watch.stop());
  return {
    ...watch,
    said,
    get isHeld() {
      return process.isHeld;
    },
    get compared() {
      return process.compared;
    },
    takeOver: (next: number) => {
      for (const listener of listeners) listener(next);
    },
    /** Its time goes by, in steps that let it ask. */
    pass: async (ms: number, until: () => boolean = () => false) => {
      for (let passed = 0; passed < ms && !until(); passed += 250) {
        clock.advance(250);
        await delay(5);
      }
    },
  };
};

const eventually = async (what: string, holds: () => boolean | Promise<boolean>): Promise<void> => {
  for (let tries = 0; tries < 2_000; tries += 1) {
    if (await holds()) return;
    await delay(5);
  }
  throw new Error(`It did not come: ${what}`);
};
const places = async () =>
  (await asOwner(context.on, 'select place, compared_with from rails.senders'))
    .map((row) => `${String(row['place']).split(':').at(-1)} ${String(row['compared_with'])}`)
    .sort();

test('After a take-over nothing is sent until every process has compared its send journal, and no longer', async (t) => {
  const [first, second] = [await startProcess(t, '/first', 1), await startProcess(t, '/second', 1)];
  assert.deepEqual(await places(), ['/first 1', '/second 1']);
  assert.equal(first.isHeld, false);

  first.takeOver(2);
  assert.equal(first.isHeld, true);
  await eventually('it has compared its own', async () => (await places()).includes('/first 2'));
  await first.pass(20_000);
  assert.equal(first.isHeld, true);

  second.takeOver(2);
  await eventually('both go on', async () => {
    await first.pass(250);
    return !first.isHeld && !second.isHeld;
  });
  assert.deepEqual(await places(), ['/first 2', '/second 2']);
  assert.deepEqual([first.compared, second.compared, first.said, second.said], [2, 2, [], []]);
});

test('A process that starts before all have compared theirs sends nothing either', async (t) => {
  const before = await startProcess(t, '/before', 5);
  const late = await startProcess(t, '/late', 6);
  assert.equal(late.isHeld, true);
  await late.pass(5_000);
  assert.equal(late.isHeld, true);
  before.takeOver(6);
  await eventually('both go on', async () => {
    await late.pass(250);
    return !before.isHeld && !late.isHeld;
  });
  assert.deepEqual(late.said, []);
});

test('One that does not come is waited for for half a minute, and its journal is named', async (t) => {
  await startProcess(t, '/gone', 10);
  const alive = await startProcess(t, '/alive', 10);
  alive.takeOver(11);
  await eventually('it has compared its own', async () => (await places()).includes('/alive 11'));
  await alive.pass(29_000);
  assert.equal(alive.isHeld, true);
  await eventually('it goes on', async () => {
    await alive.pass(1_000, () => !alive.isHeld);
    return !alive.isHeld;
  });
  assert.equal(alive.said.length, 1);
  assert.match(alive.said[0] ?? '', /\/gone: .* has not compared this send journal with it/);
  assert.deepEqual(await places(), ['/alive 11']);
});

test('One that was gone before the server fell is not waited for, and one that stopped is not either', async (t) => {
  await asOwner(
    context.on,
    `insert into rails.senders (id, place, heard_at, compared_with)
     values ($1, 'here:/long gone', now() - interval '2 minutes', 20)`,
    [newUuid(context)],
  );
  const stopped = await startProcess(t, '/stopped', 20);
  const alive = await startProcess(t, '/alive', 20);
  await stopped.stop();
  assert.deepEqual(await places(), ['/alive 20', '/long gone 20']);
  alive.takeOver(21);
  await eventually('it goes on', () => !alive.isHeld);
  assert.deepEqual(await places(), ['/alive 21']);
  assert.deepEqual(alive.said, []);
});

test('Each says now and then that it is there', async (t) => {
  const process = await startProcess(t, '/there', 30);
  await asOwner(context.on, `update rails.senders set heard_at = now() - interval '1 hour'`);
  const isHeardOf = async () => {
    const [row] = await asOwner(
      context.on,
      `select heard_at > now() - interval '1 minute' as is_recent from rails.senders where place like '%/there'`,
    );
    return row?.['is_recent'] === true;
  };
  assert.equal(await isHeardOf(), false);
  await eventually('it says so', async () => {
    await process.pass(3_000);
    return isHeardOf();
  });
});
