import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import type { Context } from '#kit/context';
import { manualClock, silentLog } from '../../kit/context/for-tests.ts';
import { createRounds, type Round } from './rounds.ts';

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
