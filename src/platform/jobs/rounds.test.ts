import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import type { Context, Scope } from '#kit/context';
import { manualClock, silentLog } from '../../kit/context/for-tests.ts';
import { allLookedAt, lookAtEach } from './look-at-each.ts';
import { createRounds, everySoOften, type Round } from './rounds.ts';

const clock = manualClock();
/** What the database says yes to, and how often it was asked. */
let due: Set<string>;
let looks: number;
let runs: string[];

const read = async (_: unknown, { text }: { readonly text: string }): Promise<unknown[]> => {
  looks += 1;
  const asked = [...text.matchAll(/\((\w+)\) as "(\d+)"/g)];
  return [Object.fromEntries(asked.map(([, what = '', n]) => [n, due.has(what)]))];
};
const context = { clock, log: silentLog, database: { read } } as unknown as Context;

beforeEach(() => {
  [due, looks, runs] = [new Set(), 0, []];
});

/** Does something for as long as it is due. */
const roundOf = (name: string): Round => ({
  asks: name,
  run: async () => {
    runs.push(name);
    return Number(due.delete(name));
  },
});
const roundsOf = (rounds: readonly Round[], more = {}) =>
  createRounds(context, {
    name: 'test',
    rounds,
    lookAgainMs: () => 250,
    waitsMs: () => 0,
    ...more,
  });

describe('a round', () => {
  test('is run at first, and then when there is something to do for it', async () => {
    const rounds = roundsOf([roundOf('mails'), roundOf('disputes')]);
    await rounds.go();
    assert.deepEqual([runs.splice(0), looks], [['mails', 'disputes'], 0]);
    assert.equal(rounds.pauseMs(), 250);

    due.add('disputes');
    clock.advance(249);
    await rounds.go();
    assert.deepEqual([runs, looks], [[], 0]);
    clock.advance(1);
    await rounds.go();
    assert.deepEqual([runs, looks], [['disputes'], 1]);
  });

  test('that did something is run again before anybody looks', async () => {
    due.add('mails');
    const rounds = roundsOf([roundOf('mails')]);
    await rounds.go();
    assert.ok(rounds.pauseMs() <= 0);
    await rounds.go();
    assert.deepEqual([runs, looks], [['mails', 'mails'], 0]);
    assert.equal(rounds.pauseMs(), 250);
  });

  test('is not left out for more than ten seconds, whatever is answered', async () => {
    const rounds = roundsOf([roundOf('mails')]);
    await rounds.go();
    for (let n = 0; n < 39; n += 1) {
      clock.advance(250);
      await rounds.go();
    }
    assert.deepEqual([runs.length, looks], [1, 39]);
    clock.advance(250);
    await rounds.go();
    assert.equal(runs.length, 2);
  });

  test('of which nobody can tell is run with each look, and needs no database for it', async () => {
    const rounds = roundsOf([{ run: async () => runs.push('any') - runs.length }]);
    await rounds.go();
    clock.advance(250);
    await rounds.go();
    assert.deepEqual([runs.length, looks], [2, 0]);
  });

  test('is asked for less often the longer nothing happened', async () => {
    const rounds = roundsOf([roundOf('mails')], {
      lookAgainMs: (idleMs: number) => 50 + idleMs,
    });
    await rounds.go();
    assert.equal(rounds.pauseMs(), 50);
    clock.advance(50);
    await rounds.go();
    assert.equal(rounds.pauseMs(), 100);
    due.add('mails');
    clock.advance(100);
    await rounds.go();
    await rounds.go();
    assert.equal(rounds.pauseMs(), 50);
  });

  test('that failed is tried again however seldom it is run, and called done once it is', async () => {
    let isBroken = true;
    const said: unknown[] = [];
    const seal = everySoOften(60_000, async () => {
      runs.push('seal');
      if (isBroken) throw new Error('The disk is full');
      return 1;
    });
    const say = (_: unknown, text: string) => void said.push(text);
    const log = { ...silentLog, warn: say, error: say };
    const rounds = createRounds({ ...context, log } as Context, {
      name: 'test',
      rounds: [seal],
      lookAgainMs: () => 250,
      waitsMs: () => 0,
    });
    await rounds.go();
    for (const waitsMs of [500, 1_000]) {
      clock.advance(waitsMs);
      await rounds.go();
    }
    assert.deepEqual([runs.length, said.length], [3, 1]);
    isBroken = false;
    clock.advance(2_000);
    await rounds.go();
    assert.deepEqual([runs.length, said.length], [4, 2]);
    clock.advance(59_999);
    await rounds.go();
    assert.equal(runs.length, 4);
  });

  test('that took long is begun again only when it has ended', async () => {
    const ends: PromiseWithResolvers<number>[] = [];
    let underWay = 0;
    let most = 0;
    const rounds = roundsOf([
      {
        run: async () => {
          const end = Promise.withResolvers<number>();
          ends.push(end);
          underWay += 1;
          most = Math.max(most, underWay);
          try {
            return await end.promise;
          } finally {
            underWay -= 1;
          }
        },
      },
    ]);
    const settle = () => new Promise((resolve) => setImmediate(resolve));
    void rounds.go();
    await settle();
    clock.advance(250);
    await settle();
    ends[0]?.reject(new Error('It took long for nothing'));
    // Whoever asks at the very moment it ends comes too early.
    for (let n = 0; n < 20; n += 1) {
      void rounds.go();
      await Promise.resolve();
    }
    for (let n = 0; n < 4; n += 1) {
      clock.advance(500);
      void rounds.go();
      await settle();
    }
    assert.deepEqual([ends.length, most], [2, 1]);
    for (const { resolve } of ends) resolve(0);
    await rounds.idle();
  });

  test('that rests is run when it is woken', async () => {
    const rounds = roundsOf([roundOf('mails')], { lookAgainMs: () => Number.POSITIVE_INFINITY });
    await rounds.go();
    const resting = rounds.rest(rounds.pauseMs());
    rounds.wake();
    await resting;
    await rounds.go();
    assert.deepEqual([runs.length, looks], [2, 0]);
  });
});

test('An account whose provider is silent keeps those of no other from being looked at, nor itself many times', async () => {
  const silent = Promise.withResolvers<boolean>();
  const looked: string[] = [];
  const due = ['silent 1', 'silent 2', 'other 1', 'other 2'].map((name) => {
    const [accountId = ''] = name.split(' ');
    return { scope: { accountId, livemode: true }, name };
  });
  const run = lookAtEach<(typeof due)[number]>({
    atOnce: 4,
    find: async () => due,
    spell: ({ name }) => name,
    look: async (_, { name }) => {
      looked.push(name);
      return name === 'silent 1' ? silent.promise : true;
    },
  });
  const running = run(context);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(looked, ['silent 1', 'other 1', 'other 2']);
  clock.advance(5_000);
  assert.equal(await running, 2, 'The others wait no longer');
  looked.length = 0;
  assert.equal(await run(context), 2);
  assert.deepEqual(looked.splice(0), ['other 1', 'other 2'], 'It is being looked at still');
  let isOver = false;
  const over = allLookedAt(context).then(() => (isOver = true));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(isOver, false);
  silent.resolve(true);
  await over;
  await run(context);
  assert.ok(looked.includes('silent 2'), String(looked));
});

test('Where more of an account is due than is looked at in a round, the others have their turn before its next', async () => {
  const dueOf = (accountId: string, count: number) =>
    Array.from({ length: count }, (_, n) => ({
      name: `${accountId} ${n + 1}`,
      scope: { accountId, livemode: false },
    }));
  let all = [...dueOf('silent', 9), ...dueOf('one', 5), ...dueOf('other', 1)];
  const looked: string[] = [];
  const run = lookAtEach<(typeof all)[number]>({
    atOnce: 4,
    find: async (_, atMost, butOf) =>
      all.filter(({ scope }) => !butOf.includes(scope.accountId)).slice(0, atMost),
    spell: ({ name }) => name,
    look: async (_, one) => {
      looked.push(one.name);
      if (one.scope.accountId === 'silent') clock.advance(30_000);
      else all = all.filter((each) => each !== one);
      return true;
    },
  });
  const roundOfAll = async (): Promise<string[]> => {
    await run(context);
    return looked.splice(0);
  };
  assert.deepEqual(await roundOfAll(), ['silent 1']);
  assert.deepEqual(await roundOfAll(), ['one 1', 'one 2', 'one 3', 'one 4']);
  assert.deepEqual(await roundOfAll(), ['other 1'], 'All that is left have had theirs');
  assert.deepEqual(await roundOfAll(), ['silent 1']);
  assert.deepEqual(await roundOfAll(), ['one 5']);
  assert.deepEqual(await roundOfAll(), ['silent 1']);
  all = dueOf('silent', 9);
  assert.deepEqual(await roundOfAll(), ['silent 1'], 'Nobody else waits');
});

/** So many are due of one account, of whom some cannot be read; what was asked for, and looked at. */
const lookingAt = (
  due: () => readonly { readonly name: string; readonly accountId: string }[],
  readingMs: number,
) => {
  const asked: string[] = [];
  const looked: string[] = [];
  const run = lookAtEach<{ readonly name: string; readonly scope: Scope }>({
    atOnce: 4,
    find: async (_, atMost, butOf) => {
      asked.push(butOf.join(' '));
      if (butOf.length > 0) clock.advance(readingMs);
      const others = due().filter(({ accountId }) => !butOf.includes(accountId));
      return others
        .slice(0, atMost)
        .map(({ name, accountId }) => ({ name, scope: { accountId, livemode: false } }));
    },
    spell: ({ name }) => name,
    look: async (_, { name }) => {
      if (name.startsWith('broken')) throw new Error('It cannot be read.');
      looked.push(name);
      return true;
    },
  });
  const round = async (): Promise<readonly string[]> => {
    await run(context);
    return looked.splice(0);
  };
  return { round, asked };
};

const many = Array.from({ length: 20 }, (_, n) => ({ name: `one ${n}`, accountId: 'one' }));

test('To find that nobody else waits, all that is due of one is read past for a twentieth of the time', async () => {
  const { round, asked } = lookingAt(() => many, 100);
  await round();
  await round();
  assert.deepEqual(asked.splice(0), ['', 'one', '']);
  clock.advance(1_999);
  assert.equal((await round()).length, 4);
  assert.deepEqual(asked.splice(0), ['']);
  clock.advance(1);
  await round();
  assert.deepEqual(asked.splice(0), ['one', '']);
});

test('What is set aside of another account takes no turn of one that has much to be looked at', async () => {
  const broken = [1, 2, 3].map((n) => ({ name: `broken ${n}`, accountId: 'other' }));
  const { round } = lookingAt(() => [...broken, ...many], 0);
  await round();
  for (let n = 0; n < 4; n += 1) assert.equal((await round()).length, 4);
});
