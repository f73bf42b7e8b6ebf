import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { errorCodes } from './error-codes.ts';
import { ApiError, refuse, renderError, shouldRetry } from './errors.ts';
import {
  accountForbidden,
  cardRefused,
  idempotencyKeyInUse,
  idempotencyKeyReused,
  keyInvalid,
  keyMissing,
  lockTimeout,
  parametersUnknown,
  permissionMissing,
  rateLimited,
  resourceMissing,
  urlUnknown,
} from './refusals.ts';

const place = { publicUrl: 'https://pay.test' };
const bodyOf = (error: ApiError) =>
  (renderError(error, place) as { error: Record<string, unknown> }).error;

describe('an error', () => {
  test('has its code, its param, and links to this installation', () => {
    assert.deepEqual(
      bodyOf(resourceMissing({ noun: 'customer', id: 'cus_x', param: 'customer' })),
      {
        code: 'resource_missing',
        doc_url: 'https://pay.test/docs#error-resource_missing',
        message: "No such customer: 'cus_x'",
        param: 'customer',
        type: 'invalid_request_error',
      },
    );
  });

  test('leaves out what does not apply', () => {
    assert.deepEqual(Object.keys(bodyOf(new ApiError(400, 'No.'))), ['message', 'type']);
  });

  test('carries objects as they are after the failure', () => {
    const error = cardRefused('card_declined', {
      decline_code: 'insufficient_funds',
      charge: 'ch_1',
      payment_intent: { id: 'pi_1' },
    });
    const body = bodyOf(error);
    assert.equal(error.status, 402);
    assert.equal(body['message'], 'Your card has insufficient funds.');
    assert.deepEqual(body['payment_intent'], { id: 'pi_1' });
    assert.equal(body['type'], 'card_error');
  });

  test('never shows a card number or a secret key', () => {
    const body = bodyOf(
      new ApiError(400, 'Bad 4242 4242 4242 4242 and sk_live_abcdefghijk', {
        param: 'metadata[4242424242424242]',
      }),
    );
    assert.equal(body['message'], 'Bad ****4242 and sk_live_****');
    assert.equal(body['param'], 'metadata[****4242]');
  });

  test('of the table takes its row', () => {
    const error = refuse('expired_card');
    assert.deepEqual(
      [error.status, error.type, error.code, error.param, error.message],
      [402, 'card_error', 'expired_card', 'exp_month', 'Your card has expired.'],
    );
    assert.throws(() => refuse('amount_too_small'), /needs a message/);
  });
});

test('every code has a status, a meaning and an advice', () => {
  for (const [code, row] of Object.entries(errorCodes)) {
    assert.match(code, /^[a-z_]+$/);
    assert.ok([400, 401, 402, 403, 404, 409, 429].includes(row.status), code);
    assert.match(row.meaning, /^[A-Z].*\.$/, code);
    assert.match(row.advice, /^[A-Z].*\.$/, code);
  }
});

describe('whether to try again', () => {
  const answers: readonly [what: string, error: ApiError, stored: boolean, retry: boolean][] = [
    ['a bad parameter', new ApiError(400, ''), true, false],
    ['no key', new ApiError(401, ''), false, false],
    ['a declined card', new ApiError(402, ''), true, false],
    ['a missing permission', new ApiError(403, ''), false, false],
    ['a missing object', new ApiError(404, ''), true, false],
    ['a key in use', idempotencyKeyInUse('k'), false, true],
    ['a dependency that provably moved no money', new ApiError(424, ''), true, true],
    ['a rate limit', rateLimited(1), false, false],
    ['a locked object', lockTimeout(), false, true],
    ['a stored bug', new ApiError(500, ''), true, false],
    ['a bug that was not stored', new ApiError(500, ''), false, true],
    ['overload', new ApiError(503, ''), false, true],
  ];
  for (const [what, error, stored, retry] of answers) {
    test(`${what}: ${retry}`, () => assert.equal(shouldRetry(error, stored), retry));
  }
});

describe('the sentences of the protocol', () => {
  const sentences: readonly [error: ApiError, message: string | RegExp][] = [
    [
      keyMissing('https://d'),
      /^You did not provide an API key\. You need to provide your API key in the Authorization header, using Bearer auth \(e\.g\. 'Authorization: Bearer YOUR_SECRET_KEY'\)\. See https:\/\/d for details/,
    ],
    [keyInvalid('sk_test_0123456789abcd'), 'Invalid API Key provided: sk_test_****abcd'],
    [urlUnknown('GET', '/v1/x', 'https://d'), /^Unrecognized request URL \(GET: \/v1\/x\)\. /],
    [
      refuse('secret_key_required'),
      /^This API call cannot be made with a publishable API key\. Please use a secret API key\. `tollgate keys` /,
    ],
    [permissionMissing('customers', 'write'), /'customers_write' permission/],
    [accountForbidden('acct_1'), /does not have access to account 'acct_1'/],
    [parametersUnknown(['a', 'b']), 'Received unknown parameters: a, b'],
    [
      resourceMissing({ noun: 'token', id: 'tok_x', existsIn: 'test' }),
      "No such token: 'tok_x'; a similar object exists in test mode, but a live mode key was used to make this request.",
    ],
    [
      idempotencyKeyReused('K'),
      "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than 'K' if you meant to execute a different request.",
    ],
    [
      idempotencyKeyInUse('K'),
      'There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): K. Please try again later.',
    ],
  ];
  for (const [error, message] of sentences) {
    test(error.message.slice(0, 50), () => {
      if (typeof message === 'string') assert.equal(error.message, message);
      else assert.match(error.message, message);
    });
  }
});
