// A yes that comes after the merchant had cancelled: the money goes back by itself, as an operation like any
// other, and the bank has nothing left of it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FaultRule } from '../../sandbox/faults/fault.ts';
import { waitUntil } from '../support/writers.ts';
import { assertOneStory, openTown, resolveAll } from './support.ts';

const { bank, gateway, stripe } = await openTown({ patienceMs: 1_500 });
const { paymentIntents } = stripe;

const faults: Readonly<Record<string, Omit<FaultRule, 'id' | 'when' | 'times'>>> = {
  'approved, and never answered': { kind: 'hang' },
  'approved, and answered after it was taken back': { kind: 'late_after_reversal', delayMs: 100 },
};

/** It comes when nobody waits for it any more, which is kept and told to the log. */
const hearTheLateYes = async (): Promise<void> => {
  await waitUntil('the late yes', 60_000, () => Promise.resolve(gateway.errors.length > 0));
  const [line = '', ...more] = gateway.errors.splice(0);
  assert.match(line, /^A message of an acquirer fits nothing that waits for it/);
  assert.deepEqual(more, []);
};

describe('a payment that is cancelled while nobody knows of it', () => {
  for (const [name, fault] of Object.entries(faults)) {
    for (const capture_method of ['automatic', 'manual'] as const) {
      test(`${name}: ${capture_method}`, async () => {
        const mti = capture_method === 'manual' ? '0100' : '0200';
        bank.setFaults([{ ...fault, id: name, times: 1, when: { mti } }]);
        const { id, status } = await paymentIntents.create({
          amount: 5_000,
          currency: 'eur',
          confirm: true,
          capture_method,
          payment_method: 'pm_card_visa',
        });
        assert.equal(status, 'processing');
        const canceled = await paymentIntents.cancel(id, { cancellation_reason: 'abandoned' });
        assert.equal(canceled.status, 'processing');
        await resolveAll(gateway.on, { hasAnyoneDied: false });
        const { status: end, cancellation_reason: reason } = await paymentIntents.retrieve(id);
        assert.deepEqual([end, reason], ['canceled', 'abandoned']);
        if (fault.kind === 'late_after_reversal') await hearTheLateYes();
      });
    }
  }

  test('leaves nothing at the bank, and both tell one story', async () => {
    for (const { capturedMinor, refundedMinor, heldMinor } of bank.journal().liveApprovals()) {
      assert.deepEqual([capturedMinor - refundedMinor, heldMinor], [0n, 0n]);
    }
    await assertOneStory(bank, gateway.on);
    assert.deepEqual(await bank.checkBooks(), []);
  });
});
