import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { manualClock } from './for-tests.ts';
import { inTime, late } from './in-time.ts';

describe('work that has a limit', () => {
  const counting = () => {
    const clock = manualClock();
    let alarms = 0;
    const alarm: typeof clock.alarm = (durationMs, ring) => {
      alarms += 1;
      const callOff = clock.alarm(durationMs, ring);
      return () => {
        alarms -= 1;
        callOff();
      };
    };
    return { clock: { ...clock, alarm }, left: () => alarms };
  };

  test('is what it came to, or fails as it did, and leaves no alarm', async () => {
    const { clock, left } = counting();
    assert.equal(await inTime({ clock }, Promise.resolve(null), 1_000), null);
    await assert.rejects(inTime({ clock }, Promise.reject(new Error('no')), 1_000), /^Error: no$/);
    assert.equal(left(), 0);
  });

  test('is late once that is over, and goes on, whatever it comes to', async () => {
    const clock = manualClock();
    for (const end of ['resolve', 'reject'] as const) {
      const work = Promise.withResolvers<void>();
      const heard = inTime({ clock }, work.promise, 1_000);
      clock.advance(1_000);
      assert.equal(await heard, late);
      work[end]();
      await work.promise.catch(() => {});
    }
  });
});
