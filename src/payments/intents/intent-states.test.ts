import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type IntentStatus, next, statusesWith, transitions } from './intent-states.ts';

const statuses = Object.keys(transitions) as IntentStatus[];

describe('a payment intent', () => {
  test('that has ended has no way out', () => {
    const ended = statuses.filter((status) => Object.keys(transitions[status]).length === 0);
    assert.deepEqual(ended, ['succeeded', 'canceled']);
  });

  test('can be canceled from everywhere but its ends', () => {
    assert.deepEqual(
      statuses.filter((status) => !statusesWith('canceled').includes(status)),
      ['succeeded', 'canceled'],
    );
  });

  test('fails only from where it was tried, or before it was', () => {
    assert.equal(next('requires_capture', 'failed'), null);
    assert.equal(next('succeeded', 'failed'), null);
    assert.equal(next('processing', 'failed'), 'requires_payment_method');
  });

  test('is paid only after something was sent, the payer was asked, or it was held', () => {
    assert.deepEqual(statusesWith('paid'), ['requires_action', 'processing', 'requires_capture']);
    assert.deepEqual(statusesWith('authorized'), ['requires_action', 'processing']);
  });
});
