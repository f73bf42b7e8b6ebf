// A worker that dies, or stands still, with deliveries in its hands. Another one tells them long before the lease
// of a minute has ended, and who comes back changes nothing.

import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { asOwner, testContext } from '../../src/for-tests.ts';
import { environmentFor, temporaryData } from '../support/gateway.ts';
import { assertHealthy } from '../support/health.ts';
import { createMerchant } from '../support/merchant.ts';
import { type GatewayProcess, startProcess } from '../support/process.ts';
import { waitUntil } from '../support/writers.ts';
import { startSink } from './sink.ts';

const EVENTS = 2;

const context = await testContext();
const { key } = await createMerchant(context);
const environment = environmentFor(context.on, temporaryData());
const api = await startProcess(environment, ['--role', 'api']);
const [plain, ordered] = [await startSink(), await startSink()];
for (const { url, ordering } of [
  { url: plain.url, ordering: '' },
  { url: ordered.url, ordering: '&ordering=per_object' },
]) {
  const form = `url=${encodeURIComponent(url)}&enabled_events[]=customer.created${ordering}`;
  const { status, text } = await api.ask('POST', '/v1/webhook_endpoints', { key, form });
  assert.equal(status, 200, text);
}

const startWorker = (): Promise<GatewayProcess> => startProcess(environment, ['--role', 'worker']);

const hanging: ServerResponse[] = [];
const hang = (): void => {
  for (const sink of [plain, ordered]) {
    sink.behave((_, response) => void hanging.push(response));
  }
};
const answer = (): void => {
  for (const sink of [plain, ordered]) sink.behave(200);
};

/** Some are in the hands of the worker, which waits for an answer that does not come. */
const heldBy = async (start: () => Promise<GatewayProcess>): Promise<GatewayProcess> => {
  hang();
  const from = [plain.received.length, ordered.received.length];
  const worker = await start();
  for (let n = 0; n < EVENTS; n += 1) {
    const { status, text } = await api.ask('POST', '/v1/customers', { key, form: 'name=Jenny' });
    assert.equal(status, 200, text);
  }
  await plain.until((from[0] ?? 0) + EVENTS);
  await ordered.until((from[1] ?? 0) + EVENTS);
  return worker;
};

const leasesEndFirst = async (): Promise<number> => {
  const [row] = await asOwner(
    context.on,
    `select extract(epoch from min(u) - clock_timestamp())::float8 as seconds
       from (select until as u from outward.leases where until > '-infinity'
             union all select leased_until from outward.due_deliveries) as held`,
  );
  return Number(row?.['seconds']);
};

const allTold = async (): Promise<boolean> => {
  const open = 'select 1 as one from outward.deliveries where state <> 2 limit 1';
  return (await asOwner(context.on, open)).length === 0;
};

const eachToldTwice = (): void => {
  for (const { received } of [plain, ordered]) {
    const latest = received.slice(-2 * EVENTS).map(({ event }) => event.id);
    assert.deepEqual(latest.slice(EVENTS).sort(), latest.slice(0, EVENTS).sort());
  }
};

test('What a killed worker held is told by another one before its lease ends', async (t) => {
  const first = await heldBy(startWorker);
  const second = await startWorker();
  answer();
  const endsInSeconds = await leasesEndFirst();
  assert.ok(endsInSeconds > 35, `It was taken ${endsInSeconds} s before its lease ends`);
  const killedMs = performance.now();
  await first.kill();
  await waitUntil('all are told', 30_000, allTold);
  t.diagnostic(`told ${Math.round(performance.now() - killedMs)} ms after the kill`);
  eachToldTwice();
  assert.equal(await second.stop(), 0, second.output());
});

test('What a killed worker held is told by the one that is started in its place', async (t) => {
  const first = await heldBy(startWorker);
  assert.ok((await leasesEndFirst()) > 35);
  answer();
  const killedMs = performance.now();
  await first.kill();
  const next = await startWorker();
  await waitUntil('all are told', 30_000, allTold);
  t.diagnostic(`told ${Math.round(performance.now() - killedMs)} ms after the kill`);
  eachToldTwice();
  assert.equal(await next.stop(), 0, next.output());
});

test('What a worker held that stands still is told by another one, and waking up it changes nothing', async (t) => {
  const sleeper = await heldBy(startWorker);
  const second = await startWorker();
  answer();
  const asked = hanging.slice(-2 * EVENTS);
  const stoppedMs = performance.now();
  process.kill(sleeper.pid, 'SIGSTOP');
  try {
    await waitUntil('all are told', 45_000, allTold);
    t.diagnostic(`told ${Math.round(performance.now() - stoppedMs)} ms after it stood still`);
  } finally {
    process.kill(sleeper.pid, 'SIGCONT');
  }
  for (const response of asked) response.writeHead(500).end('told by the sleeper');
  assert.equal(await sleeper.stop(), 0, sleeper.output());
  assert.equal(await second.stop(), 0, second.output());
  const tries = await asOwner(
    context.on,
    `select state, attempts, tries->0->>'status' as status from outward.deliveries
      group by 1, 2, 3`,
  );
  assert.deepEqual(tries, [{ state: 2, attempts: 1, status: '200' }]);
  await assertHealthy(context.on);
  assert.equal(await api.stop(), 0, api.output());
});
