// A gateway that only answers, and is killed in the middle of a payment. Another learns that it has died, and gives
// the key to who asks again long before the minute after which it would do so anyway: with the payment that was
// begun, and with no second one.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { crashPoints } from '#kit/context';
import { spellId } from '#kit/ids';
import { releaseForgottenCall } from '#rails/operations';
import { vaultDatabase } from '../../src/cards/vault/for-tests.ts';
import { asOwner, testContext } from '../../src/for-tests.ts';
import { newSandbox } from '../sandbox/support/world.ts';
import { environmentFor, temporaryData } from '../support/gateway.ts';
import { assertHealthy } from '../support/health.ts';
import { createMerchant } from '../support/merchant.ts';
import { startProcess } from '../support/process.ts';
import { waitUntil } from '../support/writers.ts';
import { assertOneStory, openAccountAt, resolveAll } from './support.ts';

const bank = await newSandbox();
const on = await vaultDatabase();
const context = await testContext({ on });
const { key } = await createMerchant(context);
const folder = temporaryData();
const journalFolder = join(folder, 'send-journal');
const environment = environmentFor(on, folder);
const worker = await startProcess(environment, ['--role', 'worker']);
const api = ['--role', 'api'];
const survivor = await startProcess(environment, api);
await openAccountAt(bank, survivor.ask, key);

const path = '/v1/payment_intents';
const form = 'amount=2500&currency=eur&confirm=true&payment_method=pm_card_visa';
const crashAt = { ...environment, TOLLGATE_CRASH_AT: `${crashPoints['acquiring.written']}` };

for (const [what, next] of [
  ['another that was there', async () => survivor],
  ['the one that is started in its place', () => startProcess(environment, api)],
] as const) {
  test(`The key of a killed gateway passes within seconds to ${what}, with the payment that was begun`, async (t) => {
    const idempotencyKey = what;
    const crashing = await startProcess(crashAt, api);
    const dying = crashing.ask('POST', path, { key, form, idempotencyKey }).catch(() => null);
    await crashing.ended;
    const killedMs = performance.now();
    await dying;

    const { ask } = await next();
    const repeat = () => ask('POST', path, { key, form, idempotencyKey });
    assert.equal((await repeat()).status, 409);
    await waitUntil('it has passed', 30_000, async () => (await repeat()).status !== 409);
    t.diagnostic(`${Math.round(performance.now() - killedMs)} ms after the kill`);
    const first = await repeat();
    assert.equal(first.status, 200, first.text);
    assert.equal(first.body.status, 'processing');
    await resolveAll(on);
    const { body } = await ask('GET', `${path}/${first.body.id}`, { key });
    // What nobody had heard of is taken back at a bank that can only do that.
    assert.equal(body.status, 'requires_payment_method');
    await assertOneStory(bank, on);
  });
}

test('The key of one that is slow stays its own', async () => {
  const idempotencyKey = 'slow';
  const slow = await startProcess(environment, api);
  bank.setFaults([{ id: 'slow', kind: 'slow', delayMs: 8_000, times: 1 }]);
  const waiting = slow.ask('POST', path, { key, form, idempotencyKey });
  for (let second = 0; second < 7; second += 1) {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const { status, text } = await survivor.ask('POST', path, { key, form, idempotencyKey });
    assert.equal(status, 409, text);
  }
  const { body } = await waiting;
  assert.equal(body.status, 'succeeded');
  assert.equal(await slow.stop(), 0, slow.output());
});

test('One that only answers says which calls of its own journal the database knows nothing of', async () => {
  const known = readdirSync(journalFolder).length;
  assert.ok(known > 0, 'All of them have written to it.');
  const of = { accountId: randomUUID(), intentId: randomUUID(), connectorAccountId: randomUUID() };
  const line = { ...of, operationId: randomUUID(), livemode: false, atMs: Date.now(), send: 1 };
  writeFileSync(
    join(journalFolder, `sends-${Date.now()}-${randomUUID()}.jsonl`),
    `${JSON.stringify({ ...line, providerKey: 'key', reference: 'op_x' })}\n`,
  );
  const again = await startProcess(environment, api);
  const said = again
    .output()
    .split('\n')
    .filter((each) => /knows nothing of it/.test(each));
  assert.equal(said.length, 1);
  assert.ok(said[0]?.includes(spellId('op', line.operationId)));
  const scope = { accountId: of.accountId, livemode: false };
  const released = await releaseForgottenCall(context, scope, {
    operationId: line.operationId,
    why: 'A test',
  });
  assert.equal(released, true);
  assert.equal(await again.stop(), 0, again.output());
});

test('Each was paid once, and all is well', async () => {
  const [counted] = await asOwner(on, 'select count(*)::integer as intents from payments.intents');
  assert.equal(counted?.['intents'], 3);
  await assertOneStory(bank, on);
  assert.deepEqual(await bank.checkBooks(), []);
  for (const gateway of [survivor, worker]) assert.equal(await gateway.stop(), 0, gateway.output());
  await assertHealthy(on);
});
