// Two accounts in both modes, with something of everything that one of them must not see.

import assert from 'node:assert/strict';
import type { Context } from '#kit/context';
import { testConnectorAccount } from '../../src/rails/connectors/for-tests.ts';
import type { Ask } from '../support/ask.ts';
import { startGatewayHere } from '../support/gateway.ts';
import type { Merchant } from '../support/merchant.ts';
import { pause } from '../support/writers.ts';

type Gateway = Awaited<ReturnType<typeof startGatewayHere>>;

/** What each of these is tried with: the context is the one whose stores have no condition on the account. */
export type Tried = {
  readonly gateway: Gateway;
  readonly context: Context;
  readonly world: World;
};

export type World = {
  readonly ask: Ask;
  readonly mine: Merchant;
  readonly theirs: Merchant;
  /** Ids of theirs, and of mine in the other mode; all of them foreign to my test key. */
  readonly foreign: readonly string[];
  readonly foreignOtherMode: readonly string[];
};

export const secretWord = 'zebra';

// Live mode knows no test cards: there is nothing to fill it with yet.
export const fillWithCards = async (ask: Ask, key: string, customer: string): Promise<string[]> => {
  const card = 'card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=2040&card[cvc]=123';
  const attached = await ask('POST', '/v1/payment_methods', { key, form: `type=card&${card}` });
  if (attached.status !== 200) return [];
  const form = `customer=${customer}`;
  await ask('POST', `/v1/payment_methods/${attached.body.id}/attach`, { key, form });
  const free = await ask('POST', '/v1/payment_methods', { key, form: `type=card&${card}` });
  const token = await ask('POST', '/v1/tokens', { key, form: card });
  const { body: used } = await ask('POST', '/v1/tokens', { key, form: card });
  const made = await ask('POST', '/v1/payment_methods', {
    key,
    form: `type=card&card[token]=${used.id}`,
  });
  return [attached, free, token, made].map(({ body }) => body.id).filter((id) => id !== undefined);
};

/** An endpoint, and what it was told of one event. */
export const fillWithWebhooks = async (ask: Ask, key: string): Promise<string[]> => {
  const form = 'url=https://hook.invalid/&enabled_events[]=customer.updated';
  const { body: endpoint } = await ask('POST', '/v1/webhook_endpoints', { key, form });
  const { body: customer } = await ask('POST', '/v1/customers', { key, form: 'name=Told' });
  await ask('POST', `/v1/customers/${customer.id}`, { key, form: 'name=Told twice' });
  const path = `/v1/webhook_deliveries?webhook_endpoint=${endpoint.id}`;
  let owed: string[] = [];
  for (let tries = 0; owed.length === 0 && tries < 2_400; tries += 1) {
    const { body } = await ask('GET', path, { key });
    owed = body.data
      .filter(({ attempts }: { attempts: unknown[] }) => attempts.length > 0)
      .map(({ id }: { id: string }) => id);
    if (owed.length === 0) await pause(25);
  }
  assert.ok(owed.length > 0, 'The event is owed and was tried.');
  await ask('DELETE', `/v1/customers/${customer.id}`, { key });
  return [endpoint.id, ...owed];
};

/** Of mine, so that what hangs at a payment can be asked for. */
export const payOnce = async (ask: Ask, key: string): Promise<string[]> => {
  const form = 'amount=900&currency=eur&confirm=true&payment_method=pm_card_visa';
  const { body } = await ask('POST', '/v1/payment_intents', { key, form });
  const refund = await ask('POST', '/v1/refunds', {
    key,
    form: `charge=${body.latest_charge}&amount=1`,
  });
  return [body.id, body.latest_charge, refund.body.id];
};

/** Live mode has no cards to pay with here: there it is an intent that waits for one. */
const fillWithPayments = async (ask: Ask, key: string): Promise<string[]> => {
  const order = `amount=900&currency=eur&metadata[of]=${secretWord}`;
  const waiting = await ask('POST', '/v1/payment_intents', {
    key,
    form: `${order}&order_reference=${secretWord}`,
  });
  if (key.startsWith('sk_live')) return [waiting.body.id];
  const paid = await ask('POST', '/v1/payment_intents', {
    key,
    form: `${order}&confirm=true&payment_method=pm_card_visa&receipt_email=${secretWord}@example.com`,
  });
  assert.equal(paid.status, 200, paid.text);
  const { id, latest_charge: charge } = paid.body;
  const refund = await ask('POST', '/v1/refunds', { key, form: `charge=${charge}&amount=100` });
  assert.equal(refund.status, 200, refund.text);
  await ask('POST', `/v1/charges/${charge}`, { key, form: 'description=changed' });
  await ask('POST', `/v1/refunds/${refund.body.id}`, { key, form: 'metadata[a]=b' });
  await ask('GET', `/v1/payment_intents/${id}/trace`, { key });
  return [waiting.body.id, id, charge, refund.body.id, ...(await mailsOf(ask, key, charge))];
};

/** Of one charge: its receipt, at least. */
const mailsOf = async (ask: Ask, key: string, charge: string): Promise<string[]> => {
  for (let tries = 0; tries < 2_400; tries += 1) {
    const { body } = await ask('GET', `/v1/mails?about=${charge}`, { key });
    if (body.data.length > 0) return body.data.map(({ id }: { id: string }) => id);
    await pause(25);
  }
  throw new Error('No mail was owed.');
};

/** A session and a link of theirs, or of mine. */
export const fillWithCheckout = async (
  ask: Ask,
  key: string,
  word = secretWord,
): Promise<string[]> => {
  const line = 'line_items[0][price_data]';
  const lines = `line_items[0][quantity]=1&${line}[currency]=eur&${line}[unit_amount]=900&${line}[product_data][name]=${word}`;
  const session = await ask('POST', '/v1/checkout/sessions', {
    key,
    form: `mode=payment&success_url=https://shop.example/&order_reference=${word}-page&${lines}`,
  });
  assert.equal(session.status, 200, session.text);
  const over = await ask('POST', '/v1/checkout/sessions', {
    key,
    form: `mode=payment&success_url=https://shop.example/&${lines}`,
  });
  await ask('POST', `/v1/checkout/sessions/${over.body.id}/expire`, { key });
  const link = await ask('POST', '/v1/payment_links', { key, form: lines });
  assert.equal(link.status, 200, link.text);
  return [session.body.id, link.body.id];
};

const fillWith = async (ask: Ask, key: string): Promise<string[]> => {
  const ids: string[] = [];
  for (let n = 0; n < 3; n += 1) {
    const form = `name=${secretWord} ${n}&email=${secretWord}@example.com&metadata[of]=${secretWord}`;
    const { body } = await ask('POST', '/v1/customers', { key, form });
    ids.push(body.id);
  }
  await ask('POST', `/v1/customers/${ids[0]}`, { key, form: 'description=changed' });
  ids.push(...(await fillWithCards(ask, key, String(ids[0]))));
  const account = 'connector=spare';
  const { text, body } = await ask('POST', '/v1/connector_accounts', { key, form: account });
  assert.ok(body.id !== undefined, text);
  ids.push(body.id);
  ids.push(...(await fillWithWebhooks(ask, key)));
  ids.push(...(await fillWithPayments(ask, key)));
  ids.push(...(await fillWithCheckout(ask, key)));
  await ask('DELETE', `/v1/customers/${ids[2]}`, { key });
  const events = await ask('GET', '/v1/events?limit=100', { key });
  for (const { id } of events.body.data) ids.push(id);
  return ids;
};

export const worldOf = async (gateway: Gateway): Promise<World> => {
  const { ask } = gateway;
  const mine = await gateway.merchant('Mine');
  const theirs = await gateway.merchant('Theirs');
  for (const { scope } of [mine, theirs]) {
    await testConnectorAccount(gateway.context, gateway.rails, scope, { connector: 'paperbank' });
  }
  const own = await ask('POST', '/v1/customers', { key: mine.key, form: 'name=My own' });
  assert.equal(own.status, 200);
  return {
    ask,
    mine,
    theirs,
    foreign: [...(await fillWith(ask, theirs.key)), ...(await fillWith(ask, theirs.liveKey))],
    foreignOtherMode: await fillWith(ask, mine.liveKey),
  };
};
