// Power cuts in the middle of a payment. A real gateway is killed at each point between its two commits;
// another that shares its database goes on, and the same key is asked for again. The bank's journal says
// what really happened.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type CrashPoint, crashPoints } from '#kit/context';
import { vaultDatabase } from '../../src/cards/vault/for-tests.ts';
import { asOwner, testContext } from '../../src/for-tests.ts';
import { newSandbox } from '../sandbox/support/world.ts';
import { isFull, runs } from '../support/full.ts';
import { environmentFor, temporaryData } from '../support/gateway.ts';
import { assertHealthy } from '../support/health.ts';
import { createMerchant } from '../support/merchant.ts';
import { startProcess } from '../support/process.ts';
import { assertOneStory, openAccountAt, resolveAll } from './support.ts';

const KILLS = runs(1, 20);

const bank = await newSandbox();
const on = await vaultDatabase();
const context = await testContext({ on });
const merchant = await createMerchant(context);
const { key } = merchant;
const environment = environmentFor(on, temporaryData());
const survivor = await startProcess(environment);
await openAccountAt(bank, survivor.ask, key);

/** As if a minute had passed since the key was claimed. */
const age = (): Promise<unknown> =>
  asOwner(
    on,
    `update platform.answers set created_at = now() - interval '2 minutes' where status is null`,
  );

const points: readonly CrashPoint[] = [
  'send.before',
  'send.intended',
  'send.journaled',
  'acquiring.stored',
  'acquiring.written',
  'send.answered',
  'send.recorded',
];

const usual: Readonly<Record<string, readonly CrashPoint[]>> = {
  'a payment': ['send.intended', 'acquiring.written', 'send.answered'],
  'a capture': ['acquiring.written'],
  'a refund': ['send.answered'],
};

const asks = {
  'a payment': async () => ({
    path: '/v1/payment_intents',
    form: 'amount=2500&currency=eur&confirm=true&payment_method=pm_card_visa',
  }),
  'a capture': async () => {
    const { body } = await survivor.ask('POST', '/v1/payment_intents', {
      key,
      form: 'amount=2500&currency=eur&confirm=true&capture_method=manual&payment_method=pm_card_visa',
    });
    assert.equal(body.status, 'requires_capture');
    return { path: `/v1/payment_intents/${body.id}/capture`, form: 'amount_to_capture=2000' };
  },
  'a refund': async () => {
    const { body } = await survivor.ask('POST', '/v1/payment_intents', {
      key,
      form: 'amount=2500&currency=eur&confirm=true&payment_method=pm_card_visa',
    });
    assert.equal(body.status, 'succeeded');
    return { path: '/v1/refunds', form: `payment_intent=${body.id}&amount=700` };
  },
};

for (const [what, prepare] of Object.entries(asks)) {
  describe(`${what} whose gateway is killed`, () => {
    for (const point of points) {
      // Each costs a start and a resolution: the usual run takes those where money may have moved.
      if (!isFull && !usual[what]?.includes(point)) continue;
      test(`at ${point} ends as one truth, ${KILLS} times`, async () => {
        for (let kill = 0; kill < KILLS; kill += 1) {
          const { path, form } = await prepare();
          const idempotencyKey = `${what} ${point} ${kill}`;
          const crashing = await startProcess({
            ...environment,
            TOLLGATE_CRASH_AT: `${crashPoints[point]}`,
          });
          const dying = crashing.ask('POST', path, { key, form, idempotencyKey }).catch(() => null);
          await crashing.ended;
          await dying;

          await age();
          const again = await survivor.ask('POST', path, { key, form, idempotencyKey });
          assert.ok([200, 402].includes(again.status), again.text);
          await resolveAll(on);
          const repeated = await survivor.ask('POST', path, { key, form, idempotencyKey });
          assert.equal(repeated.headers['idempotent-replayed'], 'true');
          assert.equal(repeated.text, again.text);
          const { id } = again.body.error?.payment_intent ?? again.body;
          const now = await survivor.ask('GET', `${path.split('/pi_')[0]}/${id}`, { key });
          assert.notEqual(now.body.status, 'processing');
          assert.notEqual(now.body.status, 'pending');
          await assertOneStory(bank, on);
          await assertHealthy(on);
        }
      });
    }
  });
}

test('and the bank books are whole', async () => {
  assert.deepEqual(await bank.checkBooks(), []);
  const counted = await asOwner(
    on,
    `select count(*)::integer as intents, count(distinct id)::integer as distinct from payments.intents`,
  );
  assert.equal(counted[0]?.['intents'], counted[0]?.['distinct']);
  assert.equal(await survivor.stop(), 0, survivor.output());
});
