import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Context } from '#kit/context';
import { Unavailable } from '#kit/failure';
import { manualClock } from '../../kit/context/for-tests.ts';
import { createOutage } from './outage.ts';

const logged = () => {
  const lines: string[] = [];
  const at =
    (level: string) =>
    (fields: object, message: string): void =>
      void lines.push(
        `${level} ${message} ${'count' in fields ? String(fields.count) : ''}`.trim(),
      );
  const clock = manualClock();
  const log = { info: at('info'), warn: at('warn'), error: at('error'), debug: at('debug') };
  return { lines, clock, context: { clock, log } as unknown as Context };
};
const away = new Unavailable('The database does not answer.');
const over = 'warn Deliveries are made and noted again: so many had to wait';

test('An outage is told once when it begins, and once with its number when it is over', () => {
  const { lines, clock, context } = logged();
  const outage = createOutage();
  outage.over(context);
  for (let n = 0; n < 500; n += 1) outage.failed(context, away, `delivery ${n}`);
  outage.over(context);
  outage.over(context);
  assert.deepEqual(lines, ['warn delivery 0', `${over} 500`]);

  // Some that failed with the others say so late.
  outage.failed(context, away, 'late');
  outage.over(context);
  clock.advance(10_000);
  outage.failed(context, away, 'the next outage');
  assert.deepEqual(lines.slice(2), [`${over} 1`, 'warn the next outage']);
});

test('What is no outage is an error, each time', () => {
  const { lines, context } = logged();
  const outage = createOutage();
  for (let n = 0; n < 2; n += 1) outage.failed(context, new TypeError('a bug'), 'it failed');
  outage.over(context);
  assert.deepEqual(lines, ['error it failed', 'error it failed']);
});
