// Power cuts in the middle of telling. The worker is killed at each point between taking a delivery and
// writing down what came of it, and at moments of chance while many are under way. Nothing is lost, and what
// is told twice is told under the same id, with the same bytes.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type CrashPoint, crashPoints } from '#kit/context';
import { asOwner, testContext } from '../../src/for-tests.ts';
import { runs } from '../support/full.ts';
import { environmentFor, temporaryData } from '../support/gateway.ts';
import { assertHealthy } from '../support/health.ts';
import { createMerchant } from '../support/merchant.ts';
import { runToItsEnd, startProcess } from '../support/process.ts';
import { waitUntil } from '../support/writers.ts';
import { startSink } from './sink.ts';

const KILLS = runs(1, 20);
const EVENTS_EACH = 10;

const context = await testContext();
const { key } = await createMerchant(context);
const environment = environmentFor(context.on, temporaryData());
// It takes requests and tells nobody anything: that is the worker's, which is killed.
const api = await startProcess(environment, ['--role', 'api']);
const sinks = [await startSink(), await startSink()];
for (const { url } of sinks) {
  const form = `url=${encodeURIComponent(url)}&enabled_events[]=customer.created`;
  const { status, text } = await api.ask('POST', '/v1/webhook_endpoints', { key, form });
  assert.equal(status, 200, text);
}

const happen = async (): Promise<void> => {
  for (let n = 0; n < EVENTS_EACH; n += 1) {
    const { status, text } = await api.ask('POST', '/v1/customers', { key, form: 'name=Jenny' });
    assert.equal(status, 200, text);
  }
};

/** As if its lease had ended by time. */
const freeWhatWasLeft = async (): Promise<void> => {
  await asOwner(context.on, `update outward.leases set until = now() - interval '1 second'`);
  await asOwner(context.on, 'update outward.due_deliveries set leased_until = null');
};

const points: readonly CrashPoint[] = ['webhook.leased', 'webhook.told'];

describe('a worker that is killed while it tells', () => {
  for (const point of points) {
    test(`at ${point}, ${KILLS} times`, async () => {
      for (let kill = 0; kill < KILLS; kill += 1) {
        await happen();
        const pass = point === 'webhook.told' ? 1 + ((kill * 7) % EVENTS_EACH) : 1;
        const { code, output } = await runToItsEnd(
          { ...environment, TOLLGATE_CRASH_AT: `${crashPoints[point]}:${pass}` },
          ['--role', 'worker'],
        );
        assert.equal(code, null, output);
        await freeWhatWasLeft();
      }
    });
  }

  test(`at any moment, ${KILLS} times`, async () => {
    for (let kill = 0; kill < KILLS; kill += 1) {
      await happen();
      const worker = await startProcess(environment, ['--role', 'worker']);
      const [first] = sinks;
      assert.ok(first !== undefined);
      await first.until(first.received.length + 1 + (kill % EVENTS_EACH));
      await worker.kill();
      await freeWhatWasLeft();
    }
  });

  test('loses nothing, and tells everything under its id', async (t) => {
    await happen();
    const living = await startProcess(environment, ['--role', 'worker']);
    const open = 'select 1 as one from outward.deliveries where state <> 2 limit 1';
    const unheard = 'select 1 as one from platform.outbox limit 1';
    await waitUntil('the last delivery', 120_000, async () => {
      const left = [await asOwner(context.on, unheard), await asOwner(context.on, open)];
      return left.every((rows) => rows.length === 0);
    });
    assert.equal(await living.stop(), 0, living.output());

    const events = await asOwner(context.on, 'select id from platform.events');
    assert.equal(events.length, EVENTS_EACH * (KILLS * 3 + 1));
    for (const { received } of sinks) {
      const told = Map.groupBy(received, ({ event }) => event.id);
      assert.equal(told.size, events.length);
      for (const [id, each] of told) {
        assert.equal(new Set(each.map(({ body }) => body.toString())).size, 1);
        for (const { headers } of each) assert.equal(headers['webhook-id'], id);
      }
      t.diagnostic(`${told.size} events, told ${received.length} times`);
    }
    await assertHealthy(context.on);
    assert.equal(await api.stop(), 0, api.output());
  });
});
