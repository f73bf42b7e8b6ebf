import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { manualClock } from '../../kit/context/for-tests.ts';
import { createGates } from './gates.ts';
import { fullBudget, lookDelayMs, spend } from './pace.ts';

const settings = {
  failuresMax: 3,
  openMs: 1_000,
  openMsMax: 4_000,
  atOnceMax: 2,
  waitMs: 500,
  waitingMax: 2,
};
const setup = (changes: Partial<typeof settings> = {}, byte = 0) => {
  const clock = manualClock();
  const random = { bytes: (count: number) => Buffer.alloc(count, byte) };
  const gates = createGates({ clock, random }, { ...settings, ...changes });
  const call = async (answered: boolean | null, account = 'a'): Promise<string> => {
    const passage = await gates.pass(account);
    if (!passage.ok) return passage.why;
    passage.leave(answered);
    return 'called';
  };
  const fail = async (times: number): Promise<void> => {
    for (let n = 0; n < times; n += 1) await call(false);
  };
  const begin = async (account = 'a') => {
    const passage = await gates.pass(account);
    assert.ok(passage.ok, 'It was let through');
    return passage;
  };
  return { clock, gates, call, fail, begin };
};

describe('a breaker', () => {
  test('opens after failures in a row, and an answer in between begins the count anew', async () => {
    const { call } = setup();
    for (const answered of [false, false, true, false, false]) await call(answered);
    assert.equal(await call(false), 'called');
    assert.equal(await call(true), 'circuit_open');
  });

  test('lets one call try it, and is left alone for longer each time that fails', async () => {
    const { clock, call, fail, begin } = setup();
    await fail(3);
    for (const openMs of [1_000, 2_000, 4_000, 4_000]) {
      clock.advance(openMs - 1);
      assert.equal(await call(true), 'circuit_open');
      clock.advance(1);
      const trial = await begin();
      assert.equal(await call(true), 'circuit_open');
      trial.leave(false);
    }
  });

  test('lets two try it once one was answered, then four, then all: who comes meanwhile waits for it', async () => {
    const { clock, gates, fail, begin } = setup({ atOnceMax: 8, waitingMax: 8 });
    await fail(3);
    clock.advance(1_000);
    const first = await begin();
    first.leave(true);
    const two = [await begin(), await begin()];
    let through = 0;
    const crowd = Array.from({ length: 8 }, async () => {
      const passage = await gates.pass('a');
      through += 1;
      return passage;
    });
    const heard = async () => {
      await setImmediate();
      return through;
    };
    assert.equal(await heard(), 0);
    two[0]?.leave(true);
    assert.equal(await heard(), 3, 'With the second of the two they are four');
    two[1]?.leave(true);
    assert.equal(await heard(), 8);
    assert.ok((await Promise.all(crowd)).every(({ ok }) => ok));
  });

  test('opens again for all who wait where one of the trials fails, and what the others hear is nothing new', async () => {
    const { clock, gates, call, fail, begin } = setup({ atOnceMax: 8 });
    await fail(3);
    clock.advance(1_000);
    (await begin()).leave(true);
    const [bad, late] = [await begin(), await begin()];
    const waiting = gates.pass('a');
    bad.leave(false);
    assert.deepEqual(await waiting, { ok: false, why: 'circuit_open' });
    late.leave(true);
    clock.advance(1_999);
    assert.equal(await call(true), 'circuit_open');
    clock.advance(1);
    assert.equal(await call(true), 'called');
  });

  test('hears nothing of now in what was called before it opened', async () => {
    const { clock, call, fail, begin } = setup({ atOnceMax: 8 });
    const old = [await begin(), await begin(), await begin(), await begin()];
    await fail(3);
    clock.advance(1_000);
    const trial = await begin();
    old[0]?.leave(true);
    assert.equal(await call(true), 'circuit_open');
    trial.leave(true);
    for (const answered of [true, true]) assert.equal(await call(answered), 'called');
    for (const each of old.slice(1)) each.leave(false);
    assert.equal(await call(true), 'called');
  });

  test('a trial that never asked anything leaves the next call to be the trial', async () => {
    const { clock, call, fail } = setup();
    await fail(3);
    clock.advance(1_000);
    assert.equal(await call(null), 'called');
    assert.equal(await call(true), 'called');
  });

  test('is tried sooner by chance, by a fifth of the wait at most', async () => {
    const { clock, call, fail } = setup({}, 255);
    await fail(3);
    clock.advance(799);
    assert.equal(await call(true), 'circuit_open');
    clock.advance(1);
    assert.equal(await call(true), 'called');
  });

  test('is tried at once where its provider is known to be there again', async () => {
    const { gates, call, fail, begin } = setup();
    await fail(3);
    gates.reachable('a');
    gates.reachable('b');
    const trial = await begin();
    assert.equal(await call(true), 'circuit_open');
    trial.leave(false);
    assert.equal(await call(true), 'circuit_open');
    assert.equal(await call(true, 'b'), 'called');
  });

  test('of one account is no other account’s, and which are shut or failing can be asked', async () => {
    const { clock, gates, call, fail, begin } = setup();
    await fail(3);
    assert.equal(await call(true, 'b'), 'called');
    assert.deepEqual(gates.shut(), ['a']);
    clock.advance(1_000);
    assert.deepEqual([gates.shut(), gates.failing()], [[], ['a']]);
    await begin();
    assert.deepEqual([gates.shut(), gates.failing()], [['a'], ['a']]);
  });
});

describe('a bulkhead', () => {
  test('holds so many calls of an account, and lets the next in when one has left', async () => {
    const { gates } = setup();
    const [first, second] = [await gates.pass('a'), await gates.pass('a')];
    assert.ok(first.ok && second.ok);
    const [third, fourth] = [gates.pass('a'), gates.pass('a')];
    assert.deepEqual(await gates.pass('a'), { ok: false, why: 'too_many_at_once' });
    assert.ok((await gates.pass('b')).ok);
    first.leave(true);
    const passed = await third;
    assert.ok(passed.ok);
    passed.leave(true);
    assert.ok((await fourth).ok);
  });

  test('sends away who has waited for too long, and gives their place to nobody', async () => {
    const { clock, gates } = setup();
    const first = await gates.pass('a');
    assert.ok(first.ok && (await gates.pass('a')).ok);
    const third = gates.pass('a');
    clock.advance(500);
    assert.deepEqual(await third, { ok: false, why: 'too_many_at_once' });
    first.leave(true);
    assert.ok((await gates.pass('a')).ok);
  });

  test('whoever waits while the breaker opens is told so at once', async () => {
    const { gates } = setup();
    const [first, second] = [await gates.pass('a'), await gates.pass('a')];
    assert.ok(first.ok && second.ok);
    const waiting = [gates.pass('a'), gates.pass('a')];
    first.leave(false);
    const next = await waiting[0];
    assert.ok(next?.ok);
    next.leave(false);
    const again = await waiting[1];
    assert.ok(again?.ok);
    const last = gates.pass('a');
    again.leave(false);
    assert.deepEqual(await last, { ok: false, why: 'circuit_open' });
  });
});

describe('pace', () => {
  test('is soon at first, then seldom', () => {
    const hour = 3_600_000;
    assert.deepEqual(
      [0, 1, 3, 9].map((tries) => lookDelayMs(tries, 0)),
      [2_000, 4_000, 16_000, 60_000],
    );
    assert.equal(lookDelayMs(30, 2 * hour), 300_000);
    assert.equal(lookDelayMs(0, 25 * hour), hour);
  });

  test('a budget fills with time up to its burst, and a clock that steps back takes nothing', () => {
    const pace = { perSecond: 2, burst: 4 };
    let { granted, budget } = spend(fullBudget(pace, 0), pace, 10, 0);
    assert.equal(granted, 4);
    ({ granted, budget } = spend(budget, pace, 10, 1_500));
    assert.equal(granted, 3);
    ({ granted, budget } = spend(budget, pace, 10, 1_000));
    assert.equal(granted, 0);
    ({ granted } = spend(budget, pace, 10, 1e9));
    assert.equal(granted, 4);
  });
});
