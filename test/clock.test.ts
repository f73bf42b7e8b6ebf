// The clock that a user moves, over two gateways on one database and a sandbox beside the first.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createAuthenticator, rollKey } from '#identity/keys';
import { keepRealTime } from '#platform/clock';
import { asOwner, testContext } from '../src/for-tests.ts';
import { forgetOldAnswers } from '../src/platform/idempotency/answers.ts';
import { controlOf } from './sandbox/support/control.ts';
import { newSandbox } from './sandbox/support/world.ts';
import { type GatewayChanges, startGatewayHere, temporaryData } from './support/gateway.ts';
import { refusalOf, stripeFor } from './support/stripe.ts';
import { startSink } from './webhooks/sink.ts';

const DAY_S = 86_400;
const DAY_MS = DAY_S * 1_000;
const PATH = '/v1/test_helpers/clock';

const sandbox = await newSandbox();
const beside: GatewayChanges['sandbox'] = {
  url: `http://127.0.0.1:${sandbox.ports.control}`,
  directory: sandbox.directoryUrl,
  acquirer: { host: '127.0.0.1', port: sandbox.ports.acquirer },
};
const folder = temporaryData();
const first = await startGatewayHere({ folder, movableClock: true, sandbox: beside });
const second = await startGatewayHere({ on: first.on, folder, movableClock: true });
const merchant = await first.merchant();
const { key } = merchant;
const stripe = stripeFor(first.port, key);

const move = (form: string, idempotencyKey?: string) =>
  first.ask('POST', PATH, { key, form, ...(idempotencyKey ? { idempotencyKey } : {}) });
const clockNow = async (): Promise<number> => (await first.ask('GET', PATH, { key })).body.now;
const isNear = (a: number, b: number, what: string): void =>
  assert.ok(Math.abs(a - b) <= 30, `${what}: ${a} and ${b}`);

test('every gateway and the sandbox are at the new time when the answer is there', async () => {
  const before = await clockNow();
  const moved = await move(`advance=${8 * DAY_S}`);
  assert.equal(moved.status, 200, moved.text);
  isNear(moved.body.now, before + 8 * DAY_S, 'the answer');
  assert.equal(moved.body.offset, 8 * DAY_S);
  isNear(moved.body.sandbox_now, moved.body.now, 'the sandbox by its own word');

  for (const gateway of [first, second]) {
    const made = await gateway.ask('POST', '/v1/customers', { key });
    isNear(made.body.created, before + 8 * DAY_S, 'a customer');
  }
  const { now } = await controlOf(sandbox.ports.control).get<{ now: string }>('/clock');
  isNear(Date.parse(now) / 1000, moved.body.now, 'the sandbox');
});

test('an event of the second gateway has the new time too', async () => {
  const made = await second.ask('POST', '/v1/customers', { key });
  const { data } = await stripe.events.list({ type: 'customer.created', limit: 1 });
  assert.equal(
    data[0]?.data.object && 'id' in data[0].data.object && data[0].data.object.id,
    made.body.id,
  );
  isNear(data[0]?.created ?? 0, await clockNow(), 'the event');
});

describe('a move', () => {
  test('to a moment is to that moment', async () => {
    const wanted = (await clockNow()) + 3 * DAY_S;
    const moved = await move(`now=${wanted}`);
    isNear(moved.body.now, wanted, 'the moment');
  });

  test('that is repeated under its key happens once', async () => {
    const before = await clockNow();
    const [once, again] = [await move('advance=3600', 'once'), await move('advance=3600', 'once')];
    assert.equal(again.text, once.text);
    isNear(await clockNow(), before + 3_600, 'once');
  });

  test('at the same time as another adds to it', async () => {
    const before = await clockNow();
    const both = await Promise.all([
      move('advance=3600'),
      second.ask('POST', PATH, { key, form: 'advance=7200' }),
    ]);
    assert.deepEqual(
      both.map(({ status }) => status),
      [200, 200],
    );
    isNear(await clockNow(), before + 10_800, 'both');
  });

  test('goes neither back, nor too far, nor two ways at once', async () => {
    const now = await clockNow();
    const refusals = [
      [`now=${now - 60}`, 'Time does not go back.'],
      [`now=${now + 500 * DAY_S}`, 'The clock moves 400 days at once at the most.'],
      [`now=${now + 60}&advance=60`, 'You may only specify one of these parameters: advance, now.'],
    ] as const;
    for (const [form, message] of refusals) {
      const refused = await move(form);
      assert.equal(refused.status, 400);
      assert.equal(refused.body.error.message, message);
    }
    assert.equal((await move('advance=0')).status, 400);
    assert.equal((await move('advance=-5')).status, 400);
    assert.equal((await move('')).status, 400);
    isNear(await clockNow(), now, 'nothing moved');
  });

  test('is for secret keys of test mode', async () => {
    const form = 'advance=60';
    const live = await first.ask('POST', PATH, { key: merchant.liveKey, form });
    assert.equal(live.status, 403);
    assert.equal(live.body.error.message, 'The clock of live mode cannot be moved.');
    const ofPage = await first.ask('POST', PATH, { key: merchant.publishableKey, form });
    assert.equal(ofPage.status, 403);
    const reader = await merchant.restrictedKey({ clock: 'read' });
    assert.equal((await first.ask('GET', PATH, { key: reader })).status, 200);
    assert.equal((await first.ask('POST', PATH, { key: reader, form })).status, 403);
  });
});

describe('what a jump must not touch', () => {
  test('an idempotency key of before still has its answer', async () => {
    const asked = { key, form: 'name=Once', idempotencyKey: 'of-before' };
    const once = await first.ask('POST', '/v1/customers', asked);
    await move(`advance=${8 * DAY_S}`);
    await forgetOldAnswers(first.context);
    const again = await first.ask('POST', '/v1/customers', asked);
    assert.equal(again.body.id, once.body.id);
    assert.equal(again.headers['idempotent-replayed'], 'true');
  });

  test('a key that was rolled a moment ago still works for its overlap', async () => {
    const old = await merchant.restrictedKey({ customers: 'read' });
    const context = { ...first.context };
    const found = await createAuthenticator().authenticate(context, old, '127.0.0.1');
    assert.ok(found.ok);
    assert.ok(await rollKey(context, found.key, 60 * 60 * 1000));
    await move(`advance=${8 * DAY_S}`);
    assert.equal((await first.ask('GET', '/v1/customers', { key: old })).status, 200);
  });

  test('the audit log says when somebody really did something', async () => {
    await merchant.restrictedKey({ customers: 'read' });
    const [entry] = await asOwner(
      first.on,
      'select at from identity.audit_entries order by at desc limit 1',
    );
    const distanceMs = Math.abs(Date.now() - new Date(entry?.['at'] as number).getTime());
    assert.ok(distanceMs < DAY_MS, `${distanceMs} ms`);
  });
});

test('the next try of a webhook comes with the clock, signed at the real time', async () => {
  const sink = await startSink(500);
  const endpoint = await stripe.webhookEndpoints.create({
    url: sink.url,
    enabled_events: ['customer.created'],
  });
  await stripe.customers.create({ name: 'Told twice' });
  await sink.until(1);
  sink.behave(200);
  // Its second try is minutes away.
  await move('advance=7200');
  await sink.until(2);
  const [once, again] = sink.received;
  assert.equal(again?.event.id, once?.event.id);
  const event = stripe.webhooks.constructEvent(
    again?.body ?? '',
    again?.headers['stripe-signature'] ?? '',
    endpoint.secret ?? '',
  );
  isNear(event.created, (await clockNow()) - 7_200, 'the event');
  await stripe.webhookEndpoints.del(endpoint.id);
});

test('a card expires with the clock', async () => {
  const year = new Date((await clockNow()) * 1000).getUTCFullYear();
  const card = { number: '4242424242424242', exp_month: 12, exp_year: year, cvc: '123' };
  await stripe.paymentMethods.create({ type: 'card', card });
  await move(`now=${Date.UTC(year + 1, 0, 2) / 1000}`);
  const refused = await refusalOf(stripe.paymentMethods.create({ type: 'card', card }));
  assert.equal(refused.code, 'invalid_expiry_year');
});

test('a gateway that starts later lives at the same time', async () => {
  const third = await startGatewayHere({ on: first.on, folder });
  const made = await third.ask('POST', '/v1/customers', { key });
  isNear(made.body.created, await clockNow(), 'a customer of the third');
  const refused = await third.ask('POST', PATH, { key, form: 'advance=60' });
  assert.equal(refused.status, 403);
  assert.match(refused.body.error.message, /TOLLGATE_MOVABLE_CLOCK=on allows it/);
});

describe('the table', () => {
  const appMay = async (text: string): Promise<string> => {
    const context = await testContext({ on: first.on });
    try {
      await context.database.system((tx) => tx.query({ name: '', text }));
      return 'done';
    } catch (error) {
      return error instanceof Error ? error.message : 'failed';
    }
  };

  test('does not go back, whoever writes', async () => {
    assert.equal(await appMay('update platform.clock set offset_ms = 1'), 'Time does not go back');
    assert.match(await appMay('delete from platform.clock'), /permission denied/);
    await assert.rejects(asOwner(first.on, 'delete from platform.clock'), /The clock stays/);
  });

  test('refuses live mode where the clock was moved', async () => {
    assert.equal(await keepRealTime(first.context.database), false);
  });

  test('stays real for ever where live mode has run', async () => {
    const other = await startGatewayHere({ movableClock: true });
    const here = await other.merchant();
    assert.equal(await keepRealTime(other.context.database), true);
    const refused = await other.ask('POST', PATH, { key: here.key, form: 'advance=60' });
    assert.equal(refused.status, 403);
    assert.match(refused.body.error.message, /Live mode has run/);
    await assert.rejects(
      asOwner(other.on, 'update platform.clock set is_real = false'),
      /the time stays real/,
    );
    await assert.rejects(
      asOwner(other.on, 'update platform.clock set offset_ms = 5'),
      /violates check constraint/,
    );
  });
});
