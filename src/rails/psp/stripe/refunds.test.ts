import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NumberText } from '#kit/http-client';
import { mapRefund } from './after-payment.ts';

const refund = (card: Record<string, string>) =>
  mapRefund({
    id: 're_1',
    object: 'refund',
    amount: new NumberText('2500'),
    currency: 'eur',
    payment_intent: 'pi_1',
    metadata: { tollgate_reference: 'op_1' },
    status: 'succeeded',
    destination_details: { type: 'card', card },
  });
const toldOf = (card: Record<string, string>) => {
  const outcome = refund(card);
  assert.equal(outcome.outcome, 'approved');
  return 'told' in outcome ? outcome.told : undefined;
};
const data = { payment_intent: 'pi_1' };

test('a refund says by which number the payer’s bank finds it, once there is one', () => {
  const arn = { reference_type: 'acquirer_reference_number', type: 'refund' };
  assert.deepEqual(
    toldOf({ ...arn, reference: '74512345678901234567890', reference_status: 'available' }),
    { trace: { kind: 'acquirer_reference_number', reference: '74512345678901234567890' }, data },
  );
  assert.deepEqual(toldOf({ ...arn, reference_status: 'pending' }), { data });
  assert.deepEqual(toldOf({ reference: '1', reference_type: 'a_new_one', type: 'refund' }), {
    data,
  });
});

test('a payment that was taken back before it was cleared is no second movement', () => {
  assert.deepEqual(toldOf({ type: 'reversal' }), { isReversal: true, data });
});

test('what failed is taken back, and nothing that was said of it before or comes late counts more', () => {
  const failed = mapRefund({ id: 're_1', status: 'failed', failure_reason: 'lost_or_stolen_card' });
  assert.deepEqual(
    [failed.outcome, 'code' in failed && failed.code],
    ['reversed', 'lost_or_stolen_card'],
  );
});
