import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
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
const setup = () => {
  const clock = manualClock();
  const gates = createGates(clock, settings);
  const call = async (answered: boolean | null, account = 'a'): Promise<string> => {
    const passage = await gates.pass(account);
    if (!passage.ok) return passage.why;
    passage.leave(answered);
    return 'called';
  };
  return { clock, gates, call };
};

describe('a breaker', () => {
  test('opens after failures in a row, and an answer in between begins the count anew', async () => {
    const { call } = setup();
    for (const answered of [false, false, true, false, false]) await call(answered);
    assert.equal(await call(false), 'called');
    assert.equal(await call(true), 'circuit_open');
  });

  test('lets one probe through; what it says opens or closes it, longer each time', async () => {
    const { clock, gates, call } = setup();
    for (let n = 0; n < 3; n += 1) await call(false);
    for (const openMs of [1_000, 2_000, 4_000, 4_000]) {
      clock.advance(openMs - 1);
      assert.equal(await call(true), 'circuit_open');
      clock.advance(1);
      const probe = await gates.pass('a');
      assert.ok(probe.ok);
      assert.equal(await call(true), 'circuit_open');
      probe.leave(false);
    }
    clock.advance(4_000);
    assert.equal(await call(true), 'called');
    assert.equal(await call(true), 'called');
  });

  test('a probe that never asked anything leaves the next call to be the probe', async () => {
    const { clock, call } = setup();
    for (let n = 0; n < 3; n += 1) await call(false);
    clock.advance(1_000);
    assert.equal(await call(null), 'called');
    assert.equal(await call(true), 'called');
  });

  test('of one account is no other account’s', async () => {
    const { call } = setup();
    for (let n = 0; n < 4; n += 1) await call(false);
    assert.equal(await call(true, 'b'), 'called');
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
    const probe = await waiting[0];
    assert.ok(probe?.ok);
    probe.leave(false);
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
