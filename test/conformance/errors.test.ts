// Every error that can be provoked with what is built, by its exact words: clients compare them.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type Stripe from 'stripe';
import { startGatewayHere } from '../support/gateway.ts';
import { refusalOf, stripeFor } from '../support/stripe.ts';

const gateway = await startGatewayHere();
const merchant = await gateway.merchant();
const { key } = merchant;
const stripe = stripeFor(gateway.port, key);
const { customers, paymentIntents } = stripe;
const { id } = await customers.create({ name: 'Jenny' });

const asked = (method: string, path: string, form = '') =>
  gateway.ask(method, path, form === '' ? { key } : { key, form });

describe('the envelope of an error', () => {
  const keys = [
    'advice_code',
    'charge',
    'code',
    'decline_code',
    'doc_url',
    'message',
    'network_advice_code',
    'network_decline_code',
    'param',
    'payment_intent',
    'payment_method',
    'payment_method_type',
    'setup_intent',
    'source',
    'type',
  ];

  test('leaves out what does not apply, and has no null', async () => {
    const { body } = await asked('POST', '/v1/customers', 'planet=x');
    assert.deepEqual(Object.keys(body), ['error']);
    assert.deepEqual(Object.keys(body.error), ['code', 'doc_url', 'message', 'param', 'type']);
    const codeless = await asked('GET', '/v1/nothing');
    assert.deepEqual(Object.keys(codeless.body.error), ['message', 'type']);
    for (const name of Object.keys({ ...body.error, ...codeless.body.error })) {
      assert.ok(keys.includes(name), name);
    }
  });

  test('points to a place in the documents that is there, and to no page that is not', async () => {
    const { body } = await asked('POST', '/v1/customers', 'planet=x');
    assert.equal(body.error.doc_url, 'http://pay.test/docs#error-parameter_unknown');
    assert.equal('request_log_url' in body.error, false);
    const documents = await gateway.ask('GET', '/docs');
    assert.match(documents.text, /id="error-parameter_unknown"/);
  });
});

describe('a refused request', () => {
  const cases: readonly {
    readonly name: string;
    readonly ask: readonly [method: string, path: string, form?: string];
    readonly status?: number;
    readonly code?: string;
    readonly param?: string;
    readonly message: string;
  }[] = [
    {
      name: 'to a URL that nobody knows',
      ask: ['GET', '/v1/customer'],
      status: 404,
      message: 'Unrecognized request URL (GET: /v1/customer). Please see http://pay.test/docs.',
    },
    {
      name: 'to a URL that ends with a slash',
      ask: ['GET', '/v1/customers/'],
      status: 404,
      message:
        'Unrecognized request URL (GET: /v1/customers/). If you are trying to list objects, remove the trailing slash. If you are trying to retrieve a specific object, make sure you passed a valid (non-empty) identifier in your code. Please see http://pay.test/docs.',
    },
    {
      name: 'to a URL in which an id is empty',
      ask: ['POST', '/v1/payment_intents//confirm'],
      status: 404,
      message:
        'Unrecognized request URL (POST: /v1/payment_intents//confirm). Please make sure you passed a valid (non-empty) identifier in your code. Please see http://pay.test/docs.',
    },
    {
      name: 'to the other API',
      ask: ['POST', '/v2/core/events'],
      status: 404,
      message: 'Unrecognized request URL (POST: /v2/core/events). Please see http://pay.test/docs.',
    },
    {
      name: 'with a method that the URL does not know',
      ask: ['PUT', `/v1/customers/${id}`],
      status: 404,
      message: `Unrecognized request URL (PUT: /v1/customers/${id}). Please see http://pay.test/docs.`,
    },
    {
      name: 'for a customer that does not exist',
      ask: ['GET', '/v1/customers/cus_missing'],
      status: 404,
      code: 'resource_missing',
      param: 'id',
      message: "No such customer: 'cus_missing'",
    },
    {
      name: 'for a customer under the id of something else',
      ask: ['GET', '/v1/customers/pi_123'],
      status: 404,
      code: 'resource_missing',
      param: 'id',
      message: "No such customer: 'pi_123'",
    },
    {
      name: 'for an event that does not exist',
      ask: ['GET', '/v1/events/evt_missing'],
      status: 404,
      code: 'resource_missing',
      param: 'id',
      message: "No such event: 'evt_missing'",
    },
    {
      name: 'for a payment that does not exist',
      ask: ['GET', '/v1/payment_intents/pi_missing'],
      status: 404,
      code: 'resource_missing',
      param: 'intent',
      message: "No such payment_intent: 'pi_missing'",
    },
    {
      name: 'for a payment method that does not exist',
      ask: ['GET', '/v1/payment_methods/pm_missing'],
      status: 404,
      code: 'resource_missing',
      param: 'payment_method',
      message: "No such PaymentMethod: 'pm_missing'",
    },
    {
      name: 'that names a missing object',
      ask: ['POST', '/v1/customers', 'payment_method=pm_missing'],
      code: 'resource_missing',
      param: 'payment_method',
      message: "No such PaymentMethod: 'pm_missing'",
    },
    {
      name: 'without a required parameter',
      ask: ['POST', '/v1/customers', 'tax_id_data[0][type]=eu_vat'],
      code: 'parameter_missing',
      param: 'tax_id_data[0][value]',
      message: 'Missing required param: tax_id_data[0][value].',
    },
    {
      name: 'with an unknown parameter',
      ask: ['POST', '/v1/customers', 'address[planet]=Mars'],
      code: 'parameter_unknown',
      param: 'address[planet]',
      message: 'Received unknown parameter: address[planet]',
    },
    {
      name: 'with several unknown parameters, told all at once',
      ask: ['POST', '/v1/customers', 'b=1&name=x&a=2&address[planet]=Mars'],
      code: 'parameter_unknown',
      param: 'b',
      message: 'Received unknown parameters: b, a, address[planet]',
    },
    {
      name: 'with what only the server sets',
      ask: [
        'POST',
        '/v1/customers',
        'id=cus_mine&livemode=true&created=1&account_id=1&deleted=true',
      ],
      code: 'parameter_unknown',
      param: 'id',
      message: 'Received unknown parameters: id, livemode, created, account_id, deleted',
    },
    {
      name: 'with what is no integer',
      ask: ['POST', '/v1/customers', 'balance=12abc'],
      code: 'parameter_invalid_integer',
      param: 'balance',
      message: 'Invalid integer: 12abc',
    },
    {
      name: 'with an integer below the least',
      ask: ['POST', '/v1/customers', 'next_invoice_sequence=0'],
      code: 'parameter_invalid_integer',
      param: 'next_invoice_sequence',
      message: 'This value must be greater than or equal to 1.',
    },
    {
      name: 'with an empty value where none is possible',
      ask: ['POST', '/v1/customers', 'balance='],
      code: 'parameter_invalid_empty',
      param: 'balance',
      message:
        "You passed an empty string for 'balance'. We assume empty values are an attempt to unset a parameter; however 'balance' cannot be unset. You should remove 'balance' from your request or supply a non-empty value.",
    },
    {
      name: 'with a map where a text belongs',
      ask: ['POST', '/v1/customers', 'name[0]=a'],
      param: 'name',
      message: 'Invalid string: {"0":"a"}',
    },
    {
      name: 'with what is no boolean',
      ask: ['POST', '/v1/customers', 'validate=yes'],
      param: 'validate',
      message: 'Invalid boolean: yes',
    },
    {
      name: 'with what is no list',
      ask: ['POST', '/v1/customers', 'preferred_locales=de'],
      param: 'preferred_locales',
      message: 'Invalid array',
    },
    {
      name: 'with what is no map',
      ask: ['POST', '/v1/customers', 'address=Berlin'],
      param: 'address',
      message: 'Invalid object',
    },
    {
      name: 'with a word that is not one of three',
      ask: ['POST', '/v1/customers', 'tax_exempt=maybe'],
      param: 'tax_exempt',
      message: 'Invalid tax_exempt: must be one of exempt, none, or reverse',
    },
    {
      name: 'with a word that is not one of two, deep inside',
      ask: ['POST', '/v1/customers', 'invoice_settings[rendering_options][amount_tax_display]=x'],
      param: 'invoice_settings[rendering_options][amount_tax_display]',
      message:
        'Invalid invoice_settings[rendering_options][amount_tax_display]: must be one of exclude_tax or include_inclusive_tax',
    },
    {
      name: 'with two parameters that exclude each other',
      ask: ['GET', '/v1/events?type=customer.created&types[]=customer.created'],
      param: 'type',
      message: 'You may only specify one of these parameters: type, types.',
    },
    {
      name: 'with the old and the new name of one thing and two values',
      ask: ['POST', '/v1/customers', 'balance=1&account_balance=2'],
      code: 'parameters_exclusive',
      param: 'balance',
      message: 'You may only specify one of these parameters: balance, account_balance.',
    },
    {
      name: 'with what is no e-mail address',
      ask: ['POST', '/v1/customers', 'email=jenny'],
      code: 'email_invalid',
      param: 'email',
      message: 'Invalid email address: jenny',
    },
    {
      name: 'with a text that is too long',
      ask: ['POST', '/v1/customers', `name=${'n'.repeat(257)}`],
      param: 'name',
      message: 'Invalid string: nnnnnnnnnn...nnnnnnnnnn; must be at most 256 characters',
    },
  ];

  test('for a payment under its secret, which is not said again', async () => {
    const { client_secret: secret } = await paymentIntents.create({ amount: 999, currency: 'usd' });
    const { status, text, body } = await asked('POST', `/v1/payment_intents/${secret}/confirm`);
    assert.deepEqual([status, body.error.param], [404, 'intent']);
    const message =
      'You passed a string that looks like a client secret as the PaymentIntent ID, but you must provide a valid PaymentIntent ID. Please use the value in the `id` field of the PaymentIntent.';
    assert.equal(body.error.message, message);
    assert.equal(text.includes(String(secret).slice(-12)), false);
  });

  for (const { name, ask, status = 400, code, param, message } of cases) {
    test(name, async () => {
      const { body, status: got } = await asked(...ask);
      assert.equal(got, status);
      assert.equal(body.error.message, message);
      assert.equal(body.error.code, code);
      assert.equal(body.error.param, param);
      assert.equal(body.error.type, 'invalid_request_error');
    });
  }

  test('leaves nothing behind', async () => {
    const before = await asked('GET', '/v1/events?limit=1');
    for (const { ask, status = 400 } of cases) {
      if (ask[0] === 'POST' && status === 400) await asked(...ask);
    }
    assert.equal((await asked('GET', '/v1/events?limit=1')).text, before.text);
  });
});

const told = async (form: string) => (await asked('POST', '/v1/customers', form)).body.error;

describe('faults of parameters are told in one order:', () => {
  test('unknown, then missing, then malformed, then excluding, then expand, then objects', async () => {
    const malformed = 'balance=x';
    const missing = 'shipping[name]=x';
    const excluding = 'account_balance=1&balance=2';
    const expand = 'expand[]=nothing';
    const object = 'payment_method=pm_missing';
    const all = [missing, 'email=x', expand, object];
    assert.equal((await told(['planet=1', ...all].join('&'))).code, 'parameter_unknown');
    assert.equal((await told(all.join('&'))).code, 'parameter_missing');
    assert.equal(
      (await told([malformed, expand, object].join('&'))).code,
      'parameter_invalid_integer',
    );
    assert.equal((await told([excluding, expand, object].join('&'))).code, 'parameters_exclusive');
    assert.match(
      (await told([expand, object].join('&'))).message,
      /^This property cannot be expanded/,
    );
    assert.equal((await told(object)).code, 'resource_missing');
  });

  test('the key before the URL, the URL before the parameters', async () => {
    assert.equal((await gateway.ask('GET', '/v1/nothing')).status, 401);
    assert.equal((await gateway.ask('GET', '/v1/nothing?%zz', { key })).status, 404);
  });

  test('an idempotency key before the parameters', async () => {
    const { body } = await gateway.ask('POST', '/v1/customers', {
      key,
      form: 'planet=1',
      idempotencyKey: 'x'.repeat(256),
    });
    assert.equal(body.error.type, 'idempotency_error');
  });
});

const classOf = async (call: Promise<unknown>): Promise<[string, number | undefined]> => {
  const { type, statusCode } = await refusalOf(call);
  return [type, statusCode];
};

describe('the SDK throws', () => {
  test('an InvalidRequestError for 400 and 404', async () => {
    assert.deepEqual(await classOf(customers.create({ email: 'x' })), [
      'StripeInvalidRequestError',
      400,
    ]);
    assert.deepEqual(await classOf(customers.retrieve('cus_x')), [
      'StripeInvalidRequestError',
      404,
    ]);
  });

  test('an AuthenticationError for 401', async () => {
    const stranger = stripeFor(gateway.port, 'sk_test_wrong');
    assert.deepEqual(await classOf(stranger.customers.list()), ['StripeAuthenticationError', 401]);
  });

  test('a PermissionError for 403', async () => {
    const restricted = stripeFor(gateway.port, await merchant.restrictedKey({}));
    assert.deepEqual(await classOf(restricted.customers.list()), ['StripePermissionError', 403]);
    const page = stripeFor(gateway.port, merchant.publishableKey);
    assert.deepEqual(await classOf(page.customers.list()), ['StripePermissionError', 403]);
    const foreign = customers.list({}, { stripeAccount: 'acct_other' });
    assert.deepEqual(await classOf(foreign), ['StripePermissionError', 403]);
  });

  test('an IdempotencyError for a key that was used for something else', async () => {
    const idempotencyKey = 'used-for-something-else';
    await customers.create({ name: 'a' }, { idempotencyKey });
    const again = customers.create({ name: 'b' }, { idempotencyKey });
    assert.deepEqual(await classOf(again), ['StripeIdempotencyError', 400]);
  });

  test('with the request id of the answer', async () => {
    const refused = await refusalOf(customers.retrieve('cus_x'));
    assert.match(refused.requestId ?? '', /^req_/);
    assert.equal(refused.doc_url, 'http://pay.test/docs#error-resource_missing');
  });
});

describe('too many requests', async () => {
  const slow = await startGatewayHere({ ratePerSecond: 2 });
  const hasty = await slow.merchant();
  const calm = await slow.merchant();

  test('are refused with how long to wait, and the key of another is not concerned', async () => {
    const list = () => slow.ask('GET', '/v1/customers', { key: hasty.key });
    const beganMs = performance.now();
    const answers = await Promise.all(Array.from({ length: 200 }, list));
    const refused = answers.filter(({ status }) => status === 429);
    // Eight at once, and two more for each second that it takes to ask.
    const allowed = answers.length - refused.length;
    const tookSeconds = (performance.now() - beganMs) / 1_000;
    assert.ok(allowed >= 8 && allowed <= 9 + 2 * tookSeconds, `${allowed} were allowed`);
    assert.ok(refused.length > 0);
    for (const { body, headers } of refused) {
      assert.equal(body.error.code, 'rate_limit');
      assert.equal(body.error.type, 'invalid_request_error');
      assert.match(body.error.message, /^Request rate limit exceeded\./);
      assert.match(headers['retry-after'] ?? '', /^[1-9]\d*$/);
      assert.equal(headers['stripe-should-retry'], 'false');
    }
    const { customers: theirs } = stripeFor(slow.port, hasty.key);
    const asked = await Promise.allSettled(Array.from({ length: 200 }, () => theirs.list()));
    const types = asked.flatMap((each) => (each.status === 'rejected' ? [each.reason.type] : []));
    assert.deepEqual(new Set(types), new Set(['StripeRateLimitError']));
    assert.equal((await slow.ask('GET', '/v1/customers', { key: calm.key })).status, 200);
  });

  test('with a wrong key are counted by where they come from', async () => {
    const asked = () => slow.ask('GET', '/v1/customers', { key: 'sk_test_guess' });
    const answers = await Promise.all(Array.from({ length: 20 }, asked));
    const statuses = new Set(answers.map(({ status }) => status));
    assert.deepEqual(statuses, new Set([401, 429]));
    assert.equal((await slow.ask('GET', '/v1/customers', { key: calm.key })).status, 200);
  });

  test('do not use up an idempotency key', async () => {
    const key = (await slow.merchant()).key;
    const once = (idempotencyKey: string) =>
      slow.ask('POST', '/v1/customers', { key, form: 'name=x', idempotencyKey });
    const keys = Array.from({ length: 200 }, (_, n) => `patient ${n}`);
    const answers = await Promise.all(keys.map(once));
    const refused = keys[answers.findIndex(({ status }) => status === 429)];
    assert.ok(refused !== undefined);
    await slow.context.clock.sleep(1_100);
    const answer = await once(refused);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['idempotent-replayed'], undefined);
  });
});

test('an error the SDK makes of an unreachable gateway is its own', async () => {
  const refused = (await refusalOf(
    stripeFor(1, key).customers.list(),
  )) as Stripe.errors.StripeConnectionError;
  assert.equal(refused.type, 'StripeConnectionError');
});
