import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { handOn } from '#platform/events';
import { asOwner, type TestContext } from '../../for-tests.ts';
import { endpointOf, happen, listeners, until, world } from './for-tests-pump.ts';

describe('an endpoint to which nothing could be delivered for five days', () => {
  const failing = async (context: TestContext, days: number): Promise<void> => {
    await asOwner(
      context.on,
      `update outward.webhook_endpoints set failing_since = now() - interval '${days} days'`,
    );
  };
  const endpointNow = async (context: TestContext) => {
    const [row] = await asOwner(
      context.on,
      `select state, details->>'whyDisabled' as why from outward.webhook_endpoints`,
    );
    return row;
  };

  test('is disabled when it fails once more, with the reason, and not before', async () => {
    const { context, calls, pump, scope, always, count } = await world();
    await endpointOf(context, scope);
    const fail = async (days: number): Promise<void> => {
      await failing(context, days);
      // Until then it is taken as it was read for the one before.
      await delay(50);
      await happen(context, scope);
      await handOn(context, listeners);
      await pump.idle(context);
    };
    always(500);
    await fail(4.9);
    assert.deepEqual(await endpointNow(context), { state: 1, why: null });
    await fail(5.1);
    const { state, why } = (await endpointNow(context)) ?? {};
    assert.equal(state, 2);
    assert.match(String(why), /for five days/);
    assert.deepEqual([await count('due_deliveries'), calls.length], [2, 0], 'It stays owed.');
  });

  test('is left enabled where it took something else while it failed', async () => {
    const { context, calls, pump, scope } = await world();
    await endpointOf(context, scope);
    await failing(context, 6);
    await happen(context, scope, 2);
    await handOn(context, listeners);
    await until('both are under way', () => calls.length === 2);
    calls[0]?.answer(200);
    const failed = `select failing_since from outward.webhook_endpoints`;
    await until('it is known that it took one', async () => {
      const [row] = await asOwner(context.on, failed);
      return row?.['failing_since'] === null;
    });
    calls[1]?.answer(500);
    await pump.idle(context);
    assert.deepEqual(await endpointNow(context), { state: 1, why: null });
  });
});
