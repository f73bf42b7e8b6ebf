import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chargeExpired, chargeUpdated } from './events.ts';

/** As it was stored while snapshots held all of a charge: one of the older API whose days are over. */
const whole = {
  id: '01a226e2-4d2e-7000-9ae2-9508629eb5ce',
  version: 3,
  events: 0,
  intentId: '01a226e2-4d2c-7000-931d-9fa2330efafa',
  attempt: 1,
  status: 'succeeded',
  currency: 'eur',
  amount: 1500,
  captured: 0,
  operationId: '01a226e2-4d2e-7001-8502-9b4e0905ecc9',
  connectorAccountId: '01a226e2-0597-7000-9b7f-5168debfe185',
  kind: 'authorize',
  isDirect: true,
  isUnwanted: false,
  isCaptureOver: true,
  authorizedAtMs: 1_795_948_694_894,
  captureBeforeMs: 1_796_553_494_894,
  method: { id: 'card_0355wp7M8ZjJc1bZF7JHb8', type: 'card', card: null },
};

const deadlineIn = (event: { readonly object?: unknown }) =>
  (event.object as { payment_method_details: { card: { capture_before?: number } } })
    .payment_method_details.card.capture_before;

test('An event of a charge whose last capture was under way names its deadline, unless it was told before', () => {
  const card = { brand: 'visa', expMonth: 1, expYear: 2034, checks: {}, last4: '4242' };
  const taking = { ...whole, isDirect: false, capturing: 1500, method: { ...whole.method, card } };
  const deadline = (more: object) =>
    deadlineIn(chargeUpdated.renderers[1]?.({ charge: taking, ...more }, false) ?? {});
  assert.equal(deadline({}), undefined);
  assert.equal(deadline({ shows_deadline: true }), 1_796_553_494);
});

const told = ({ renderers }: typeof chargeExpired, snapshot: Record<string, unknown>) => {
  const { object, previous_attributes } = renderers[1]?.(snapshot, false) ?? {};
  const { amount_refunded, refunded } = object as Record<string, unknown>;
  return { amount_refunded, refunded, previous_attributes };
};

test('An event of a charge that was let go of says what it said before that was called given back', () => {
  const asTold = { amount_refunded: 0, refunded: false };
  assert.deepEqual(told(chargeExpired, { charge: whole }), {
    ...asTold,
    previous_attributes: undefined,
  });
  const held = { ...whole, version: 2, isCaptureOver: false, description: 'A hat' };
  assert.deepEqual(told(chargeUpdated, { charge: whole, charge_before: held }), {
    ...asTold,
    previous_attributes: { description: 'A hat' },
  });

  const { version: _, ...since } = whole;
  assert.deepEqual(told(chargeExpired, { charge: since }), {
    amount_refunded: 1500,
    refunded: true,
    previous_attributes: undefined,
  });
});
