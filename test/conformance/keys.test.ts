import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createKey, listKeys, revokeKey, rollKey } from '#identity/keys';
import { asOwner } from '../../src/for-tests.ts';
import { gatherRoutes } from '../../src/roles/api.ts';
import { startGatewayHere } from '../support/gateway.ts';
import { refusalOf, stripeFor } from '../support/stripe.ts';

const gateway = await startGatewayHere();
const merchant = await gateway.merchant();
const stripe = stripeFor(gateway.port, merchant.key);

const basic = (user: string, password = '') =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

const statusWith = async (headers: Record<string, string>, path = '/v1/customers') =>
  (await gateway.ask('GET', path, { headers })).status;

describe('a key is accepted', () => {
  test('as Bearer, whatever the case of the word', async () => {
    assert.equal(await statusWith({ authorization: `Bearer ${merchant.key}` }), 200);
    assert.equal(await statusWith({ authorization: `bearer ${merchant.key}` }), 200);
  });

  test('as the user name of Basic, with an empty password or without one', async () => {
    assert.equal(await statusWith({ authorization: basic(merchant.key) }), 200);
    const noColon = `Basic ${Buffer.from(merchant.key).toString('base64')}`;
    assert.equal(await statusWith({ authorization: noColon }), 200);
  });

  test('as the parameter key, in the query and in the body', async () => {
    assert.equal(await statusWith({}, `/v1/customers?key=${merchant.key}`), 200);
    const { status, body } = await gateway.ask('POST', '/v1/customers', {
      form: `key=${merchant.key}&name=Jenny`,
    });
    assert.equal(status, 200);
    assert.equal(body.name, 'Jenny');
  });

  test('in the header rather than in a parameter, where both are there', async () => {
    const path = '/v1/customers?key=sk_test_wrong';
    assert.equal(await statusWith({ authorization: `Bearer ${merchant.key}` }, path), 200);
  });
});

describe('a key is refused', () => {
  test('that is not there', async () => {
    const without: Record<string, string>[] = [
      {},
      { authorization: 'Bearer ' },
      { authorization: basic('') },
      { authorization: 'Digest x' },
    ];
    for (const headers of without) {
      const {
        status,
        body,
        headers: told,
      } = await gateway.ask('GET', '/v1/customers', { headers });
      assert.equal(status, 401);
      assert.equal(told['www-authenticate'], 'Bearer realm="Tollgate"');
      assert.equal(body.error.type, 'invalid_request_error');
      assert.match(
        body.error.message,
        /^You did not provide an API key\. You need to provide your API key in the Authorization header, using Bearer auth \(e\.g\. 'Authorization: Bearer YOUR_SECRET_KEY'\)\. See http:\/\/pay\.test\/docs for details, /,
      );
    }
  });

  test('that is unknown, and its middle is never shown', async () => {
    const last = merchant.key.slice(-1) === 'A' ? 'B' : 'A';
    const wrong = merchant.key.slice(0, -1) + last;
    const refused = await refusalOf(stripeFor(gateway.port, wrong).customers.list());
    assert.equal(refused.type, 'StripeAuthenticationError');
    assert.equal(refused.statusCode, 401);
    assert.equal(refused.message, `Invalid API Key provided: sk_test_****${wrong.slice(-4)}`);
    assert.equal(JSON.stringify(refused.raw).includes(wrong.slice(8, -4)), false);
  });

  test('that has the form of one and the checksum, but was never made', async () => {
    const stranger = await strangersKey();
    const refused = await refusalOf(stripeFor(gateway.port, stranger).customers.list());
    assert.equal(refused.statusCode, 401);
  });

  test('once it was revoked', async () => {
    const { context } = gateway;
    const text = await createKey(context, { scope: merchant.scope, kind: 'secret', name: 'Short' });
    assert.equal(await statusWith({ authorization: `Bearer ${text}` }), 200);
    const key = (await listKeys(context, merchant.scope)).find(({ name }) => name === 'Short');
    assert.ok(key !== undefined);
    assert.equal(await revokeKey(context, key), true);
    // Remembered for a second at the most.
    await context.clock.sleep(1_050);
    const refused = await refusalOf(stripeFor(gateway.port, text).customers.list());
    assert.equal(refused.statusCode, 401);
    assert.equal(refused.code, 'api_key_expired');
    assert.equal(refused.message, `Expired API Key provided: sk_test_****${text.slice(-4)}`);
  });

  test('not before the overlap of a rolled one is over', async () => {
    const { context } = gateway;
    const old = await createKey(context, { scope: merchant.scope, kind: 'secret', name: 'Rolled' });
    const key = (await listKeys(context, merchant.scope)).find(({ name }) => name === 'Rolled');
    assert.ok(key !== undefined);
    const young = await rollKey(context, key, 600_000);
    assert.equal(await statusWith({ authorization: `Bearer ${old}` }), 200);
    assert.equal(await statusWith({ authorization: `Bearer ${young}` }), 200);
    await asOwner(
      gateway.on,
      `update identity.api_keys set expires_at = now() where name = 'Rolled' and expires_at is not null`,
    );
    // Remembered for a second at the most.
    await context.clock.sleep(1_050);
    assert.equal(await statusWith({ authorization: `Bearer ${old}` }), 401);
    assert.equal(await statusWith({ authorization: `Bearer ${young}` }), 200);
  });

  test('from an address that is not on its list', async () => {
    const { context } = gateway;
    const text = await createKey(context, { scope: merchant.scope, kind: 'secret', name: 'Bound' });
    await asOwner(
      gateway.on,
      `update identity.api_keys set allowed_addresses = '{192.0.2.0/24}' where name = 'Bound'`,
    );
    const { status, body } = await gateway.ask('GET', '/v1/customers', { key: text });
    assert.equal(status, 403);
    assert.equal(body.error.message, 'This API key may not be used from this IP address.');
    await asOwner(
      gateway.on,
      `update identity.api_keys set allowed_addresses = '{127.0.0.0/8}' where name = 'Bound'`,
    );
    await context.clock.sleep(1_050);
    assert.equal(await statusWith({ authorization: `Bearer ${text}` }), 200);
  });
});

/** A key of another installation: right in form, unknown here. */
const strangersKey = async (): Promise<string> => {
  const other = await gateway.merchant();
  await asOwner(gateway.on, 'delete from identity.api_keys where account_id = $1', [
    other.accountId,
  ]);
  return other.key;
};

describe('a publishable key', () => {
  for (const { method, path, operation } of gatherRoutes().filter(
    ({ keys }) => keys === 'secret',
  )) {
    test(`may not call ${operation}`, async () => {
      const { status, body, headers } = await gateway.ask(method, path.replaceAll(/:\w+/g, 'x_1'), {
        key: merchant.publishableKey,
      });
      assert.equal(status, 403);
      assert.equal(body.error.code, 'secret_key_required');
      assert.match(
        body.error.message,
        /^This API call cannot be made with a publishable API key\. Please use a secret API key\./,
      );
      assert.equal(headers['access-control-allow-origin'], undefined);
    });
  }
});

describe('a restricted key', () => {
  test('does what its permissions say', async () => {
    const reader = stripeFor(gateway.port, await merchant.restrictedKey({ customers: 'read' }));
    const writer = stripeFor(gateway.port, await merchant.restrictedKey({ customers: 'write' }));
    const { id } = await writer.customers.create();
    assert.equal((await reader.customers.retrieve(id)).id, id);
    assert.equal((await writer.customers.retrieve(id)).id, id);

    for (const call of [
      () => reader.customers.create(),
      () => reader.customers.update(id, {}),
      () => reader.customers.del(id),
    ]) {
      const refused = await refusalOf(call());
      assert.equal(refused.type, 'StripePermissionError');
      assert.equal(refused.statusCode, 403);
      assert.equal(
        refused.message,
        "The provided key does not have the required permissions for this endpoint. Having the 'customers_write' permission would allow this request to continue.",
      );
    }
    const events = await refusalOf(writer.events.list());
    assert.match(events.message, /'events_read' permission/);
  });

  test('learns of a payment only with a permission for payments', async () => {
    const paid = '?payment[type]=payment_intent&payment[payment_intent]=pi_1';
    const asks = async (path: string, permissions: Parameters<typeof merchant.restrictedKey>[0]) =>
      (await gateway.ask('GET', path, { key: await merchant.restrictedKey(permissions) })).status;
    const path = '/v1/invoice_payments';
    assert.equal(await asks(path, { invoice_payments: 'read' }), 200);
    assert.equal(await asks(path + paid, { invoice_payments: 'read' }), 403);
    const both = { invoice_payments: 'read', payment_intents: 'read' } as const;
    assert.equal(await asks(path + paid, both), 400, 'No such payment_intent');
  });

  test('without permissions does nothing', async () => {
    const key = await merchant.restrictedKey({});
    for (const { method, path } of gatherRoutes()) {
      const { status } = await gateway.ask(method, path.replaceAll(/:\w+/g, 'x_1'), { key });
      assert.equal(status, 403, `${method} ${path}`);
    }
  });
});

describe('the mode of a key', () => {
  test('separates what was made in each', async () => {
    const live = stripeFor(gateway.port, merchant.liveKey);
    const { id } = await stripe.customers.create();
    const refused = await refusalOf(live.customers.retrieve(id));
    assert.equal(refused.statusCode, 404);
    assert.equal(
      refused.message,
      `No such customer: '${id}'; a similar object exists in test mode, but a live mode key was used to make this request.`,
    );
    const { id: liveId } = await live.customers.create();
    const reverse = await refusalOf(stripe.customers.update(liveId, { name: 'x' }));
    assert.equal(
      reverse.message,
      `No such customer: '${liveId}'; a similar object exists in live mode, but a test mode key was used to make this request.`,
    );
  });

  test('is hinted at to its own merchant only', async () => {
    const other = await gateway.merchant('Another');
    const { id } = await stripe.customers.create();
    for (const key of [other.key, other.liveKey]) {
      const refused = await refusalOf(stripeFor(gateway.port, key).customers.retrieve(id));
      assert.equal(refused.message, `No such customer: '${id}'`);
    }
  });
});

const asAccount = (name: string, account: string) =>
  gateway.ask('GET', '/v1/customers', { key: merchant.key, headers: { [name]: account } });

describe('the account', () => {
  for (const name of ['stripe-account', 'stripe-context']) {
    test(`may be named by ${name}, if it is one's own`, async () => {
      const own = await asAccount(name, merchant.account);
      assert.equal(own.status, 200);
      assert.equal(own.headers['stripe-account'], merchant.account);
      assert.equal((await asAccount(name, 'acct_other')).status, 403);
      const other = await gateway.merchant('Another');
      assert.equal((await asAccount(name, other.account)).status, 403);
    });
  }

  test('is not the one where the other header names another', async () => {
    for (const [account, context] of [
      [merchant.account, 'acct_other'],
      ['acct_other', merchant.account],
    ] as const) {
      const headers = { 'stripe-account': account, 'stripe-context': context };
      const { status, body } = await gateway.ask('GET', '/v1/customers', {
        key: merchant.key,
        headers,
      });
      assert.equal(status, 403);
      assert.match(body.error.message, /'acct_other'/);
    }
  });
});
