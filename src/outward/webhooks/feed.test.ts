// The feed as it is read while it is numbered, and with an empty event.

import assert from 'node:assert/strict';
import { before, beforeEach, describe, test } from 'node:test';
import type { Context, Scope } from '#kit/context';
import { newUuid } from '#kit/ids';
import { appendChange, handOn } from '#platform/events';
import type { ApiRequest } from '#platform/http';
import { type TestContext, testAccount, testContext } from '../../for-tests.ts';
import { feedRoutes } from './feed-routes.ts';
import { created, kinds, listeners } from './for-tests-pump.ts';

let context: TestContext;
let scope: Scope;
before(async () => {
  context = await testContext();
});
beforeEach(async () => {
  scope = await testAccount(context);
});

const happen = async (): Promise<void> => {
  const change = { scope, objectId: newUuid(context), sequence: 1, kinds: [created], snapshot: {} };
  await context.database.commit(scope, [appendChange(context, { ...change, request: null })]);
  assert.equal(await handOn(context, listeners), 1);
};

type Feed = { data: unknown[]; has_more: boolean; next: number; next_event: string | null };

const read = async (parameters: object, on: Context = context): Promise<Feed> => {
  const request = { scope, parameters } as unknown as ApiRequest;
  return (await feedRoutes(kinds)[0]?.handle(on, request))?.body as Feed;
};

describe('the feed', () => {
  test('sends nobody back whose number was given while they asked for it', async () => {
    // A number of before a backup was restored, which is given anew between two looks.
    let asked = 0;
    const looksTwice: Context = {
      ...context,
      database: {
        ...context.database,
        read: async (of, statement, values) => {
          const found = await context.database.read(of, statement, values);
          if (statement.name === 'feed.read' && asked++ === 0) await happen();
          return found as never;
        },
      },
    };
    const { data, next, next_event } = await read({ after: 1 }, looksTwice);
    assert.deepEqual([data, next], [[], 1]);
    assert.equal(next_event, (await read({})).next_event);
  });

  test('with no event yet gives what can be asked with again', async () => {
    assert.equal((await read({})).next_event, null);
    assert.equal((await read({ after: 0, after_event: null })).next, 0);
    assert.equal((await read({ after_event: null })).next, 0);
    await happen();
    assert.equal((await read({ after: 0, after_event: null })).data.length, 1);
  });
});
