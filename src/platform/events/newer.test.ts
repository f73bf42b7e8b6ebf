// Two versions run beside each other while one is replaced: the older one meets events that it does not know.

import assert from 'node:assert/strict';
import { before, beforeEach, describe, test } from 'node:test';
import type { Scope } from '#kit/context';
import { newUuid, parseId } from '#kit/ids';
import {
  appendChange,
  EVENT,
  type EventKind,
  findEvents,
  gatherEventKinds,
  traceEvents,
} from '#platform/events';
import { ApiError, type ApiRequest } from '#platform/http';
import { type TestContext, testAccount, testContext } from '../../for-tests.ts';
import { nobodyIsOwed } from './for-tests.ts';
import { eventRoutes } from './routes.ts';

const kind = (code: number, type: string, renderer = 1): EventKind => {
  const render = () => ({ object: { rendered: type } });
  return {
    code,
    type,
    object: 'thing',
    renderer,
    renderers: { 1: render, ...(renderer === 1 ? {} : { [renderer]: render }) },
  };
};
const [started, moved] = [kind(1, 'thing.started'), kind(2, 'thing.moved')];
const [movedAnew, exploded] = [kind(2, 'thing.moved', 2), kind(4, 'thing.exploded')];
const kinds = gatherEventKinds([started, moved]);
const older = eventRoutes(kinds, nobodyIsOwed);
const newer = eventRoutes(gatherEventKinds([started, movedAnew, exploded]), nobodyIsOwed);

let context: TestContext;
let scope: Scope;
before(async () => {
  context = await testContext();
});
beforeEach(async () => {
  scope = await testAccount(context);
});

const append = (objectId: string, sequence: number, ...of: EventKind[]) =>
  context.database.commit(scope, [
    appendChange(context, {
      scope,
      objectId,
      sequence,
      kinds: of,
      snapshot: {},
      request: null,
    }),
  ]);

type Event = { id: string; type: string };

const call = async (of: typeof older, name: string, parameters: object, path = {}) => {
  const found = of.find(({ operation }) => operation === name);
  assert.ok(found);
  const request = { scope, parameters, path, url: '/v1/events' } as unknown as ApiRequest;
  return (await found.handle(context, request)).body;
};
const list = async (of: typeof older, parameters: object = {}) =>
  ((await call(of, 'events.list', { limit: 10, ...parameters })) as { data: Event[] }).data;
const retrieve = async (of: typeof older, event: string) =>
  (await call(of, 'events.retrieve', {}, { event })) as Event;

const toComeAgain = (error: unknown): boolean =>
  error instanceof ApiError && error.status === 503 && error.fields.retryAfterSeconds === 1;

describe('what only a newer version knows', () => {
  test('is left out of no list, and nobody is told that it does not exist', async () => {
    const objectId = newUuid(context);
    await append(objectId, 1, started);
    await append(objectId, 2, moved, exploded);
    const all = await list(newer);
    assert.deepEqual(
      all.map(({ type }) => type),
      ['thing.exploded', 'thing.moved', 'thing.started'],
    );
    const [first] = all.map(({ id }) => id);

    for (const parameters of [
      {},
      { type: '*' },
      { type: 'thing.*' },
      { types: ['thing.started', 'thing.exploded'] },
      { type: 'thing.exploded' },
      { delivery_success: true, type: 'thing.*' },
    ])
      await assert.rejects(list(older, parameters), toComeAgain, JSON.stringify(parameters));
    await assert.rejects(retrieve(older, first ?? ''), toComeAgain);
  });

  test('is asked for after what stands before it, which is given first in either direction', async () => {
    const bodyOf = async (parameters: object) =>
      (await call(older, 'events.list', { limit: 3, ...parameters })) as {
        data: Event[];
        has_more: boolean;
      };
    await append(newUuid(context), 1, started);
    await append(newUuid(context), 1, moved, exploded);
    await append(newUuid(context), 1, started);
    const ids = (await list(newer)).map(({ id }) => id);
    const [newest, , known, oldest] = ids;
    for (const parameters of [{}, { type: 'thing.*' }, { delivery_success: true }]) {
      const { data, has_more } = await bodyOf(parameters);
      assert.deepEqual([data.map(({ id }) => id), has_more], [[newest], true]);
    }
    await assert.rejects(bodyOf({ starting_after: newest }), toComeAgain);
    const up = await bodyOf({ ending_before: oldest });
    assert.deepEqual([up.data.map(({ id }) => id), up.has_more], [[known], true]);
    await assert.rejects(bodyOf({ ending_before: known }), toComeAgain);
    // One that is the first of the next page changes nothing of this one.
    assert.deepEqual((await bodyOf({ limit: 1 })).data.length, 1);
  });

  test('is said to need whole names of types, by which the others can be listed meanwhile', async () => {
    await append(newUuid(context), 1, started);
    await append(newUuid(context), 1, exploded);
    await assert.rejects(list(older, { type: 'thing.*' }), /types\[\]=customer\.created/);
    assert.equal((await list(older, { types: ['thing.started', 'thing.moved'] })).length, 1);
  });

  test('keeps nobody from the events beside it, nor from going on behind it', async () => {
    await append(newUuid(context), 1, started);
    await append(newUuid(context), 1, moved, exploded);
    const [last, known, first] = (await list(newer)).map(({ id }) => id);
    assert.equal((await retrieve(older, known ?? '')).type, 'thing.moved');
    assert.deepEqual(
      (await list(older, { starting_after: last })).map(({ id }) => id),
      [known, first],
    );
    assert.deepEqual(
      (await list(older, { starting_after: known })).map(({ id }) => id),
      [first],
    );
    await assert.rejects(list(older, { ending_before: known }), toComeAgain);
  });

  test('keeps nobody from what was asked for by its name, nor from a trace', async () => {
    const objectId = newUuid(context);
    await append(objectId, 1, started);
    await append(objectId, 2, moved, exploded);
    const named = await list(older, { types: ['thing.moved', 'thing.started'] });
    assert.deepEqual(
      named.map(({ type }) => type),
      ['thing.moved', 'thing.started'],
    );
    const [, begun] = named;
    assert.equal((await retrieve(older, begun?.id ?? '')).type, 'thing.started');

    const traced = await traceEvents(context, scope, kinds, { objectId, count: 3 });
    assert.deepEqual(
      traced.map(({ says }) => says),
      [
        'The world is told: thing.started.',
        'The world is told: thing.moved.',
        'The world is told: what only a newer version knows.',
      ],
    );
  });

  test('may be how a kind is shown that both know', async () => {
    await append(newUuid(context), 1, movedAnew);
    const [event] = await list(newer);
    assert.equal(event?.type, 'thing.moved');
    await assert.rejects(list(older, { type: 'thing.moved' }), toComeAgain);
    const id = parseId(EVENT, event?.id ?? '') ?? '';
    // No webhook is told of it by this one, and none is given up.
    assert.equal((await findEvents(context, scope, kinds, [id])).size, 0);
  });
});
