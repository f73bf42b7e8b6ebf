import assert from 'node:assert/strict';
import { before, beforeEach, describe, test } from 'node:test';
import { type Scope, systemClock } from '#kit/context';
import { createWorker, enqueue, type JobKind, type PeriodicJob } from '#platform/jobs';
import { asOwner, type TestContext, testAccount, testContext } from '../../for-tests.ts';
import { manualClock } from '../../kit/context/for-tests.ts';
import { type JobPayload, retryDelayMs } from './job.ts';

const clock = manualClock();
let context: TestContext;
let scope: Scope;

before(async () => {
  context = await testContext({ clock });
  scope = await testAccount(context);
});
beforeEach(async () => {
  await asOwner(context.on, 'delete from platform.jobs');
});

const workerOf = (jobs: readonly JobKind[], periodicJobs: readonly PeriodicJob[] = []) =>
  createWorker({ context, version: 'test', jobs, periodicJobs });
const queue = (name: string, more: { runAtMs?: number; payload?: JobPayload } = {}) =>
  context.database.commit(scope, [enqueue(context, { name, payload: { n: 1 }, ...more })]);
const jobsLeft = () =>
  asOwner(context.on, 'select attempts, failed_at, last_error from platform.jobs');

describe('a job', () => {
  test('runs once when it is due, with what it was given', async () => {
    const seen: unknown[] = [];
    const worker = workerOf([{ name: 'note', run: async (_, payload) => void seen.push(payload) }]);
    await queue('note', { runAtMs: clock.now() + 60_000 });
    await worker.tick();
    assert.deepEqual(seen, []);

    clock.advance(60_000);
    await worker.tick();
    await worker.tick();
    assert.deepEqual(seen, [{ n: 1 }]);
    assert.deepEqual(await jobsLeft(), []);
  });

  test('of a transaction that failed is not there', async () => {
    await assert.rejects(
      context.database.transaction(scope, async (tx) => {
        const { into, row } = enqueue(context, { name: 'note' });
        await tx.query(
          into,
          row.map((value) => [value]),
        );
        throw new Error('no');
      }),
    );
    assert.deepEqual(await jobsLeft(), []);
  });

  test('that fails is tried again later, and in the end waits for a person', async () => {
    let runs = 0;
    const worker = workerOf([
      {
        name: 'fail',
        attemptsMax: 3,
        run: async () => {
          runs += 1;
          throw new TypeError('secret details');
        },
      },
    ]);
    await queue('fail');
    for (let round = 0; round < 6; round += 1) {
      await worker.tick();
      clock.advance(3_600_000 * 1.3);
    }
    assert.equal(runs, 3);
    const [job] = await jobsLeft();
    assert.ok(job?.['failed_at']);
    // The kind of error, and not its text, which may repeat what must not be stored.
    assert.equal(job?.['last_error'], 'TypeError');
  });

  test('that no version here can run is kept and tried again', async () => {
    await queue('from.the.future');
    await workerOf([]).tick();
    assert.equal((await jobsLeft()).length, 1);
  });

  test('is not run by a second worker while the first holds its lease, and is when the lease has ended', async () => {
    let runs = 0;
    let finish = () => {};
    const slow: JobKind = {
      name: 'slow',
      run: () => {
        runs += 1;
        return runs === 1 ? new Promise((resolve) => (finish = resolve)) : Promise.resolve();
      },
    };
    await queue('slow');
    const first = workerOf([slow]).tick();
    while (runs === 0) await new Promise((resolve) => setTimeout(resolve, 5));

    const second = workerOf([slow]);
    await second.tick();
    assert.equal(runs, 1);

    await asOwner(
      context.on,
      `update platform.jobs set leased_until = now() - interval '1 second'`,
    );
    await second.tick();
    assert.equal(runs, 2);
    finish();
    await first;
    assert.deepEqual(await jobsLeft(), []);
  });

  test('taken over by another worker is not ended by the one that woke up late', async () => {
    let finish = () => {};
    let started = false;
    const worker = workerOf([
      {
        name: 'late',
        run: () => {
          started = true;
          return new Promise((resolve) => (finish = resolve));
        },
      },
    ]);
    await queue('late');
    const ticking = worker.tick();
    while (!started) await new Promise((resolve) => setTimeout(resolve, 5));
    await asOwner(context.on, 'update platform.jobs set lease_epoch = lease_epoch + 1');
    finish();
    await ticking;
    assert.equal((await jobsLeft()).length, 1);
  });

  test('of a poisonous kind does not keep its neighbours waiting', async () => {
    let good = 0;
    const worker = workerOf([
      { name: 'bad', run: () => Promise.reject(new Error('no')) },
      { name: 'good', run: async () => void (good += 1) },
    ]);
    await queue('bad');
    for (let n = 0; n < 5; n += 1) await queue('good');
    await worker.tick();
    assert.equal(good, 5);
  });
});

describe('what takes long or fails', () => {
  /** By the real clock, until that holds. */
  const works = async (
    given: Partial<Parameters<typeof createWorker>[0]>,
    until: () => boolean,
    afterwards: () => void,
  ): Promise<void> => {
    const real = { ...context, clock: systemClock };
    const worker = createWorker({
      context: real,
      version: 'test',
      jobs: [],
      periodicJobs: [],
      ...given,
    });
    await worker.start();
    for (let tries = 0; tries < 4_000 && !until(); tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const didHold = until();
    afterwards();
    await worker.stop(30_000);
    assert.ok(didHold, 'The others went on');
  };
  const counted = () => {
    const of = { times: 0 };
    const run = async (): Promise<number> => {
      of.times += 1;
      return 0;
    };
    return { of, run };
  };

  test('of what a worker does in rounds keeps none of the others from going on', async () => {
    const [{ of, run }, silent] = [counted(), Promise.withResolvers<number>()];
    let failures = 0;
    const fail = (): Promise<number> => {
      failures += 1;
      return Promise.reject(new Error('It cannot be read.'));
    };
    const rounds = [{ run: () => silent.promise }, { run: fail }, { run }];
    await works(
      { rounds },
      () => of.times >= 3 && failures >= 2,
      () => silent.resolve(0),
    );
  });

  test('of jobs keeps none of the others from being run, and is waited for at the end', async () => {
    const silent = Promise.withResolvers<void>();
    let good = 0;
    let ended = false;
    const jobs = [
      { name: 'silent', run: () => silent.promise.then(() => void (ended = true)) },
      { name: 'good', run: async () => void (good += 1) },
    ];
    for (let n = 0; n < 9; n += 1) await queue('silent');
    for (let n = 0; n < 4; n += 1) await queue('good');
    await works(
      { jobs },
      () => good === 4,
      () => silent.resolve(),
    );
    assert.ok(ended);
    assert.deepEqual(await jobsLeft(), []);
  });

  test('of the jobs of one account keeps those of no other from being run, however many there are', async () => {
    const silent = Promise.withResolvers<void>();
    let good = 0;
    const jobs = [
      { name: 'silent', run: () => silent.promise },
      { name: 'good', run: async () => void (good += 1) },
    ];
    for (const [name, count] of [
      ['silent', 61],
      ['good', 2],
    ] as const) {
      for (let n = 0; n < count; n += 1) await queue(name, { payload: { accountId: name } });
    }
    await works(
      { jobs },
      () => good === 2,
      () => silent.resolve(),
    );
  });

  /** By a clock that stands still: whatever is begun is begun at once. */
  const standing = () => {
    const begun: string[] = [];
    const open = new Map<string, PromiseWithResolvers<void>[]>();
    const run = ({ accountId }: JobPayload): Promise<void> => {
      const account = String(accountId);
      begun.push(account);
      if (!account.startsWith('silent')) return Promise.resolve();
      const one = Promise.withResolvers<void>();
      open.set(account, [...(open.get(account) ?? []), one]);
      return one.promise;
    };
    const worker = createWorker({
      context,
      version: 'test',
      jobs: [{ name: 'hold', run: (_, payload) => run(payload) }],
      periodicJobs: [],
    });
    const queueOf = async (accountId: string, count: number): Promise<void> => {
      for (let n = 0; n < count; n += 1) await queue('hold', { payload: { accountId } });
    };
    const until = async (holds: () => boolean, passMs = 0): Promise<void> => {
      for (let tries = 0; tries < 4_000 && !holds(); tries += 1) {
        clock.advance(passMs);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      assert.ok(holds(), `Begun were ${JSON.stringify(Object.groupBy(begun, (each) => each))}`);
    };
    const countOf = (account: string): number => begun.filter((each) => each === account).length;
    const end = (account: string): void => open.get(account)?.shift()?.resolve();
    const stop = async (): Promise<void> => {
      const stopped = worker.stop(60_000);
      for (const { resolve } of [...open.values()].flat()) resolve();
      await stopped;
    };
    return { worker, begun, queueOf, until, countOf, end, stop };
  };

  test('of one account has ten places and no more, and the next of it is begun as soon as one is free', async (t) => {
    const { worker, queueOf, until, countOf, end, stop } = standing();
    t.after(stop);
    await queueOf('silent', 7);
    await worker.start();
    await until(() => countOf('silent') === 7);
    await queueOf('silent', 8);
    await queueOf('other', 1);
    await until(() => countOf('other') === 1, 250);
    assert.equal(countOf('silent'), 10);
    for (const count of [11, 12, 13]) {
      end('silent');
      await until(() => countOf('silent') === count);
    }
  });

  test('of the jobs of many accounts keeps those of no other from being run', async (t) => {
    const { worker, queueOf, until, countOf, begun, stop } = standing();
    t.after(stop);
    const silent = Array.from({ length: 6 }, (_, n) => `silent ${n}`);
    for (const each of silent) await queueOf(each, 12);
    await worker.start();
    await until(() => begun.length >= 41, 50);
    await queueOf('other', 25);
    await until(() => countOf('other') === 25, 250);
    assert.ok(begun.length - countOf('other') < 50);
  });

  test('of hundreds of accounts that nobody knew keeps no account waiting that was served just now', async (t) => {
    const { worker, queueOf, until, countOf, begun, stop } = standing();
    t.after(stop);
    await queueOf('quick', 1);
    await worker.start();
    await until(() => countOf('quick') === 1);
    for (let n = 0; n < 60; n += 1) await queueOf(`silent ${n}`, 1);
    await until(() => begun.length >= 46, 50);
    await queueOf('quick', 8);
    await until(() => countOf('quick') === 9, 50);
    assert.equal(begun.length - countOf('quick'), 45);
  });

  test('of jobs is not followed by another once the worker is stopping', async () => {
    const slow: PromiseWithResolvers<void>[] = [];
    let looks = 0;
    const worker = createWorker({
      context,
      version: 'test',
      jobs: [
        {
          name: 'slow',
          run: () => {
            const one = Promise.withResolvers<void>();
            slow.push(one);
            return slow.length > 50 ? Promise.resolve() : one.promise;
          },
        },
      ],
      periodicJobs: [],
      rounds: [
        {
          run: async () => {
            looks += 1;
            await new Promise((resolve) => setImmediate(resolve));
            return 1;
          },
        },
      ],
    });
    for (let n = 0; n < 51; n += 1) await queue('slow');
    await worker.start();
    while (slow.length < 50) {
      clock.advance(250);
      await new Promise((resolve) => setImmediate(resolve));
    }
    // By then it has asked for more, and waits for a place.
    for (const until = looks + 4; looks < until; ) {
      clock.advance(250);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const stopped = worker.stop(60_000);
    slow[0]?.resolve();
    while ((await jobsLeft()).length > 50) await new Promise((resolve) => setImmediate(resolve));
    for (const { resolve } of slow) resolve();
    await stopped;
    assert.equal(slow.length, 50);
    assert.equal((await jobsLeft()).length, 1);
  });
});

describe('a periodic job', () => {
  test('is run once per period by however many workers', async () => {
    let runs = 0;
    const hourly = { name: 'hourly', everyMs: 3_600_000, run: async () => void (runs += 1) };
    const workers = Array.from({ length: 4 }, () => workerOf([], [hourly]));
    const tickAll = () => Promise.all(workers.map((worker) => worker.tick()));
    await tickAll();
    await tickAll();
    assert.equal(runs, 1);
    clock.advance(3_600_000);
    await tickAll();
    assert.equal(runs, 2);
  });

  test('is run again by the others when one whose clock was years ahead is gone', async () => {
    let runs = 0;
    const daily = { name: 'daily', everyMs: 86_400_000, run: async () => void (runs += 1) };
    const ahead = { ...context, clock: { ...clock, now: () => clock.now() + 700 * 86_400_000 } };
    await createWorker({ context: ahead, version: 'test', jobs: [], periodicJobs: [daily] }).tick();
    const others = [workerOf([], [daily]), workerOf([], [daily])];
    const dayLater = async (lastClaim: string): Promise<number> => {
      const claimed = `update platform.periods set claimed_at = now() - interval '${lastClaim}' where name = 'daily'`;
      await asOwner(context.on, claimed);
      clock.advance(86_400_000);
      await Promise.all(others.map((worker) => worker.tick()));
      return runs;
    };
    assert.equal(await dayLater('47 hours'), 1);
    assert.equal(await dayLater('49 hours'), 2);
    assert.equal(await dayLater('24 hours'), 3);
  });

  test('that fails does not stop the worker', async () => {
    const worker = workerOf(
      [],
      [{ name: 'broken', everyMs: 1_000, run: () => Promise.reject(new Error('no')) }],
    );
    await worker.tick();
  });
});

test('waiting grows from two seconds to an hour, and never marches in step', () => {
  assert.equal(retryDelayMs(1, 0.5), 2_000);
  assert.equal(retryDelayMs(5, 0.5), 32_000);
  assert.equal(retryDelayMs(30, 0.5), 3_600_000);
  assert.equal(retryDelayMs(1, 0), 1_600);
  assert.equal(retryDelayMs(1, 1), 2_400);
});

describe('the outbox', () => {
  /** Takes so many changes each time it is asked, and then none. */
  const outboxOf = (counts: readonly number[]) => {
    const left = [...counts];
    const asked = { times: 0 };
    return {
      asked,
      outbox: async () => {
        asked.times += 1;
        return left.shift() ?? 0;
      },
    };
  };
  const whileWorking = async (
    outbox: () => Promise<number>,
    look: (settle: () => Promise<void>) => Promise<void>,
  ): Promise<void> => {
    let rounds = 0;
    const rest = async () => {
      rounds += 1;
      await new Promise((resolve) => setImmediate(resolve));
      return 1;
    };
    const worker = createWorker({
      context,
      version: 'test',
      jobs: [],
      periodicJobs: [],
      outbox: { run: outbox },
      rounds: [{ run: rest }],
    });
    // What is beside it goes on: some rounds later whatever was to be asked has been asked.
    const settle = async () => {
      for (const until = rounds + 5; rounds < until; ) {
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    await worker.start();
    try {
      await look(settle);
    } finally {
      await worker.stop(1_000);
    }
  };

  test('is left alone for a moment when it held little, so that more is taken at once', async () => {
    const { asked, outbox } = outboxOf([3, 5, 1]);
    await whileWorking(outbox, async (settle) => {
      await settle();
      assert.equal(asked.times, 1);
      clock.advance(24);
      await settle();
      assert.equal(asked.times, 1);
      clock.advance(1);
      await settle();
      assert.equal(asked.times, 2);
    });
  });

  test('waits for nothing else that takes long', async () => {
    const { asked, outbox } = outboxOf([64, 64, 64, 2]);
    const ending = Promise.withResolvers<number>();
    const worker = createWorker({
      context,
      version: 'test',
      jobs: [],
      periodicJobs: [],
      outbox: { run: outbox },
      rounds: [{ run: () => ending.promise }],
    });
    await worker.start();
    while (asked.times < 4) await new Promise((resolve) => setImmediate(resolve));
    ending.resolve(0);
    await worker.stop(1_000);
  });

  test('that held much is asked again at once', async () => {
    const { asked, outbox } = outboxOf([64, 500, 64, 2]);
    await whileWorking(outbox, async (settle) => {
      await settle();
      assert.equal(asked.times, 4);
    });
  });
});
