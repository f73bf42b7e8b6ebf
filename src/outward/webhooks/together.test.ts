// Who waits to be written down with others, and until when.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Context } from '#kit/context';
import { createTogether } from './together.ts';

/** Time goes on as it is told to. */
const waitingRoom = () => {
  let nowMs = 0;
  let isAnybodyToCome = true;
  const alarms = new Map<() => void, number>();
  const alarm = (ms: number, ring: () => void) => {
    const rings = (): void => ring();
    alarms.set(rings, nowMs + ms);
    return () => void alarms.delete(rings);
  };
  const clock = { monotonicMs: () => nowMs, alarm } as unknown as Context['clock'];
  const together = createTogether(() => isAnybodyToCome);
  const gone: string[] = [];
  return {
    gone,
    alarms,
    come: (who: string, isWaitedFor = false) =>
      void together.wait({ clock }, isWaitedFor).then(() => void gone.push(who)),
    isTheLast: () => {
      isAnybodyToCome = false;
    },
    at: async (ms: number) => {
      nowMs = ms;
      for (const [ring, atMs] of alarms) if (atMs <= nowMs && alarms.delete(ring)) ring();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
};

describe('results are written down together', () => {
  test('a while after the first of them came', async () => {
    const { come, at, gone, alarms } = waitingRoom();
    come('a');
    await at(20);
    come('b');
    await at(24);
    assert.deepEqual(gone, []);
    await at(25);
    assert.deepEqual(gone, ['a', 'b']);
    assert.equal(alarms.size, 0);
  });

  test('sooner where one of them is waited for', async () => {
    const { come, at, gone, alarms } = waitingRoom();
    come('a');
    await at(2);
    come('hurried', true);
    await at(11);
    assert.deepEqual(gone, []);
    await at(12);
    assert.deepEqual(gone, ['a', 'hurried']);
    assert.equal(alarms.size, 0);
  });

  test('no later because one is waited for', async () => {
    const { come, at, gone } = waitingRoom();
    come('a');
    await at(20);
    come('hurried', true);
    await at(25);
    assert.deepEqual(gone, ['a', 'hurried']);
  });

  test('at once when nobody else is to come', async () => {
    const { come, at, gone, isTheLast, alarms } = waitingRoom();
    come('a');
    isTheLast();
    come('b');
    await at(0);
    assert.deepEqual(gone, ['a', 'b']);
    assert.equal(alarms.size, 0);
  });

  test('at once when they are many, and the next wait anew', async () => {
    const { come, at, gone } = waitingRoom();
    for (let n = 0; n < 65; n += 1) come(`${n}`);
    await at(0);
    assert.equal(gone.length, 64);
    await at(25);
    assert.equal(gone.length, 65);
  });
});
