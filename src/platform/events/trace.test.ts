import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newUuid } from '#kit/ids';
import { testContext } from '../../for-tests.ts';
import { gatherTrace, type TraceEntry } from './trace.ts';

const entry = (atMs: number, what: string, leads?: number): TraceEntry => ({
  atMs,
  what,
  says: what,
  details: {},
  ...(leads === undefined ? {} : { leads }),
});

test('a trace is in order of time, and within a millisecond what begins stands before what came of it', async () => {
  const context = await testContext();
  const trace = gatherTrace([
    async () => [entry(2, 'answer'), entry(1, 'begun')],
    async () => [entry(1, 'attempt', 1)],
    async () => [entry(1, 'registered', 2), entry(2, 'told')],
  ]);
  const scope = { accountId: newUuid(context), livemode: false };
  const told = await trace(context, scope, newUuid(context));
  assert.deepEqual(
    told.map(({ what }) => what),
    ['registered', 'attempt', 'begun', 'answer', 'told'],
  );
});
