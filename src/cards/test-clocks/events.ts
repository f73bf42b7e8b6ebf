import type { Context, Scope, Write } from '#kit/context';
import { appendChange, type Cause, type EventKind, type EventRenderer } from '#platform/events';
import { renderTestClock } from './render-test-clock.ts';
import type { TestClock } from './test-clock.ts';

const render: EventRenderer = (snapshot) => ({
  object: renderTestClock(snapshot['clock'] as TestClock),
});

const kind = (code: number, name: string): EventKind => ({
  code,
  type: `test_helpers.test_clock.${name}`,
  object: 'test_helpers.test_clock',
  renderers: { 1: render },
  renderer: 1,
});

export const clockCreated = kind(121, 'created');
export const clockAdvancing = kind(122, 'advancing');
export const clockReady = kind(123, 'ready');
export const clockDeleted = kind(124, 'deleted');
const clockFailed = kind(125, 'internal_failure');

export const testClockEventKinds = [
  clockCreated,
  clockAdvancing,
  clockReady,
  clockDeleted,
  clockFailed,
];

/** `clock.events` counts it already. */
export const tellOfClock = (
  context: Context,
  scope: Scope,
  clock: TestClock,
  what: EventKind,
  request: Cause,
): Write =>
  appendChange(context, {
    scope,
    objectId: clock.id,
    sequence: clock.events,
    kinds: [what],
    snapshot: { clock },
    request,
  });
