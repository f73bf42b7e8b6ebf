// Accounts at providers, as a merchant manages them over the API, and the address their provider calls.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { newUuid, parseId } from '#kit/ids';
import { explainWebhook, loadWebhooksForPerson } from '#rails/connectors';
import { loadKnown, newOperation, providerKeysFrom } from '#rails/operations';
import { asOwner } from '../../src/for-tests.ts';
import { allChecks } from '../../src/modules.ts';
import { insertOperation } from '../../src/rails/operations/write-operation.store.ts';
import { signatureOf, webhookSecret } from '../../src/rails/psp/stripe/for-tests-simulator.ts';
import { startGatewayHere } from '../support/gateway.ts';
import { assertShape } from '../support/stripe-shape.ts';
import { waitUntil } from '../support/writers.ts';

const gateway = await startGatewayHere();
const { ask } = gateway;
const { key, liveKey, scope } = await gateway.merchant();
const stranger = await gateway.merchant('Somebody else');

const secretKey = 'sk_test_51TheSecretOfThisTest';
const form = (fields: Record<string, string>): string => new URLSearchParams(fields).toString();
const good = { connector: 'stripe', 'settings[secret_key]': secretKey };
const create = (fields: Record<string, string>, as = key) =>
  ask('POST', '/v1/connector_accounts', { key: as, form: form(fields) });

describe('connectors', () => {
  test('are shown with what they can do and what they want to know', async () => {
    const { status, body } = await ask('GET', '/v1/connectors', { key });
    assert.equal(status, 200);
    const stripe = body.data.find((each: { id: string }) => each.id === 'stripe');
    assert.equal(stripe.object, 'connector');
    assert.equal(stripe.verified, 'none');
    assert.deepEqual(stripe.settings.required, ['secret_key', 'api_base']);
    assert.equal(stripe.settings.properties.secret_key.writeOnly, true);
    const refund = stripe.operations.find(
      (each: { operation: string }) => each.operation === 'refund',
    );
    assert.deepEqual(refund.recovery, ['A', 'B']);
    const one = await ask('GET', '/v1/connectors/stripe', { key });
    assert.deepEqual(one.body, stripe);
    assert.equal((await ask('GET', '/v1/connectors/strpe', { key })).status, 404);
  });

  test('are for secret keys', async () => {
    const { status } = await ask('GET', '/v1/connectors', {});
    assert.equal(status, 401);
  });
});

describe('the merchant', () => {
  test('is named, with what can be paid by, as plugins of shops ask before anything else', async () => {
    const shop = await gateway.merchant('Rosen & Sons');
    const before = (await ask('GET', '/v1/account', { key: shop.key })).body;
    assertShape(before, 'resources/Accounts.d.ts', 'Account');
    assert.equal(before.business_profile.name, 'Rosen & Sons');
    assert.deepEqual([before.charges_enabled, before.capabilities], [false, {}]);

    const { body } = await create({ ...good, methods: '' }, shop.key);
    const able = (await ask('GET', '/v1/account', { key: shop.key })).body;
    assertShape(able, 'resources/Accounts.d.ts', 'Account');
    assert.deepEqual([able.id, able.charges_enabled], [before.id, true]);
    assert.deepEqual(able.capabilities, { card_payments: 'active' });
    await ask('POST', `/v1/connector_accounts/${body.id}`, {
      key: shop.key,
      form: form({ 'methods[0]': 'ideal' }),
    });
    const byBank = (await ask('GET', '/v1/account', { key: shop.key })).body;
    assert.deepEqual(byBank.capabilities, { ideal_payments: 'active' });
    const live = (await ask('GET', '/v1/account', { key: shop.liveKey })).body;
    assert.deepEqual([live.id, live.charges_enabled], [before.id, false]);
    const { headers } = await ask('GET', '/v1/account', {
      key: shop.key,
      headers: { 'Stripe-Account': before.id },
    });
    assert.equal(headers['stripe-account'], before.id);
  });
});

describe('an account at a provider', () => {
  test('is added, and what is secret is never shown again', async () => {
    const { status, body, text } = await create({ ...good, priority: '5', label: 'Main' });
    assert.equal(status, 200, text);
    assert.equal(body.object, 'connector_account');
    assert.deepEqual([body.label, body.priority, body.enabled], ['Main', 5, true]);
    assert.deepEqual(body.secrets_set, ['secret_key']);
    assert.deepEqual(body.settings, { api_base: 'https://api.stripe.com' });
    assert.equal(body.webhook_path, `/v1/connect/stripe/${body.id}`);
    assert.ok(!text.includes(secretKey));

    const got = await ask('GET', `/v1/connector_accounts/${body.id}`, { key });
    assert.deepEqual(got.body, body);
    const rows = await asOwner(gateway.on, 'select * from rails.connector_accounts');
    assert.ok(!rows.some((row) => String(row['secrets']).includes('TheSecret')));
    const entries = await asOwner(
      gateway.on,
      `select details from identity.audit_entries where action = 'connector_account.create'`,
    );
    assert.ok(entries.length > 0);
    assert.ok(!JSON.stringify(entries).includes('TheSecret'));
  });

  test('is refused with the field at fault, and never with what it held', async () => {
    const cases: readonly (readonly [Record<string, string>, string])[] = [
      [{ 'settings[secret_key]': secretKey }, 'connector'],
      [{ connector: 'strpe' }, 'connector'],
      [{ connector: 'stripe' }, 'settings[secret_key]'],
      [{ connector: 'stripe', 'settings[secret_key]': 'pk_oops' }, 'settings[secret_key]'],
      [{ ...good, 'settings[api_base]': 'nowhere' }, 'settings[api_base]'],
      [{ ...good, 'settings[colour]': 'red' }, 'settings[colour]'],
      [{ ...good, priority: 'first' }, 'priority'],
      [{ connector: 'stripe', settings: 'sk_test_plain' }, 'settings'],
      [{ ...good, 'methods[]': 'pigeon' }, 'methods'],
    ];
    for (const [fields, param] of cases) {
      const { status, body, text } = await create(fields);
      assert.deepEqual([status, body.error.param], [400, param], text);
      assert.ok(!text.includes(secretKey) && !text.includes('pk_oops'), text);
    }
  });

  test('takes the ways to pay that it names, and what has to be switched on only then', async () => {
    const { merchant } = gateway;
    const { key: own, scope } = await merchant('Somebody with a way to pay');
    const offered = async (currency: string) =>
      [...(await gateway.rails.offered(scope, { operation: 'purchase', currency }))].toSorted();
    const { body } = await create(good, own);
    assert.equal(body.methods, null);
    assert.deepEqual(await offered('eur'), ['card', 'payment_method_token']);
    const path = `/v1/connector_accounts/${body.id}`;
    const named = await ask('POST', path, { key: own, form: 'methods[]=ideal&methods[]=p24' });
    assert.deepEqual(named.body.methods, ['ideal', 'p24'], named.text);
    assert.deepEqual(await offered('eur'), ['ideal', 'p24']);
    assert.deepEqual(await offered('pln'), ['p24']);
    assert.deepEqual(
      [...(await gateway.rails.offered(scope, { operation: 'authorize', currency: 'eur' }))],
      [],
    );
    const unset = await ask('POST', path, { key: own, form: 'methods=' });
    assert.equal(unset.body.methods, null, unset.text);
  });

  test('is changed field by field', async () => {
    const { body: before } = await create(good);
    const path = `/v1/connector_accounts/${before.id}`;
    const change = (fields: Record<string, string>) =>
      ask('POST', path, { key, form: form(fields) });

    const { body: off } = await change({ enabled: 'false', priority: '2' });
    assert.deepEqual([off.enabled, off.priority], [false, 2]);
    const { body: two } = await change({ 'settings[webhook_secret]': webhookSecret });
    assert.deepEqual(two.secrets_set, ['secret_key', 'webhook_secret']);
    const { body: one } = await change({ 'settings[webhook_secret]': '' });
    assert.deepEqual(one.secrets_set, ['secret_key']);
    const none = await change({ 'settings[secret_key]': '' });
    assert.deepEqual([none.status, none.body.error.param], [400, 'settings[secret_key]']);
  });

  test('is listed newest first, and not to others nor in the other mode', async () => {
    const { body: older } = await create(good);
    const { body: newer } = await create(good);
    const { body } = await ask('GET', '/v1/connector_accounts?limit=2', { key });
    assert.deepEqual(
      body.data.map((each: { id: string }) => each.id),
      [newer.id, older.id],
    );
    for (const other of [liveKey, stranger.key]) {
      const { body: theirs } = await ask('GET', '/v1/connector_accounts', { key: other });
      assert.deepEqual(theirs.data, []);
      const got = await ask('GET', `/v1/connector_accounts/${newer.id}`, { key: other });
      assert.equal(got.status, 404);
    }
  });

  test('is deleted with its secrets, and stays known by name', async () => {
    const { body: made } = await create(good);
    const path = `/v1/connector_accounts/${made.id}`;
    const { body } = await ask('DELETE', path, { key });
    assert.deepEqual(body, { id: made.id, object: 'connector_account', deleted: true });
    assert.deepEqual((await ask('GET', path, { key })).body, body);
    assert.equal((await ask('POST', path, { key, form: 'enabled=true' })).status, 404);
    assert.equal((await ask('DELETE', path, { key })).status, 404);
    const rows = await asOwner(
      gateway.on,
      'select 1 from rails.connector_accounts where deleted and length(secrets) > 0',
    );
    assert.deepEqual(rows, []);
  });
});

describe('the address that a provider calls', () => {
  const event = JSON.stringify({
    id: 'evt_1',
    type: 'payment_intent.succeeded',
    data: { object: { id: 'pi_1', status: 'succeeded', metadata: {} } },
  });
  const call = (path: string, body: string, signature?: string) =>
    fetch(`http://127.0.0.1:${gateway.port}${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(signature === undefined ? {} : { 'stripe-signature': signature }),
      },
      body,
    });
  const signed = (body: string) => signatureOf(webhookSecret, body, Date.now());
  const count = async () =>
    Number(
      (await asOwner(gateway.on, 'select count(*) as n from rails.inbound_webhooks'))[0]?.['n'],
    );

  test('takes what is verified, once, and refuses the rest', async () => {
    const { body: account } = await create({
      ...good,
      'settings[webhook_secret]': webhookSecret,
    });
    const path = account.webhook_path;
    assert.equal((await call(path, event)).status, 400);
    assert.equal((await call(path, `${event} `, signed(event))).status, 400);
    assert.equal(await count(), 0);
    assert.equal((await call(path, event, signed(event))).status, 200);
    assert.equal((await call(path, event, signed(event))).status, 200);
    assert.equal(await count(), 1);
    const stored = JSON.stringify(
      await asOwner(
        gateway.on,
        `select encode(sealed, 'escape') as raw from rails.inbound_webhooks`,
      ),
    );
    assert.ok(!stored.includes('payment_intent'), 'It is sealed');
  });

  test('refuses everything while no secret is set', async () => {
    const { body: account } = await create(good);
    assert.equal((await call(account.webhook_path, event, signed(event))).status, 400);
  });

  test('is nobody for what is not there, is deleted, or is of another provider', async () => {
    const { body: account } = await create({ ...good, 'settings[webhook_secret]': webhookSecret });
    const wrong = [
      account.webhook_path.replace('/stripe/', '/strpe/'),
      account.webhook_path.slice(0, -1),
      '/v1/connect/stripe/cna_0000000000000000000000',
    ];
    for (const path of wrong) assert.equal((await call(path, event, signed(event))).status, 404);
    await ask('DELETE', `/v1/connector_accounts/${account.id}`, { key });
    assert.equal((await call(account.webhook_path, event, signed(event))).status, 404);
  });

  test('what waits there and cannot be read any more is tried less and less often, and waits for a person', async () => {
    const waiting = async (id: string) => {
      const { body: account } = await create({
        ...good,
        'settings[webhook_secret]': webhookSecret,
      });
      const body = event
        .replace('evt_1', id)
        .replace('"metadata":{}', '"metadata":{"tollgate_reference":"op_of_nobody"}');
      assert.equal((await call(account.webhook_path, body, signed(body))).status, 200);
      return account;
    };
    const row = async (id: string) => {
      const text = `select state, tries, leased_until from rails.inbound_webhooks where event_id = '${id}'`;
      return (await asOwner(gateway.on, text))[0];
    };
    const change = (id: string, what: string) =>
      asOwner(
        gateway.on,
        `update rails.inbound_webhooks set ${what}, leased_until = null
          where event_id = '${id}' and state = 1`,
      );
    const isGivenUp = (id: string) => async () => (await row(id))?.['state'] === 3;

    const gone = await waiting('evt_of_an_account_that_goes');
    await waiting('evt_that_nobody_can_open');
    await ask('DELETE', `/v1/connector_accounts/${gone.id}`, { key });
    await change('evt_of_an_account_that_goes', `due_at = now()`);
    await waitUntil('one is given up', 60_000, isGivenUp('evt_of_an_account_that_goes'));

    await change('evt_that_nobody_can_open', `due_at = now(), sealed = '\\x00', tries = 10`);
    await waitUntil('it is tried', 60_000, async () => {
      const { state, tries, leased_until: leased } = (await row('evt_that_nobody_can_open')) ?? {};
      return state === 1 && tries === 11 && leased === null;
    });
    await change(
      'evt_that_nobody_can_open',
      `due_at = now(), received_at = now() - interval '3 days'`,
    );
    const forPerson = () => loadWebhooksForPerson(gateway.context, scope, 100);
    await waitUntil(
      'the other waits for a person',
      60_000,
      async () => (await forPerson()).length > 0,
    );
    const [strange] = await forPerson();
    assert.deepEqual(strange?.told, []);
    assert.equal(gateway.errors.length, 3, gateway.errors.join());
    gateway.errors.length = 0;
    const word = { id: strange?.id ?? '', explanation: 'of a test', atMs: 0 };
    await gateway.context.database.commit(scope, [explainWebhook(scope, word)]);
  });

  test('hears of what nobody knows for days on, while it waits for a person', async () => {
    const { context } = gateway;
    const { body: account } = await create({ ...good, 'settings[webhook_secret]': webhookSecret });
    const connectorAccountId = parseId('cna', account.id) ?? '';
    const tell = async (id: string, reference: string, type = 'payment_intent.succeeded') => {
      const metadata = { tollgate_reference: reference };
      const object = {
        amount_received: 1_200,
        id: `pi_${id}`,
        status: 'succeeded',
        amount: 1_200,
        currency: 'eur',
        metadata,
      };
      const body = JSON.stringify({ id, type, data: { object } });
      assert.equal((await call(account.webhook_path, body, signed(body))).status, 200);
    };
    const pass = (days: number, events: readonly string[]) =>
      asOwner(
        gateway.on,
        `update rails.inbound_webhooks
            set received_at = now() - make_interval(days => $1), due_at = now(), leased_until = null
          where state = 1 and event_id = any ($2)`,
        [days, events],
      );
    const waiting = () => loadWebhooksForPerson(context, scope, 100);
    const untilWaiting = (count: number) =>
      waitUntil(
        `${count} wait for a person`,
        60_000,
        async () => (await waiting()).length === count,
      );
    const found = async () => {
      const check = allChecks().find(({ name }) =>
        name.startsWith('what a provider said by webhook'),
      );
      return (await asOwner(gateway.on, check?.text ?? '')).length;
    };

    await tell('evt_11', 'theirs');
    await tell('evt_12', 'theirs', 'refund.updated');
    await tell('evt_13', 'known-later');
    await tell('evt_14', 'fresh');
    await pass(2, ['evt_14']);
    assert.deepEqual([await waiting(), await found()], [[], 0]);
    await pass(4, ['evt_11', 'evt_12', 'evt_13']);
    await untilWaiting(3);
    assert.equal(await found(), 3);
    const [later, refund, payment] = await waiting();
    const said = { name: 'theirs', outcome: 'approved', amount: '1200', currency: 'eur' };
    assert.deepEqual(payment?.told, [said]);
    assert.deepEqual(refund?.told, [said]);
    const told = gateway.errors.splice(0).filter((line) => /has for days/.test(line));
    assert.equal(told.length, 3);

    const explanation = { explanation: 'made at the till', atMs: context.clock.now() };
    const explain = (id: string) =>
      context.database.commit(scope, [explainWebhook(scope, { id, ...explanation })]);
    assert.ok((await explain(payment?.id ?? '')).ok);
    assert.ok(!(await explain(refund?.id ?? '')).ok, 'It went with the other');
    assert.deepEqual(
      (await waiting()).map(({ id }) => id),
      [later?.id],
    );

    const operation = newOperation(context, scope, providerKeysFrom(Buffer.alloc(32)), {
      kind: 'payout',
      intentId: newUuid(context),
      ordinal: 1,
      attempt: 1,
      connectorAccountId,
      amount: 1_200n,
      currency: 'eur',
      reference: 'known-later',
      timeoutMs: 1_000,
    });
    const sent = {
      ...operation,
      state: 'unknown',
      dueAtMs: context.clock.now() + 3_600_000,
    } as const;
    await context.database.commit(scope, [insertOperation(scope, sent)]);
    await pass(4, ['evt_13']);
    await untilWaiting(0);
    assert.equal((await loadKnown(context, scope, operation.id))?.operation.state, 'approved');
    gateway.errors.splice(0);
  });

  test('is open to the provider while two hundred others never end what they say', async (t) => {
    const { body: account } = await create({ ...good, 'settings[webhook_secret]': webhookSecret });
    const head = `POST ${account.webhook_path} HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n`;
    const slow = await Promise.all(
      Array.from({ length: 200 }, async () => {
        const socket = connect(gateway.port, '127.0.0.1').on('error', () => {});
        t.after(() => socket.destroy());
        await once(socket, 'connect');
        socket.write(`${head}{`);
        return socket;
      }),
    );
    const signature = signed(event);
    await waitUntil('the first of them is sent away', 30_000, async () => {
      assert.equal((await call(account.webhook_path, event, signature)).status, 200);
      return slow.some(({ closed }) => closed);
    });
  });

  test('takes no more than a quarter of a megabyte', async () => {
    const { body: account } = await create({ ...good, 'settings[webhook_secret]': webhookSecret });
    const large = JSON.stringify({ id: 'evt_2', text: 'x'.repeat(300_000) });
    const answer = await call(account.webhook_path, large, signed(large)).catch(() => null);
    assert.ok(answer === null || answer.status === 413);
  });
});
