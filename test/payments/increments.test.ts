// An authorization that is raised at a bank over the real link, and what becomes of the hold.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { asOwner } from '../../src/for-tests.ts';
import { modules } from '../../src/modules.ts';
import { refusalOf } from '../support/stripe.ts';
import { assertOneStory, openTown, resolveAll } from './support.ts';

const { bank, gateway, merchant, stripe } = await openTown({ patienceMs: 5_000 });
const { paymentIntents } = stripe;

const hold = (payment_method = 'pm_card_debit_incrementalAuthAuthorized') =>
  paymentIntents.create({
    amount: 5_000,
    currency: 'eur',
    confirm: true,
    capture_method: 'manual',
    payment_method,
    payment_method_options: { card: { request_incremental_authorization: 'if_available' } },
  });
const raise = (id: string, amount: number) => paymentIntents.incrementAuthorization(id, { amount });
const heldAtTheBank = () => bank.journal().liveApprovals().at(-1)?.heldMinor;

describe('at the bank', () => {
  test('more is held, and all of it is taken', async () => {
    const { id } = await hold();
    assert.equal((await raise(id, 7_500)).amount_capturable, 7_500);
    assert.equal(heldAtTheBank(), 7_500n);
    const captured = await paymentIntents.capture(id);
    assert.equal(captured.amount_received, 7_500);
    assert.equal(bank.journal().liveApprovals().at(-1)?.capturedMinor, 7_500n);
    const refund = await stripe.refunds.create({ payment_intent: id });
    assert.deepEqual([refund.status, refund.amount], ['succeeded', 7_500]);
  });

  test('all of it is let go by cancelling', async () => {
    const { id } = await hold();
    await raise(id, 6_000);
    const before = bank.journal().liveApprovals().length;
    assert.equal((await paymentIntents.cancel(id)).status, 'canceled');
    assert.equal(bank.journal().liveApprovals().length, before - 1);
  });

  test('a card that declines more keeps what it holds', async () => {
    const { id } = await hold('pm_card_credit_disableEnterpriseCardFeatures');
    const refused = await refusalOf(raise(id, 6_000));
    assert.deepEqual(
      [refused.code, refused.decline_code],
      ['card_declined', 'transaction_not_allowed'],
    );
    assert.equal(heldAtTheBank(), 5_000n);
    assert.equal((await paymentIntents.capture(id)).amount_received, 5_000);
  });

  test('a raise whose answer is lost is taken back, and the first hold stands', async () => {
    const { id } = await hold();
    bank.setFaults([{ id: 'lost', kind: 'hang', times: 1, when: { mti: '0100' } }]);
    assert.equal((await raise(id, 9_000)).status, 'processing');
    await resolveAll(gateway.on, { hasAnyoneDied: false });
    const { status, amount, amount_capturable: capturable } = await paymentIntents.retrieve(id);
    assert.deepEqual([status, amount, capturable], ['requires_capture', 5_000, 5_000]);
    assert.equal(heldAtTheBank(), 5_000n);
    assert.equal((await paymentIntents.capture(id)).amount_received, 5_000);
  });

  test('the trace names the very messages by which the bank finds it', async () => {
    const { id } = await hold();
    await paymentIntents.capture(id);
    const { body } = await gateway.ask('GET', `/v1/payment_intents/${id}/trace`, {
      key: merchant.key,
    });
    const timeline = body.timeline as { what: string; details: Record<string, string> }[];
    const messages = timeline.filter(({ what }) => what === 'card_message');
    assert.deepEqual(
      messages.map(({ details }) => details['mti']),
      ['0100', '0220'],
    );
    const known = new Set(
      [...bank.journal().state().known.values()].map(({ identity }) => identity.stan),
    );
    for (const { details } of messages) assert.ok(known.has(details['stan'] ?? ''));
  });

  test('and both tell the same story', async () => {
    assert.ok((await assertOneStory(bank, gateway.on)) > 0);
    assert.deepEqual(await bank.checkBooks(), []);
    for (const { name, text } of modules.flatMap(({ checks = [] }) => checks)) {
      assert.deepEqual(await asOwner(gateway.on, text), [], name);
    }
  });
});
