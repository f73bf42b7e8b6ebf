// Where accounts at providers may lead. A key of a merchant's is enough to change one, and card numbers and secrets go
// where it leads: to the provider's own hosts, and to those that the operator has named.

import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { asOwner } from '../../src/for-tests.ts';
import { atEnd } from '../../src/kit/context/for-tests-end.ts';
import { misledAccountsAt } from '../../src/live-mode.ts';
import { testBank } from '../../src/payments/intents/for-tests-bank.ts';
import { testConnectorAccount } from '../../src/rails/connectors/for-tests.ts';
import { connector as direct } from '../../src/rails/psp/direct/index.ts';
import { connector as stripe } from '../../src/rails/psp/stripe/index.ts';
import { refuseMisledAccounts } from '../../src/runtime.ts';
import { startGatewayHere } from '../support/gateway.ts';
import { stripeFor } from '../support/stripe.ts';

/** Banks of the tests. All of 127.0.0.0/8 is this machine. */
const NAMED = '127.0.0.2';
const PRIVATE_LINE = '127.0.0.3';

const paperbank = testBank();
const gateway = await startGatewayHere({
  connectors: [paperbank.connector, stripe, direct],
  env: {
    TOLLGATE_PROVIDERS_TO_LOOPBACK: 'off',
    TOLLGATE_PROVIDER_HOSTS: `api.bank.example, ${NAMED}`,
    TOLLGATE_UNENCRYPTED_HOSTS: PRIVATE_LINE,
  },
});
const { ask, context, rails } = gateway;

const secretKey = 'sk_test_51TheSecretOfThisTest';
const toStripe = { connector: 'stripe', 'settings[secret_key]': secretKey };
const form = (fields: Readonly<Record<string, string>>): string =>
  new URLSearchParams(fields).toString();
const create = (key: string, fields: Readonly<Record<string, string>>) =>
  ask('POST', '/v1/connector_accounts', { key, form: form(fields) });
const change = (key: string, id: string, fields: Readonly<Record<string, string>>) =>
  ask('POST', `/v1/connector_accounts/${id}`, { key, form: form(fields) });

const terminal = {
  acquirer_id: '12345',
  terminal_id: 'TERM0001',
  merchant_id: 'MERCHANT0000001',
  merchant_category: '5999',
};
const toBank = (settings: Readonly<Record<string, string>>) => ({
  connector: 'direct',
  ...Object.fromEntries(
    Object.entries({ ...terminal, port: '5000', ...settings }).map(([name, value]) => [
      `settings[${name}]`,
      value,
    ]),
  ),
});

/** Somebody who listens to whatever comes, and says nothing. */
const listener = async (host: string) => {
  const sockets = new Set<Socket>();
  const heard = { bytes: '', calls: 0, port: 0 };
  const server = createServer((socket) => {
    sockets.add(socket);
    heard.calls += 1;
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      heard.bytes += bytes.toString('latin1');
      socket.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  heard.port = address.port;
  atEnd(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return heard;
};

const aCard = (number: string) =>
  ({ type: 'card', card: { number, exp_month: 12, exp_year: 2034, cvc: '737' } }) as never;

describe('an account at a provider', () => {
  test('is not made where it leads to a host that nobody has named, and says who could', async () => {
    const { key } = await gateway.merchant();
    for (const base of [
      'https://evil.example',
      'http://127.0.0.1:8080',
      'http://169.254.169.254',
      'https://api.stripe.com@evil.example',
      'https://api.stripe.com.evil.example',
    ]) {
      const { status, body } = await create(key, { ...toStripe, 'settings[api_base]': base });
      assert.deepEqual([status, body.error?.param], [400, 'settings[api_base]'], base);
      assert.match(body.error.message, /api\.stripe\.com.*TOLLGATE_PROVIDER_HOSTS.*operator/);
    }
    const bank = { host: NAMED };
    for (const [field, value] of [
      ['host', 'evil.example'],
      ['host', '127.0.0.1'],
      ['host', '127.2'],
      ['directory_url', 'https://evil.example'],
      ['disputes_url', 'https://evil.example'],
      ['clearing_url', 'https://evil.example'],
      ['settlement_url', 'https://evil.example'],
    ] as const) {
      const asking = { acquirer_bin: '412345', merchant_name: 'A shop', merchant_country: 'DE' };
      const made = await create(key, toBank({ ...bank, ...asking, [field]: value }));
      assert.deepEqual([made.status, made.body.error?.param], [400, `settings[${field}]`], value);
      assert.match(made.body.error.message, /operator .* has named in TOLLGATE_PROVIDER_HOSTS/);
    }
    const here = await create(key, { ...toStripe, 'settings[api_base]': 'http://localhost:1' });
    assert.match(here.body.error.message, /TOLLGATE_PROVIDERS_TO_LOOPBACK/);
    assert.equal((await create(key, toBank(bank))).status, 200);
    assert.equal((await create(key, toStripe)).status, 200);
  });

  test('that leads elsewhere all the same is sent no card and no secret', async () => {
    const { key, scope } = await gateway.merchant();
    await testConnectorAccount(context, rails, scope, { connector: 'paperbank', priority: 100 });
    const shop = stripeFor(gateway.port, key);
    const customer = await shop.customers.create({});
    await shop.paymentIntents.create({
      amount: 900,
      currency: 'eur',
      confirm: true,
      customer: customer.id,
      setup_future_usage: 'off_session',
      payment_method_data: aCard('4242424242424242'),
    });
    const kept = (await shop.paymentMethods.list({ customer: customer.id, type: 'card' })).data[0];
    const heard = await listener('127.0.0.1');
    const { port } = heard;
    // As it was stored before anybody asked.
    await testConnectorAccount(context, rails, scope, {
      connector: 'stripe',
      priority: 0,
      settings: { secret_key: secretKey, api_base: `http://127.0.0.1:${port}` },
    });
    await testConnectorAccount(context, rails, scope, {
      connector: 'direct',
      priority: 1,
      settings: { ...terminal, host: '127.0.0.1', port },
    });
    const paid = await shop.paymentIntents.create({
      amount: 100,
      currency: 'eur',
      confirm: true,
      customer: customer.id,
      payment_method: kept?.id ?? '',
      off_session: true,
    });
    assert.equal(paid.status, 'succeeded', 'The bank that is allowed took it');
    assert.deepEqual([heard.bytes, heard.calls], ['', 0]);
  });

  test('has its directory server asked nowhere else either, whose question holds the number', async () => {
    const { key, scope } = await gateway.merchant();
    const heard = await listener('127.0.0.1');
    const bank = await listener(NAMED);
    await testConnectorAccount(context, rails, scope, {
      connector: 'direct',
      settings: {
        ...terminal,
        host: NAMED,
        port: bank.port,
        directory_url: `http://127.0.0.1:${heard.port}`,
        acquirer_bin: '412345',
        merchant_name: 'A shop',
        merchant_country: 'DE',
      },
    });
    const paid = await stripeFor(gateway.port, key)
      .paymentIntents.create({
        amount: 900,
        currency: 'eur',
        confirm: true,
        payment_method_data: aCard('4242424242424242'),
        payment_method_options: { card: { request_three_d_secure: 'any' } },
        return_url: 'https://shop.test/back',
      })
      .then(({ status }) => status)
      .catch(() => 'declined');
    assert.equal(paid, 'declined');
    assert.ok(bank.calls > 0, 'The bank was tried, without a proof');
    assert.deepEqual([heard.bytes, heard.calls], ['', 0]);
  });

  test('leads elsewhere only for those who know its secrets, and the audit log names what they changed', async () => {
    const { key, scope } = await gateway.merchant();
    const { body: account } = await create(key, {
      ...toStripe,
      'settings[webhook_secret]': 'whsec_ofThisTest',
    });
    const elsewhere = { 'settings[api_base]': 'https://api.bank.example' };
    const known = { 'settings[secret_key]': secretKey };
    for (const fields of [elsewhere, { ...elsewhere, ...known }]) {
      const { status, body } = await change(key, account.id, fields);
      assert.equal(status, 400);
      assert.match(body.error.param, /^settings\[(secret_key|webhook_secret)\]$/);
      assert.match(
        body.error.message,
        /where the account leads \(api_base\) wants its secrets anew in the same request/,
      );
    }
    const { body: unmoved } = await ask('GET', `/v1/connector_accounts/${account.id}`, { key });
    assert.deepEqual(unmoved.settings, { api_base: 'https://api.stripe.com' });

    const same = await change(key, account.id, { 'settings[api_base]': 'https://api.stripe.com' });
    assert.equal(same.status, 200, 'What leads where it led wants no secret');
    const moved = await change(key, account.id, {
      ...elsewhere,
      ...known,
      'settings[webhook_secret]': '',
    });
    assert.equal(moved.status, 200, moved.text);
    assert.deepEqual(moved.body.settings, { api_base: 'https://api.bank.example' });
    assert.deepEqual(moved.body.secrets_set, ['secret_key']);

    const [entry] = await asOwner(
      gateway.on,
      `select details from identity.audit_entries
        where action = 'connector_account.update' and account_id = $1 order by position desc limit 1`,
      [scope.accountId],
    );
    const details = entry?.['details'] as Record<string, unknown>;
    assert.deepEqual(details['places'], ['api_base']);
    assert.doesNotMatch(JSON.stringify(details), /bank\.example|sk_test/);
  });

  test('is made and changed by a restricted key only where it was given that', async () => {
    const { key, restrictedKey } = await gateway.merchant();
    const { body: account } = await create(key, toStripe);
    const till = await restrictedKey({ payment_intents: 'write', connector_accounts: 'read' });
    for (const answer of [
      await create(till, toStripe),
      await change(till, account.id, { 'settings[secret_key]': secretKey }),
    ]) {
      assert.equal(answer.status, 403, answer.text);
    }
  });
});

describe('in live mode a bank', () => {
  test('is reached over TLS, or over a line that its operator has called private', async () => {
    const { liveKey } = await gateway.merchant();
    const clear = await create(liveKey, toBank({ host: NAMED }));
    assert.deepEqual([clear.status, clear.body.error?.param], [400, 'settings[tls]'], clear.text);
    assert.match(clear.body.error.message, /turn it on.*TOLLGATE_UNENCRYPTED_HOSTS/);
    const made = await create(liveKey, toBank({ host: NAMED, tls: 'true' }));
    assert.equal(made.status, 200, made.text);
    const off = await change(liveKey, made.body.id, { 'settings[tls]': 'false' });
    assert.deepEqual([off.status, off.body.error?.param], [400, 'settings[tls]']);
    const line = await create(liveKey, toBank({ host: PRIVATE_LINE }));
    assert.equal(line.status, 200, line.text);
  });

  test('is sent no number in clear, however its account came to say so; the start says what to do', async () => {
    const { liveKey, liveScope } = await gateway.merchant();
    const heard = await listener(NAMED);
    const settings = { ...terminal, host: NAMED, port: heard.port };
    await testConnectorAccount(context, rails, liveScope, { connector: 'direct', settings });
    const shop = stripeFor(gateway.port, liveKey);
    const pay = () =>
      shop.paymentIntents
        .create({
          amount: 900,
          currency: 'eur',
          confirm: true,
          payment_method_data: aCard('4539578763621486'),
        })
        .then(({ status }) => status)
        .catch((error: { readonly code?: string }) => error.code);
    assert.notEqual(await pay(), 'succeeded');
    assert.deepEqual([heard.bytes, heard.calls], ['', 0]);

    const { directory } = rails.parts;
    const runtime = {
      context,
      directory,
      settings: { databaseUrl: gateway.on.ownerUrl, liveMode: true } as never,
    };
    const { live } = await misledAccountsAt(gateway.on.ownerUrl, directory);
    assert.equal(live.length, 1);
    await assert.rejects(refuseMisledAccounts(runtime), (error: Error) => {
      assert.match(error.message, /^Live mode is refused\..*connectors change/);
      assert.ok(error.message.includes(`leads to ${NAMED}:${heard.port}; settings[tls]`));
      return true;
    });
    await asOwner(
      gateway.on,
      'update rails.connector_accounts set enabled = false where account_id = $1',
      [liveScope.accountId],
    );
    const warned: unknown[] = [];
    const log = { ...context.log, warn: (given: object) => void warned.push(given) };
    await refuseMisledAccounts({ ...runtime, context: { ...context, log } });
    const { disabled } = await misledAccountsAt(gateway.on.ownerUrl, directory);
    assert.equal(disabled.length, 1);
    assert.match(disabled[0] ?? '', /settings\[tls\].*It is disabled; what was paid with it/);
    assert.ok(warned.some((given) => isDeepStrictEqual(given, { problem: disabled[0] })));
    await asOwner(
      gateway.on,
      `update rails.connector_accounts set deleted = true, secrets = '' where account_id = $1`,
      [liveScope.accountId],
    );
    assert.deepEqual((await misledAccountsAt(gateway.on.ownerUrl, directory)).disabled, []);

    const line = await listener(PRIVATE_LINE);
    await testConnectorAccount(context, rails, liveScope, {
      connector: 'direct',
      settings: { ...settings, host: PRIVATE_LINE, port: line.port },
    });
    assert.notEqual(await pay(), 'succeeded');
    assert.ok(line.calls > 0, 'A line that is private by word of its operator is used');
  });
});
