// Power cuts while a payer pays at a page. A real gateway is killed at each point of a try; another that
// shares its database goes on, and the payer comes back to the page, clicks again, and is told the truth. The
// bank's journal says what really happened.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type CrashPoint, crashPoints } from '#kit/context';
import { vaultDatabase } from '../../src/cards/vault/for-tests.ts';
import { asOwner, testContext } from '../../src/for-tests.ts';
import { assertOneStory, openAccountAt, resolveAll } from '../payments/support.ts';
import { newSandbox } from '../sandbox/support/world.ts';
import type { Ask } from '../support/ask.ts';
import { formOf, pageForm, twoTeas } from '../support/checkout.ts';
import { isFull, runs } from '../support/full.ts';
import { environmentFor, temporaryData } from '../support/gateway.ts';
import { assertHealthy } from '../support/health.ts';
import { createMerchant } from '../support/merchant.ts';
import { startProcess } from '../support/process.ts';
import { stripeFor } from '../support/stripe.ts';

const KILLS = runs(1, 10);

const bank = await newSandbox();
const on = await vaultDatabase();
const context = await testContext({ on });
const merchant = await createMerchant(context);
const environment = environmentFor(on, temporaryData());
const survivor = await startProcess(environment);
await openAccountAt(bank, survivor.ask, merchant.key);
const stripe = stripeFor(survivor.port, merchant.key);
const { sessions } = stripe.checkout;

const points: readonly CrashPoint[] = [
  'send.before',
  'send.intended',
  'send.journaled',
  'acquiring.stored',
  'acquiring.written',
  'send.answered',
  'send.recorded',
];

const ways = {
  'a program': {
    usual: ['send.before', 'acquiring.written'],
    pay: (ask: Ask, id: string) =>
      ask('POST', `/v1/payment_pages/${id}/confirm`, { form: formOf({ more: 'attempt=1' }) }),
  },
  'the page': {
    usual: ['send.answered'],
    pay: (ask: Ask, id: string) =>
      ask('POST', `/c/${id}/confirm`, { form: pageForm({ more: 'attempt=1' }) }),
  },
  'the page without scripts': {
    usual: [],
    pay: (ask: Ask, id: string) =>
      ask('POST', `/c/${id}`, { form: pageForm({ more: 'attempt=1' }) }),
  },
} as const satisfies Record<
  string,
  { usual: readonly CrashPoint[]; pay: (ask: Ask, id: string) => Promise<unknown> }
>;

const stateOf = async (id: string): Promise<string> => {
  const { body } = await survivor.ask('GET', `/v1/payment_pages/${id}`);
  return body.page.state;
};

/** As if the ten seconds had passed in which a try that was begun may still be on its way. */
const age = (): Promise<unknown> =>
  asOwner(
    on,
    `update commerce.checkout_sessions
        set details = (details::jsonb || '{"triedAtMs": 1}')::json where status = 1`,
  );

for (const [who, { usual, pay }] of Object.entries(ways)) {
  describe(`a session that ${who} pays while the gateway is killed`, () => {
    for (const point of points) {
      // Each costs a start and a resolution: the usual run takes those where most can go wrong.
      if (!isFull && !(usual as readonly CrashPoint[]).includes(point)) continue;
      test(`at ${point} is charged once, and its page says so, ${KILLS} times`, async () => {
        for (let kill = 0; kill < KILLS; kill += 1) {
          const { id } = await sessions.create(twoTeas);
          const crashing = await startProcess({
            ...environment,
            TOLLGATE_CRASH_AT: `${crashPoints[point]}`,
          });
          const dying = pay(crashing.ask, id).catch(() => null);
          await crashing.ended;
          await dying;

          // The payer clicks again where they were, before anybody has found out.
          await pay(survivor.ask, id);
          await resolveAll(on);
          await age();
          const settled = await stateOf(id);
          assert.ok(['complete', 'open'].includes(settled), settled);
          if (settled === 'open') {
            const { body } = await survivor.ask('GET', `/v1/payment_pages/${id}`);
            const again = formOf({ more: `attempt=${body.page.attempt}` });
            await survivor.ask('POST', `/v1/payment_pages/${id}/confirm`, { form: again });
          }
          const paid = await sessions.retrieve(id);
          assert.deepEqual([paid.status, paid.payment_status], ['complete', 'paid']);
          const { data } = await stripe.charges.list({
            payment_intent: String(paid.payment_intent),
          });
          assert.equal(data.filter(({ status }) => status === 'succeeded').length, 1);
          assert.match((await survivor.ask('GET', `/c/${id}`)).text, /Payment successful/);
          await assertOneStory(bank, on);
          await assertHealthy(on);
        }
      });
    }
  });
}

test('and the bank books are whole', async () => {
  assert.deepEqual(await bank.checkBooks(), []);
  assert.equal(await survivor.stop(), 0, survivor.output());
});
