import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { errorCodes } from '#platform/http';
import { declineReasons, errorFieldsOf, failureOf } from './decline.ts';

describe('a reason why a payment failed', () => {
  test('has a code, a text and a status, every one of them', () => {
    for (const reason of Object.keys(declineReasons)) {
      const failure = failureOf(reason, null);
      assert.ok(failure.message.length > 0, reason);
      assert.equal(errorCodes[failure.code].status, 402, reason);
    }
  });

  test('that nobody knows says no more than that the card was declined', () => {
    for (const reason of ['xyzzy', 'constructor', null]) {
      const { code, declineCode } = failureOf(reason, null);
      assert.deepEqual([code, declineCode], ['card_declined', 'generic_decline']);
    }
  });

  test('takes the advice of the network before that of the table', () => {
    const told = { advice: 'do_not_try_again', networkCode: '51' } as const;
    assert.deepEqual(errorFieldsOf(failureOf('insufficient_funds', told)), {
      code: 'card_declined',
      decline_code: 'insufficient_funds',
      advice_code: 'do_not_try_again',
      network_decline_code: '51',
    });
    assert.equal(failureOf('insufficient_funds', null).advice, 'try_again_later');
  });
});
