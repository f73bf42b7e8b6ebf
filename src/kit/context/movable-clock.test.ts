import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from './for-tests.ts';
import { movableClock, onRealTime, realClock } from './movable-clock.ts';
import { systemClock } from './system.ts';

const DAY_MS = 86_400_000;

test('a movable clock is ahead by what it was moved, and runs on', () => {
  const real = manualClock();
  const clock = movableClock(real);
  const startedMs = real.now();
  clock.moveTo(8 * DAY_MS);
  assert.equal(clock.now(), startedMs + 8 * DAY_MS);
  real.advance(1_000);
  assert.equal(clock.now(), startedMs + 8 * DAY_MS + 1_000);
});

test('it never goes back', () => {
  const real = manualClock();
  const clock = movableClock(real);
  clock.moveTo(DAY_MS);
  clock.moveTo(DAY_MS - 1);
  assert.equal(clock.now(), real.now() + DAY_MS);
  assert.equal(clock.offsetMs, DAY_MS);
});

test('moving it touches no timer: durations are those of the clock below', async () => {
  const real = manualClock();
  const clock = movableClock(real);
  const beganMs = clock.monotonicMs();
  let isAwake = false;
  const sleep = async (): Promise<void> => {
    await clock.sleep(1_000);
    isAwake = true;
  };
  const sleeping = sleep();
  clock.moveTo(365 * DAY_MS);
  await Promise.resolve();
  assert.equal(isAwake, false);
  assert.equal(clock.monotonicMs(), beganMs);
  real.advance(1_000);
  await sleeping;
});

test('an alarm rings once its time is over, by the clock below, unless it was called off', () => {
  const real = manualClock();
  const clock = movableClock(real);
  const rung: string[] = [];
  clock.alarm(1_000, () => rung.push('rings'));
  const callOff = clock.alarm(1_000, () => rung.push('was called off'));
  clock.moveTo(DAY_MS);
  real.advance(999);
  callOff();
  assert.deepEqual(rung, []);
  real.advance(1);
  assert.deepEqual(rung, ['rings']);
});

test('the clock of the machine rings its alarms too', async () => {
  const callOff = systemClock.alarm(0, () => assert.fail('It was called off.'));
  callOff();
  await new Promise<void>((resolve) => systemClock.alarm(1, resolve));
});

test('the clock below is found again, and a clock that nobody can move is its own', () => {
  const real = manualClock();
  const clock = movableClock(real);
  clock.moveTo(DAY_MS);
  assert.equal(realClock(clock), real);
  assert.equal(realClock(real), real);
  const context = { clock, name: 'kept' };
  assert.deepEqual(onRealTime(context), { clock: real, name: 'kept' });
});
