import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as settled } from 'node:timers/promises';
import type { Context } from '#kit/context';
import type { Due, LeaseLimits } from '#platform/db';
import { manualClock, silentLog } from '../../kit/context/for-tests.ts';
import { allLeased, eachLeased } from './each-leased.ts';

const scope = { accountId: 'one', livemode: false };

test('A feed that is silent holds up the next round of the others for some seconds, and takes one place alone', async () => {
  const clock = manualClock();
  const database = { system: (work: (tx: unknown) => unknown) => work(null) };
  const context = { clock, log: silentLog, database } as unknown as Context;
  const silent = Promise.withResolvers<void>();
  const asked: number[] = [];
  let due: string[] = ['silent', 'other'];
  const lease = async (_: unknown, { atMost }: LeaseLimits): Promise<Due[]> => {
    asked.push(atMost);
    return due.splice(0, atMost).map((id) => ({ scope, id }));
  };
  const read: string[] = [];
  const round = (): Promise<number> =>
    eachLeased(
      context,
      lease,
      async (_, id) => {
        read.push(id);
        if (id.startsWith('silent')) await silent.promise;
      },
      'It could not be read',
    );

  let ended = false;
  const first = round().then((looked) => {
    ended = true;
    return looked;
  });
  await settled();
  assert.deepEqual([read.splice(0), ended], [['silent', 'other'], false]);
  clock.advance(5_000);
  assert.equal(await first, 2);

  due = ['other'];
  assert.equal(await round(), 1);
  assert.deepEqual([read.splice(0), asked], [['other'], [20, 19]]);

  due = Array.from({ length: 30 }, (_, n) => `silent ${n}`);
  const filling = round();
  await settled();
  clock.advance(5_000);
  assert.equal(await filling, 19);
  assert.equal(await round(), 0, 'No place is free');
  assert.equal(due.length, 11);

  let isIdle = false;
  const idle = allLeased(context).then(() => (isIdle = true));
  await settled();
  assert.equal(isIdle, false);
  silent.resolve();
  await idle;
  assert.equal(await round(), 11);
});
