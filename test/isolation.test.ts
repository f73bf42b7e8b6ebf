// What belongs to one account does not exist for another, nor for the other mode of the same one: not
// by its id, wherever an id may be written, nor in a list or a search. Then the same again without
// the stores' own condition on the account: row level security alone must hold.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { STANDARD_SCHEDULE } from '#books/calendars';
import { expect, expectation, loadExpectationsOf } from '#books/expectations';
import { loadFeeRules, setFeeRules } from '#books/fees';
import {
  captureEntry,
  type Entry,
  entryIdOf,
  loadBalances,
  loadBalancesAt,
  loadEntries,
  loadEntriesOf,
  loadUntoldReleases,
  post,
  takeSnapshots,
  tellReleases,
} from '#books/ledger';
import { stillAttached } from '#cards/methods';
import { listKeys, revokeKey } from '#identity/keys';
import type { Database, Scope, Statement, Tx, WriteStatement } from '#kit/context';
import { newUuid, parseId, spellId, uuidAt } from '#kit/ids';
import { listAttacks, loadOwnRules, loadTriesOf, setRules } from '#payments/risk';
import { type OpenDatabase, ownRows } from '#platform/db';
import { encodePage, type Route } from '#platform/http';
import { createAnswers } from '#platform/idempotency';
import { railsOf } from '#rails/connectors';
import { letGo, loadForgottenCalls, noteForgotten, usualAt } from '#rails/operations';
import { settled } from '../src/books/ledger/for-tests.ts';
import { blankCustomer } from '../src/cards/customers/customer.ts';
import {
  customersOfClock,
  notDefault,
  updateCustomer,
} from '../src/cards/customers/customers.store.ts';
import {
  listTestClockRows,
  loadTestClocks,
  updateTestClock,
} from '../src/cards/test-clocks/test-clocks.store.ts';
import {
  insertAuthentication,
  loadAuthentication,
  updateAuthentication,
  useAuthenticationRow,
} from '../src/cards/three-ds/authentications.store.ts';
import {
  type CardAuthentication,
  nothingLearned,
} from '../src/cards/three-ds/card-authentication.ts';
import { loadLook, saveLook } from '../src/commerce/checkout/look.store.ts';
import {
  changePlaces,
  insertPlaces,
  loadPlaces,
  placeWrites,
} from '../src/commerce/checkout/places.store.ts';
import { completedOf, loadSessionOfOrder } from '../src/commerce/checkout/sessions.store.ts';
import { asOwner } from '../src/for-tests.ts';
import { gather, modules } from '../src/modules.ts';
import { concludeMail, loadMail } from '../src/outward/notifications/mails.store.ts';
import {
  askAgain,
  loadDelivery,
  loadUndelivered,
} from '../src/outward/webhooks/deliveries.store.ts';
import { noteEndpointHealth } from '../src/outward/webhooks/endpoints.store.ts';
import { loadFeed as loadEventFeed, newestOf } from '../src/outward/webhooks/feed.store.ts';
import { concludeDelivery, giveBack, noteWaiting } from '../src/outward/webhooks/leases.store.ts';
import {
  listDeliveries,
  undeliveredEvents,
} from '../src/outward/webhooks/list-deliveries.store.ts';
import { countReplayed } from '../src/outward/webhooks/replays.store.ts';
import type { ConfirmationToken } from '../src/payments/confirmation/confirmation-token.ts';
import type { Mandate } from '../src/payments/confirmation/mandate.ts';
import { insertToken, loadToken, useToken } from '../src/payments/confirmation/tokens.store.ts';
import type { Dispute } from '../src/payments/disputes/dispute.ts';
import {
  insertDispute,
  listDisputeRows,
  loadDisputeOf,
  loadDisputes,
  loadDisputesForPerson,
  loadDisputesOfCharges,
  updateDispute,
} from '../src/payments/disputes/disputes.store.ts';
import {
  insertFraudWarning,
  listFraudWarningRows,
  loadFraudWarnings,
} from '../src/payments/disputes/fraud-warnings.store.ts';
import { testBank } from '../src/payments/intents/for-tests-bank.ts';
import { loadOrderKind, releaseOrder } from '../src/payments/intents/orders.store.ts';
import { insertTry, isProofUsed, loadTallies } from '../src/payments/risk/tries.store.ts';
import {
  insertAttempt,
  insertMandate,
  insertSetup,
  listAttemptRows,
  listSetupRows,
  loadAttempts,
  loadMandates,
  loadMandatesOfMethod,
  loadSetup,
  updateAttempt,
  updateSetup,
} from '../src/payments/setup/setup.store.ts';
import { blankSetup, type SetupAttempt } from '../src/payments/setup/setup-intent.ts';
import { loadChangesOf } from '../src/platform/events/events.store.ts';
import {
  insertMessage,
  loadMessages,
  moveMessage,
} from '../src/rails/acquiring/acquiring.store.ts';
import { newMessage } from '../src/rails/acquiring/card-message.ts';
import { hasUnfiled } from '../src/rails/acquiring/clearing.store.ts';
import { clearingFile, findOperationOf, loadClearingFile } from '../src/rails/acquiring/index.ts';
import {
  explainEndedDay,
  insertEndedDay,
  insertNextDay,
  listEndedDays,
  loadEndedDay,
  loadNextDay,
  loadNextDays,
  updateNextDay,
} from '../src/rails/connectors/day-ends.store.ts';
import { insertFeed, loadFeed, moveFeed } from '../src/rails/connectors/dispute-feeds.store.ts';
import type { DisputeTold } from '../src/rails/connectors/dispute-notice.ts';
import {
  endNotice,
  explainNotice,
  giveNoticeToPerson,
  insertNotice,
  loadDisputeNotices,
  loadNotice,
  loadNoticesForPerson,
} from '../src/rails/connectors/dispute-notices.store.ts';
import { testConnectorAccount } from '../src/rails/connectors/for-tests.ts';
import {
  endTry,
  explainWebhook,
  giveWebhookToPerson,
  insertInbound,
  loadInbound,
  loadWebhooksForPerson,
} from '../src/rails/connectors/inbound.store.ts';
import {
  insertSettlementFeed,
  loadSettlementFeed,
  moveSettlementFeed,
} from '../src/rails/connectors/settlement-feeds.store.ts';
import {
  endLine,
  explainLine,
  hearLinesAgain,
  insertLine,
  isLineWaiting,
  listLines,
  loadLine,
} from '../src/rails/connectors/settlement-lines.store.ts';
import { isLeased } from '../src/rails/operations/leased.store.ts';
import { gatherRoutes } from '../src/roles/api.ts';
import type { Answer, Ask } from './support/ask.ts';
import { isFull, runs } from './support/full.ts';
import { startGatewayHere } from './support/gateway.ts';
import type { Merchant } from './support/merchant.ts';
import { pause } from './support/writers.ts';

type Filters = {
  readonly wrap: (database: OpenDatabase) => OpenDatabase;
  /** Names of the statements whose filter was taken out, and which really ran. */
  readonly removed: ReadonlySet<string>;
};

/**
 * The conditions by which stores keep to one account, and what takes their place: always true, with
 * the same parameters, so that the values still fit.
 */
const conditions: readonly (readonly [RegExp, string])[] = [
  [/\baccount_id = \$1 and livemode = \$2/g, '$1::uuid is not null and $2::boolean is not null'],
  [
    /\b(\w+)\.account_id = \$1 and \1\.livemode = \$2/g,
    '$$1::uuid is not null and $$2::boolean is not null',
  ],
  [
    /\b(\w+)\.account_id = given\.account_id and \1\.livemode = given\.livemode/g,
    'given.account_id is not null and given.livemode is not null',
  ],
];

const withoutFilter = (text: string): string =>
  conditions.reduce((rest, [pattern, instead]) => rest.replaceAll(pattern, instead), text);

const createFilterless = (): Filters => {
  const removed = new Set<string>();
  const altered = new Map<Statement, Statement>();
  const originals = new Map<Statement, WriteStatement>();

  const alter = <S extends Statement>(statement: S): S => {
    const known = altered.get(statement);
    if (known !== undefined) return known as S;
    const text = withoutFilter(statement.text);
    // An inserted column is no filter; what is compared is one.
    assert.doesNotMatch(
      text,
      /\baccount_id\s*=\s*[$\w]/,
      `A filter unknown here: ${statement.name}`,
    );
    if (text !== statement.text) removed.add(nameOf(statement));
    // A connection knows a prepared statement by its name, and both kinds share connections here.
    const name = text === statement.text || statement.name === '' ? '' : ' without filter';
    const changed = { ...statement, name: `${statement.name}${name}`, text };
    altered.set(statement, changed);
    return changed;
  };
  const alterTx = (tx: Tx): Tx => ({
    query: (statement, values) => tx.query(alter(statement), values),
  });

  const wrap = (database: OpenDatabase): OpenDatabase => {
    const without: Database = {
      read: (scope, statement, values) => database.read(scope, alter(statement), values),
      transaction: (scope, work) => database.transaction(scope, (tx) => work(alterTx(tx))),
      system: (work) => database.system((tx) => work(alterTx(tx))),
      commit: async (scope, writes) => {
        const changed = writes.map((write) => {
          const into = alter(write.into);
          originals.set(into, write.into);
          return { ...write, into };
        });
        const commit = await database.commit(scope, changed);
        // Who lost is told by the statement as it is known outside.
        return commit.ok ? commit : { ok: false, lost: originals.get(commit.lost) ?? commit.lost };
      },
    };
    return {
      ...without,
      apart: database.apart,
      isFull: database.isFull,
      isCrowded: database.isCrowded,
      pool: database.pool,
      close: () => database.close(),
    };
  };
  return { wrap, removed };
};

/** Searches have no name, since each has a text of its own. */
const nameOf = ({ name, text }: Statement): string =>
  name === '' ? `unnamed ${/select (count|id)/.exec(text)?.[1] ?? ''}` : name;

type World = {
  readonly ask: Ask;
  readonly mine: Merchant;
  readonly theirs: Merchant;
  /** Ids of theirs, and of mine in the other mode; all of them foreign to my test key. */
  readonly foreign: readonly string[];
  readonly foreignOtherMode: readonly string[];
};

const secretWord = 'zebra';

// Live mode knows no test cards: there is nothing to fill it with yet.
const fillWithCards = async (ask: Ask, key: string, customer: string): Promise<string[]> => {
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
const fillWithWebhooks = async (ask: Ask, key: string): Promise<string[]> => {
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
const payOnce = async (ask: Ask, key: string): Promise<string[]> => {
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
const fillWithCheckout = async (ask: Ask, key: string, word = secretWord): Promise<string[]> => {
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

const worldOf = async (gateway: Awaited<ReturnType<typeof startGatewayHere>>): Promise<World> => {
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

/** An id of the same kind and age that nobody has. */
const unknownLike = (id: string): string => {
  const [prefix = ''] = id.split('_', 1);
  const uuid = parseId(prefix, id);
  if (uuid === null) return id.slice(0, -6) + randomUUID().slice(0, 6);
  return spellId(prefix, `${uuid.slice(0, 14)}${randomUUID().slice(14, -1)}0`);
};

// Where the hint at the other mode is given, it is given of one's own objects only.
const hint =
  /; a similar object exists in (?:test|live) mode, but a (?:test|live) mode key was used to make this request\./;

const plain = ({ status, text, headers }: Answer, id: string) => ({
  status,
  text: text
    .replaceAll(id, '<id>')
    .replaceAll(encodePage(id), '<page>')
    .replaceAll(`${id.slice(0, 10)}...${id.slice(-10)}`, '<long id>')
    .replaceAll(/req_[0-9A-Za-z]+/g, '<request>')
    .replaceAll(/"(?:id|invoice_prefix|client_secret)": "[^"]+"|"created": \d+/g, '<own>'),
  headers: Object.fromEntries(
    Object.entries(headers).filter(([name]) => !/^(?:date|request-id|content-length)$/.test(name)),
  ),
});

type Place = {
  readonly name: string;
  /** Any text: what stands in it names nothing, or is looked for as any other text is. */
  readonly isFree?: boolean;
  readonly ask: (id: string) => readonly [method: string, path: string, form?: string];
};

type Wire = { readonly kind: string; readonly cards?: string; readonly maxLength?: number };
type Schema = {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly 'x-wire'?: Wire;
};

/** Every parameter that could hold an id: declared as one, or as any text. */
const namesOfTexts = (schema: Schema, prefix = ''): { name: string; isFree: boolean }[] =>
  Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => {
    const path = prefix === '' ? name : `${prefix}[${name}]`;
    if (inner.properties !== undefined) return namesOfTexts(inner, path);
    if (inner.items !== undefined) {
      return inner.items.properties === undefined
        ? [{ name: `${path}[0]`, isFree: false }]
        : namesOfTexts(inner.items, `${path}[0]`);
    }
    const { kind, cards } = inner['x-wire'] ?? {};
    const isFree = kind === 'text' && cards !== 'refuseWord' && !/^(?:page|query)$/.test(name);
    return kind === 'text' || kind === 'alias' || kind === 'either' ? [{ name: path, isFree }] : [];
  });

/** What the ids of a path parameter begin with. */
const prefixes: Readonly<Record<string, string>> = {
  customer: 'cus_',
  event: 'evt_',
  payment_method: 'pm_',
  token: 'tok_',
  source: 'pm_',
  card: 'pm_',
  connector_account: 'cna_',
  webhook_endpoint: 'we_',
  webhook_delivery: 'whd_',
  intent: 'pi_',
  charge: 'ch_',
  refund: 're_',
  dispute: 'du_',
  early_fraud_warning: 'issfr_',
  setup: 'seti_',
  mandate: 'mandate_',
  confirmation_token: 'ctoken_',
  session: 'cs_',
  link: 'plink_',
};

/** Path parameters one by one, the others being ids of mine; then every text parameter. */
const placesOf = (route: Route, ownIds: readonly string[]): Place[] => {
  const names = [...route.path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
  const pathWith = (change: Readonly<Record<string, string>>): string =>
    names.reduce(
      (path, name) =>
        path.replace(
          `:${name}`,
          change[name] ?? ownIds.find((id) => id.startsWith(prefixes[name] ?? '?')) ?? 'x_1',
        ),
      route.path,
    );
  const inPath = names.map((name) => ({
    name: `:${name}`,
    ask: (id: string) => [route.method, pathWith({ [name]: id })] as const,
  }));
  const inParameters = namesOfTexts(route.parameters as unknown as Schema).map(
    ({ name, isFree }) => ({
      name,
      isFree,
      ask: (id: string) => {
        const value = encodeURIComponent(valueFor(name, id));
        const parameter = `${name}=${value}`;
        if (route.method === 'POST') return [route.method, pathWith({}), parameter] as const;
        return [route.method, `${pathWith({})}?${parameter}`] as const;
      },
    }),
  );
  const inExpand: Place = {
    name: 'expand',
    ask: (id) => [route.method, `${pathWith({})}?expand[]=${id}`],
  };
  return [...inPath, ...inParameters, inExpand];
};

const valueFor = (name: string, id: string): string => {
  if (name === 'page') return encodePage(id);
  if (name === 'query') return `metadata['of']:'${id}'`;
  return id;
};

/**
 * Every route with every id grows with the square of the API: the usual run takes one id of a kind, and one
 * alone where any text may stand.
 */
const idsFor = ({ isFree = false }: Place, ids: readonly string[]): readonly string[] => {
  if (isFull) return ids;
  const ofEachKind = [...new Map(ids.map((id) => [id.split('_', 1)[0], id])).values()];
  return isFree ? ofEachKind.slice(0, 1) : ofEachKind;
};

const describeIsolation = (world: World): void => {
  const { ask, mine } = world;
  const { key } = mine;
  let ownWebhooks: Promise<string[]> | null = null;

  for (const route of gatherRoutes()) {
    test(`${route.operation} treats ids of others like ids that nobody has`, async () => {
      const { body: own } = await ask('POST', '/v1/customers', { key, form: 'name=My own' });
      const { body: events } = await ask('GET', '/v1/events?limit=1', { key });
      ownWebhooks ??= fillWithWebhooks(ask, key);
      const ownIds = [
        own.id,
        events.data[0].id,
        ...(await fillWithCards(ask, key, own.id)),
        ...(await ownWebhooks),
      ];
      if (/:(?:session|link)\b/.test(route.path)) {
        ownIds.push(...(await fillWithCheckout(ask, key, `of ${route.operation}`)));
      }
      if (/:(?:intent|charge|refund)\b/.test(route.path)) {
        ownIds.push(...(await payOnce(ask, key)));
      }
      for (const place of placesOf(route, ownIds)) {
        for (const [ids, mayHint] of [
          [world.foreign, false],
          [world.foreignOtherMode, true],
        ] as const) {
          for (let round = 0; round < runs(1, 20); round += 1) {
            for (const id of idsFor(place, ids)) await assertUnknown(route, place, id, mayHint);
          }
        }
      }
    });
  }

  const assertUnknown = async (route: Route, place: Place, id: string, mayHint: boolean) => {
    const unknown = unknownLike(id);
    const send = async (each: string): Promise<Answer> => {
      const [method, path, form] = place.ask(each);
      return ask(method, path, form === undefined ? { key } : { key, form });
    };
    const got = plain(await send(id), id);
    const expected = plain(await send(unknown), unknown);
    const text = mayHint ? got.text.replace(hint, '') : got.text;
    const told = `${route.operation}, ${place.name} = ${id}`;
    assert.deepEqual({ ...got, text }, expected, told);
    assert.equal(got.text.includes(secretWord), false, told);
  };

  const oldestOf = async (path: string): Promise<string> => {
    const { body } = await ask('GET', `${path}?limit=100`, { key });
    return body.data.at(-1).id;
  };

  /** Where the lists are built; both directions. */
  const listsOfMethods = async (): Promise<string[]> => {
    const { status, body } = await ask('GET', '/v1/payment_methods?limit=100', { key });
    if (status !== 200 || body.data.length === 0) return [];
    const last = `ending_before=${body.data.at(-1).id}`;
    return ['/v1/payment_methods?limit=100', `/v1/payment_methods?limit=100&${last}`];
  };

  const bothWays = async (path: string): Promise<string[]> => {
    const { status, body } = await ask('GET', `${path}?limit=100`, { key });
    if (status !== 200 || body.data.length === 0) return [];
    return [`${path}?limit=100`, `${path}?limit=100&ending_before=${body.data.at(-1).id}`];
  };

  const countMine = async (): Promise<number> => {
    let count = 0;
    for (let last = ''; ; ) {
      const { body } = await ask('GET', `/v1/customers?limit=100${last}`, { key });
      count += body.data.length;
      if (!body.has_more) return count;
      last = `&starting_after=${body.data.at(-1).id}`;
    }
  };

  test('lists and searches show what is mine and nothing else', async () => {
    const intents = await bothWays('/v1/payment_intents');
    const transactions = await bothWays('/v1/balance_transactions');
    const { body: booked } = await ask('GET', '/v1/balance_transactions', { key });
    const source = booked.data[0]?.source;
    const queries = [
      `/v1/customers?limit=100&ending_before=${await oldestOf('/v1/customers')}`,
      `/v1/events?limit=100&ending_before=${await oldestOf('/v1/events')}`,
      `/v1/webhook_deliveries?limit=100&ending_before=${await oldestOf('/v1/webhook_deliveries')}`,
      '/v1/webhook_deliveries?limit=100',
      `/v1/webhook_endpoints?limit=100&ending_before=${await oldestOf('/v1/webhook_endpoints')}`,
      '/v1/webhook_endpoints?limit=100',
      '/v1/customers?limit=100',
      '/v1/customers?limit=100&expand[]=data.sources',
      '/v1/payment_intents?limit=100&expand[]=data.charges.data.refunds',
      `/v1/customers?email=${secretWord}@example.com`,
      '/v1/customers?created[gt]=0&limit=100',
      `/v1/customers/search?query=${encodeURIComponent(`name~'${secretWord}'`)}`,
      `/v1/customers/search?query=${encodeURIComponent(`metadata['of']:'${secretWord}'`)}`,
      '/v1/customers/search?query=created>0&limit=100&expand[]=total_count',
      '/v1/customers/search?query=-name:null&limit=100&expand[]=data.tax_ids',
      ...(await listsOfMethods()),
      '/v1/connector_accounts?limit=100',
      ...intents,
      ...intents.map((path) => `${path}&order_reference=${secretWord}`),
      ...transactions,
      ...transactions.flatMap((path) => [`${path}&type=refund`, `${path}&currency=eur`]),
      ...transactions.flatMap((path) => (source ? [`${path}&source=${source}`] : [])),
      '/v1/mails?limit=100',
      ...(await bothWays('/v1/charges')),
      ...(await bothWays('/v1/refunds')),
      ...(await bothWays('/v1/checkout/sessions')),
      ...(await bothWays('/v1/payment_links')),
      `/v1/payment_intents/search?query=${encodeURIComponent(`metadata['of']:'${secretWord}'`)}`,
      `/v1/charges/search?query=${encodeURIComponent(`metadata['of']:'${secretWord}'`)}`,
      '/v1/events?limit=100',
      '/v1/events?type=customer.*&limit=100',
      '/v1/events?types[]=customer.deleted',
    ];
    const foreign = new Set([...world.foreign, ...world.foreignOtherMode]);
    const mine = await countMine();
    for (const path of queries) {
      const { status, text, body } = await ask('GET', path, { key });
      assert.equal(status, 200, text);
      assert.equal(text.includes(secretWord), false, path);
      // Mine may name foreign ids, in texts that I wrote myself; what they are must be mine.
      for (const item of body.data) {
        for (const id of [item.id, item.data?.object.id ?? item.id]) {
          assert.equal(foreign.has(id), false, `${path} shows ${id}`);
        }
      }
      if ('total_count' in body) assert.equal(body.total_count, mine, path);
    }
  });

  test('and what was changed under a foreign id has not changed', async () => {
    for (const [owner, ids] of [
      [world.theirs.key, world.foreign],
      [world.theirs.liveKey, world.foreign],
      [mine.liveKey, world.foreignOtherMode],
    ] as const) {
      const { body } = await ask('GET', '/v1/customers?limit=100', { key: owner });
      assert.equal(body.data.length, 2);
      for (const customer of body.data) {
        assert.ok(ids.includes(customer.id));
        assert.match(customer.name, new RegExp(`^${secretWord} \\d$`));
      }
      const { body: events } = await ask('GET', '/v1/events?limit=100', { key: owner });
      assert.ok(events.data.length >= 5);
    }
  });

  test('an idempotency key of others answers nothing of theirs', async () => {
    const idempotencyKey = randomUUID();
    const form = `name=${secretWord} 9`;
    const first = await ask('POST', '/v1/customers', {
      key: world.theirs.key,
      form,
      idempotencyKey,
    });
    const second = await ask('POST', '/v1/customers', { key, form, idempotencyKey });
    assert.equal(second.headers['idempotent-replayed'], undefined);
    assert.notEqual(second.body.id, first.body.id);
    for (const [owner, id] of [
      [world.theirs.key, first.body.id],
      [key, second.body.id],
    ]) {
      assert.equal((await ask('DELETE', `/v1/customers/${id}`, { key: owner })).status, 200);
    }
  });
};

// A provider to pay with, and one of which an account is only kept.
const banks = () => ['paperbank', 'spare'].map((name) => testBank(name).connector);

describe('another account, and the other mode,', async () => {
  const gateway = await startGatewayHere({ connectors: banks() });
  describeIsolation(await worldOf(gateway));
});

describe('with row level security alone,', async () => {
  const filters = createFilterless();
  const gateway = await startGatewayHere({
    wrapDatabase: filters.wrap,
    connectors: banks(),
  });
  const world = await worldOf(gateway);
  const context = { ...gateway.context, database: filters.wrap(gateway.context.database) };
  describeIsolation(world);

  test('the keys of others are neither listed nor ended', async () => {
    const [theirs] = await listKeys(gateway.context, world.theirs.scope);
    assert.ok(theirs !== undefined);
    const listed = await listKeys(context, world.mine.scope);
    assert.ok(listed.length > 0);
    assert.ok(listed.every(({ scope }) => scope.accountId === world.mine.accountId));
    assert.ok(listed.every(({ scope }) => !scope.livemode));
    assert.equal(await revokeKey(context, { ...theirs, scope: world.mine.scope }), false);
    const [after] = await listKeys(gateway.context, world.theirs.scope);
    assert.equal(after?.revokedAtMs, null);
  });

  test('the answer of another account is neither recalled nor finished', async () => {
    const answers = createAnswers(Buffer.alloc(32, 7));
    const asked = (scope: Scope) => ({
      scope,
      key: 'a key of theirs',
      fingerprint: answers.fingerprint('x'),
      requestId: 'req_1',
    });
    await context.database.commit(world.theirs.scope, [
      answers.claim(context, { ...asked(world.theirs.scope), passesOn: true }),
    ]);
    assert.equal((await answers.recall(context, asked(world.mine.scope))).state, 'unknown');

    // The digest of a key depends on its scope; so it is their digest that is tried in my scope.
    const finish = answers.finish(context, {
      ...asked(world.theirs.scope),
      status: 200,
      body: '{}',
    });
    const theirs = asked(world.theirs.scope);
    for (const write of [finish, answers.hold(context, theirs), answers.release(context, theirs)]) {
      const commit = await context.database.commit(world.mine.scope, [write]);
      assert.deepEqual(commit, { ok: false, lost: write.into });
    }
    assert.equal((await answers.recall(context, asked(world.theirs.scope))).state, 'in_flight');
    const own = await context.database.commit(world.theirs.scope, [finish]);
    assert.deepEqual(own, { ok: true });
  });

  test('the providers of others are no candidates', async () => {
    const wanted = { operation: 'sale', method: 'card', currency: 'eur' } as const;
    const { candidates } = railsOf(gateway.context);
    const count = async (scope: Scope) => (await candidates(scope, wanted)).length;
    assert.equal(await count(world.mine.scope), 1);
    assert.equal(await count(world.mine.liveScope), 1);
    assert.equal(await count(world.theirs.scope), 2);
    assert.equal(await count(world.theirs.liveScope), 1);
  });

  test('a delivery of others is neither asked for again nor concluded, nor its endpoint judged', async () => {
    const spelled = world.foreign.find((id) => id.startsWith('whd_')) ?? '';
    const id = parseId('whd', spelled) ?? '';
    const delivery = await loadDelivery(gateway.context, world.theirs.scope, id);
    assert.ok(delivery !== undefined);
    const { endpointId } = delivery;
    const codes = gather().eventKinds.all.map(({ code }) => code);
    const range = {
      endpointId,
      alsoDelivered: true,
      from: uuidAt(0),
      before: uuidAt(1e13),
      missed: null,
    };
    // Of their event nothing was owed to an endpoint that was disabled.
    const [first, last] = ['0', 'f'].map((digit) => `${delivery.eventId.slice(0, -1)}${digit}`);
    assert.ok(first !== undefined && last !== undefined);
    const missed = {
      endpointId: newUuid(context),
      alsoDelivered: true,
      from: first,
      before: last,
      missed: { codes, from: first, before: last },
    };
    await asOwner(
      gateway.on,
      `insert into outward.disabled_spans (account_id, livemode, endpoint_id, after) values ($1, $2, $3, 0)`,
      [world.theirs.scope.accountId, world.theirs.scope.livemode, missed.endpointId],
    );
    assert.ok((await countReplayed(context, world.theirs.scope, missed)).count > 0);
    for (const scope of [world.mine.scope, world.mine.liveScope]) {
      assert.equal(await askAgain(context, scope, id), undefined);
      assert.equal((await countReplayed(context, scope, range)).count, 0);
      assert.equal((await countReplayed(context, scope, missed)).count, 0);
      for (const write of [
        concludeDelivery(scope, delivery),
        ...giveBack(scope, { scope, delivery, isQueued: true }).slice(0, 1),
        ...noteWaiting(scope, { delivery: { ...delivery, dueAtMs: null }, isQueued: true }),
        noteEndpointHealth(scope, delivery, Date.now()),
      ]) {
        const commit = await context.database.commit(scope, [write]);
        assert.deepEqual(commit, { ok: false, lost: write.into });
      }
    }
  });

  test('the deliveries of others are in no list, nor their events among those that somebody is owed', async () => {
    const { mine, theirs } = world;
    const all = {
      eventId: null,
      from: null,
      limit: 100,
      idFrom: uuidAt(0),
      idBefore: uuidAt(1e13),
    };
    const every = { ...all, direction: 'older', state: null, endpointId: null } as const;
    const foreign = await listDeliveries(gateway.context, theirs.scope, every);
    const ids = new Set(foreign.flatMap(({ id, eventId }) => [id, eventId]));
    const endpointId: string | undefined = foreign[0]?.endpointId;
    assert.ok(endpointId !== undefined);
    for (const direction of ['older', 'newer'] as const) {
      for (const state of [null, 'given_up', 'waiting', 'delivered'] as const) {
        const asked = { ...all, direction, state };
        assert.deepEqual(await listDeliveries(context, mine.scope, { ...asked, endpointId }), []);
        const found = await listDeliveries(context, mine.scope, { ...asked, endpointId: null });
        assert.ok(found.every(({ id }) => !ids.has(id)));
      }
      const open = undeliveredEvents(context, mine.scope, { ...all, direction });
      for await (const events of open) assert.ok(events.every((id) => !ids.has(id)));
    }
  });

  test('a mail of others is neither concluded nor sent in another name', async () => {
    const spelled = world.foreign.find((id) => id.startsWith('mail_')) ?? '';
    const id = parseId('mail', spelled) ?? '';
    const mail = await loadMail(gateway.context, world.theirs.scope, id);
    assert.ok(mail !== undefined);
    for (const scope of [world.mine.scope, world.mine.liveScope]) {
      assert.equal(await loadMail(context, scope, id), undefined);
      const write = concludeMail(scope, mail);
      const commit = await context.database.commit(scope, [write]);
      assert.deepEqual(commit, { ok: false, lost: write.into });
    }
  });

  test('what others owe and number, and their order, is not seen', async () => {
    const { mine, theirs } = world;
    const ofPage = `${secretWord}-page`;
    const spelled = world.foreign.find((id) => id.startsWith('whd_')) ?? '';
    const delivery = await loadDelivery(
      gateway.context,
      theirs.scope,
      parseId('whd', spelled) ?? '',
    );
    assert.ok(delivery !== undefined);
    assert.equal((await loadSessionOfOrder(context, theirs.scope, ofPage)) !== undefined, true);
    assert.equal(await loadOrderKind(context, theirs.scope, secretWord), 'payment');
    const registered = await loadSessionOfOrder(context, theirs.scope, ofPage);
    const theirOrder = {
      orderReference: ofPage,
      kind: 'session',
      id: registered?.id ?? '',
    } as const;
    // As one who takes the other's account, without row level security's leave.
    await context.database.commit(mine.scope, [releaseOrder(theirs.scope, theirOrder)]);
    assert.equal(await loadOrderKind(context, theirs.scope, ofPage), 'session');
    const link = parseId('plink', world.foreign.find((id) => id.startsWith('plink_')) ?? '') ?? '';
    for (const scope of [mine.scope, mine.liveScope]) {
      const open = await loadUndelivered(context, scope, [delivery.eventId]);
      assert.equal(open.size, 0);
      assert.deepEqual(await loadChangesOf(context, scope, [delivery.eventId]), []);
      const theirEvents = new Set(
        (await loadEventFeed(gateway.context, theirs.scope, { after: 0, limit: 100 })).rows.map(
          ({ event_id }) => event_id,
        ),
      );
      assert.ok(theirEvents.size > 0);
      const { rows } = await loadEventFeed(context, scope, { after: 0, limit: 100 });
      assert.ok(rows.every(({ event_id }) => !theirEvents.has(event_id)));
      assert.deepEqual(await newestOf(context, scope), await newestOf(gateway.context, scope));
      const order = await loadSessionOfOrder(context, scope, ofPage);
      const own = await loadSessionOfOrder(gateway.context, scope, ofPage);
      assert.equal(order?.id, own?.id);
      for (const name of [secretWord, ofPage]) {
        const kind = await loadOrderKind(context, scope, name);
        assert.equal(kind, await loadOrderKind(gateway.context, scope, name));
      }
      assert.equal(await completedOf(context, scope, link), 0);
    }
  });

  test('how the pages of others look is neither read nor changed', async () => {
    const { mine, theirs } = world;
    const { version, look } = await loadLook(gateway.context, theirs.scope);
    const theirLook = { ...look, accent: '#0a5c36' };
    const save = saveLook(theirs.scope, { version: version + 1, look: theirLook });
    assert.deepEqual(await context.database.commit(theirs.scope, [save]), { ok: true });
    for (const scope of [mine.scope, mine.liveScope, theirs.liveScope]) {
      assert.equal((await loadLook(context, scope)).look.accent, null);
    }
    assert.equal((await loadLook(context, theirs.scope)).look.accent, '#0a5c36');
  });

  test('the places of the links of others are neither counted, taken nor changed', async () => {
    const { mine, theirs } = world;
    const linkId = newUuid(context);
    const places = { linkId, places: 2 };
    const stored = [insertPlaces(theirs.scope, places)];
    assert.deepEqual(await context.database.commit(theirs.scope, stored), { ok: true });
    const without = { id: newUuid(context), linkId, hasPlace: false };
    const has = { ...without, hasPlace: true };
    for (const scope of [mine.scope, mine.liveScope, theirs.liveScope]) {
      assert.deepEqual(await loadPlaces(context, scope, linkId), { places: null, taken: 0 });
      for (const write of [
        ...placeWrites(scope, without, has),
        ...placeWrites(scope, has, without),
        changePlaces(scope, { linkId, places: 9 }),
      ]) {
        const commit = await context.database.commit(scope, [write]);
        assert.deepEqual(commit, { ok: false, lost: write.into });
      }
    }
    assert.deepEqual(await loadPlaces(context, theirs.scope, linkId), { places: 2, taken: 0 });
  });

  test('a customer of others is not changed by a write that names it', async () => {
    const [row] = await asOwner(
      gateway.on,
      `select account_id, livemode, id, version from cards.customers where account_id = $1 limit 1`,
      [world.theirs.accountId],
    );
    assert.ok(row !== undefined);
    const customer = {
      ...blankCustomer(String(row['id']), 'X'),
      version: Number(row['version']) + 1,
    };
    for (const scope of [world.mine.scope, world.mine.liveScope]) {
      const write = updateCustomer(scope, customer);
      const commit = await context.database.commit(scope, [write]);
      assert.deepEqual(commit, { ok: false, lost: write.into });
    }
  });

  test('the books of others are neither counted nor read', async () => {
    const { mine, theirs } = world;
    const nowMs = context.clock.now();
    // A currency that nobody has paid in, and of a kind that is held against no payment.
    const fact = { subject: newUuid(context), currency: 'usd' };
    const amounts = { amount: 900n, fee: 30n, availableAtMs: nowMs };
    const entry: Entry = { ...captureEntry({ ...fact, ...amounts }), purpose: 'correction' };
    const connectorAccountId = newUuid(context);
    const reference = 'TGX';
    const expected = expect({
      connectorAccountId,
      reference,
      kind: 'reserve',
      currency: 'usd',
      amount: 900n,
      cost: null,
      schedule: STANDARD_SCHEDULE,
      atMs: nowMs,
    });
    const others = [theirs.scope, theirs.liveScope, mine.liveScope];
    for (const [n, scope] of others.entries()) {
      const writes = [post(scope, entry, nowMs), expectation(scope, expected)];
      assert.deepEqual(await gateway.context.database.commit(scope, writes), { ok: true });
      if (n === 0) {
        await settled(gateway.on);
        await takeSnapshots(gateway.context);
      }
      await setFeeRules(gateway.context, scope, { rules: [] });
    }
    const { scope } = mine;
    const id = entryIdOf(entry);
    const asked = { connectorAccountId, reference };
    assert.equal((await loadBalances(context, scope)).has('usd'), false);
    assert.equal((await loadBalancesAt(context, scope, nowMs + 60_000)).has('usd'), false);
    assert.equal((await loadEntries(context, scope, [id])).size, 0);
    assert.deepEqual(await loadEntriesOf(context, scope, fact.subject), []);
    assert.deepEqual(await loadExpectationsOf(context, scope, asked), []);
    assert.equal((await loadFeeRules(context, scope)).version, 0);
    // The first version of mine, although the others have one of theirs.
    const set = await setFeeRules(context, scope, { rules: [] });
    assert.equal(set.ok && set.version, 1);
  });

  test('a default of others is not looked at by a write that names it', async () => {
    const [row] = await asOwner(
      gateway.on,
      `select id, customer_id from cards.payment_methods
        where account_id = $1 and customer_id is not null limit 1`,
      [world.theirs.accountId],
    );
    assert.ok(row !== undefined);
    const [method, customer] = [String(row['id']), String(row['customer_id'])];
    for (const scope of [world.mine.scope, world.mine.liveScope]) {
      for (const write of [
        stillAttached(scope, method, customer),
        notDefault(scope, customer, spellId('pm', method)),
      ]) {
        const commit = await context.database.commit(scope, [write]);
        assert.deepEqual(commit, { ok: false, lost: write.into });
      }
    }
  });

  test('setups, disputes and what is told of them are no business of others', async () => {
    const { mine, theirs } = world;
    const [id, other] = [newUuid(context), newUuid(context)];
    const nowMs = context.clock.now();
    const setup = blankSetup(id, 'x');
    const attempt = { id, version: 1, setupId: id, attempt: 1 } as SetupAttempt;
    const dispute = {
      id,
      version: 1,
      events: 0,
      chargeId: id,
      intentId: id,
      connectorAccountId: id,
      providerId: 'cb_1',
      status: 'needs_response',
      currency: 'usd',
      amount: 1n,
      withdrawn: 0n,
      counted: 0n,
      needsReview: false,
      metadata: {},
    } as unknown as Dispute;
    const warning = {
      id,
      chargeId: id,
      intentId: id,
      providerId: 'fw_1',
      isDirect: true,
      isActionable: true,
    };
    const feed = { connectorAccountId: id, version: 2, cursor: '1', taken: 0n, failures: 0 };
    const notice = {
      id,
      connectorAccountId: id,
      position: 0n,
      notice: {
        key: '1',
        atMs: nowMs,
        kind: 'fraud_warning',
        warning: { providerId: 'fw_1', reference: 'x' },
      },
      receivedAtMs: nowMs + 3_600_000,
    } as const;
    const ofDispute = {
      ...notice,
      id: newUuid(context),
      position: 1n,
      notice: {
        key: '2',
        atMs: nowMs,
        kind: 'dispute',
        dispute: { providerId: 'cb_1', amount: 1n } as DisputeTold,
      },
    } as const;
    const webhook = {
      id,
      connectorAccountId: id,
      eventId: 'evt_1',
      receivedAtMs: nowMs + 3_600_000,
      sealed: Buffer.from('sealed'),
    };
    const token = { id, usedBy: null } as ConfirmationToken;
    const endedDay = {
      connectorAccountId: id,
      day: '2026-11-27',
      endedAtMs: nowMs,
      fileId: null,
      lines: 0,
      problems: [],
      needsReview: true,
    };
    const settlementFeed = { id, version: 2, cursor: '9', failures: 0, dueAtMs: nowMs };
    const line = {
      id,
      connectorAccountId: id,
      state: 'fits_nothing',
      receivedAtMs: nowMs,
      row: {
        key: '1',
        kind: 'payment',
        reference: null,
        providerId: 'p_1',
        currency: 'eur',
        gross: 1n,
        fee: 0n,
        net: 1n,
        bookedAtMs: nowMs,
        availableOn: null,
        batch: null,
        raw: {},
      },
    } as const;
    const waitingLine = {
      ...line,
      id: newUuid(context),
      state: 'waiting',
      receivedAtMs: nowMs + 3_600_000,
      row: { ...line.row, key: '2', reference: 'TGX', providerId: null },
    } as const;
    const named = {
      connectorAccountId: id,
      lineKind: line.row.kind,
      reference: 'TGX',
      providerId: 'p_1',
    };
    const hearAgain = (scope: Scope) => hearLinesAgain(scope, { named, atMs: nowMs + 3_600_000 });
    const all = { onlyForPerson: false, limit: 100 };
    const nextDay = {
      id,
      version: 2,
      day: '2026-11-28',
      begunAtMs: null,
      overAtMs: null,
      failures: 0,
      problem: null,
      dueAtMs: nowMs,
    };
    const day = { host: 'h', acquirer: 'a', merchant: 'm', businessDay: '2026-11-27' };
    const file = await clearingFile(context, theirs.scope, day);
    await asOwner(
      gateway.on,
      `insert into rails.clearing_entries (account_id, livemode, operation_id, direction, key, host,
         acquirer, terminal, merchant, rrn, stan, reference, amount, currency, business_day, at)
       values ('${theirs.scope.accountId}', false, '${id}', 1, '${id}', 'h', 'a', 't', 'm', 'r', 's',
         'x', 1, 'eur', '2026-11-27', now())`,
    );
    assert.equal(await hasUnfiled(context, theirs.scope, day), true);
    const made = [
      insertSetup(theirs.scope, setup),
      insertAttempt(theirs.scope, attempt),
      insertMandate(theirs.scope, { id, methodId: id } as unknown as Mandate),
      insertDispute(theirs.scope, dispute),
      insertFraudWarning(theirs.scope, id, warning),
      insertFeed(theirs.scope, id, nowMs + 3_600_000),
      insertNotice(theirs.scope, notice),
      insertNotice(theirs.scope, ofDispute),
      insertInbound(theirs.scope, webhook),
      insertNextDay(theirs.scope, { id, dueAtMs: nowMs + 3_600_000 }),
      insertEndedDay(theirs.scope, endedDay),
      insertSettlementFeed(theirs.scope, { id, dueAtMs: nowMs + 3_600_000 }),
      insertLine(theirs.scope, line),
      insertLine(theirs.scope, waitingLine),
      insertToken(theirs.scope, token),
    ];
    assert.deepEqual(await gateway.context.database.commit(theirs.scope, made), { ok: true });
    await context.database.commit(theirs.scope, [
      giveNoticeToPerson(theirs.scope, id),
      giveWebhookToPerson(theirs.scope, { id, told: [] }),
    ]);
    const page = { from: null, idFrom: '0'.repeat(8) + id.slice(8), idBefore: other, limit: 9 };
    for (const scope of [mine.scope, mine.liveScope, theirs.liveScope]) {
      assert.equal(await loadSetup(context, scope, id), undefined);
      assert.equal((await loadAttempts(context, scope, [id])).size, 0);
      assert.equal((await loadMandates(context, scope, [id])).size, 0);
      assert.deepEqual(await loadMandatesOfMethod(context, scope, id), []);
      assert.equal((await loadDisputes(context, scope, [id])).size, 0);
      assert.deepEqual(await loadDisputesOfCharges(context, scope, [id]), []);
      const reviewed = await loadDisputesForPerson(context, scope, all);
      assert.ok(!reviewed.some((each) => each.id === id));
      assert.deepEqual(await loadDisputeNotices(context, scope, dispute), []);
      assert.equal((await loadFraudWarnings(context, scope, [id])).size, 0);
      assert.equal(await loadDisputeOf(context, scope, id, 'cb_1'), undefined);
      assert.equal(await loadFeed(context, scope, id), undefined);
      assert.equal(await loadNotice(context, scope, id), undefined);
      const strange = await loadNoticesForPerson(context, scope, 100);
      assert.ok(!strange.some((each) => each.id === id));
      assert.equal(await loadInbound(context, scope, id), undefined);
      const unheard = await loadWebhooksForPerson(context, scope, 100);
      assert.ok(!unheard.some((each) => each.id === id));
      assert.equal(await loadNextDay(context, scope, id), undefined);
      assert.ok(!(await loadNextDays(context, scope)).some((each) => each.id === id));
      assert.equal(await loadEndedDay(context, scope, endedDay), undefined);
      assert.equal(await loadSettlementFeed(context, scope, id), undefined);
      assert.equal(await loadLine(context, scope, id), undefined);
      assert.equal(await isLineWaiting(context, scope, named), false);
      // Of mine there may be none: that is no reason to lose it, and theirs stays as it was.
      const heard = await context.database.commit(scope, [hearAgain(scope)]);
      assert.deepEqual(heard, { ok: true });
      assert.equal((await loadLine(context, theirs.scope, id))?.state, 'fits_nothing');
      const settled = await listLines(context, scope, all);
      assert.ok(!settled.some((each) => each.id === id));
      const ended = await listEndedDays(context, scope, all);
      assert.ok(!ended.some(({ connectorAccountId }) => connectorAccountId === id));
      assert.equal(await loadClearingFile(context, scope, file.id), undefined);
      assert.equal(await hasUnfiled(context, scope, day), false);
      assert.notEqual((await clearingFile(context, scope, day)).id, file.id);
      assert.equal(await loadToken(context, scope, id), undefined);
      const numbers = { rrn: '1', stan: '1', terminal: '1' };
      assert.equal(await findOperationOf(context, scope, numbers), null);
      for (const direction of ['older', 'newer'] as const) {
        const asked = { ...page, direction };
        const ofAny = { customerId: null, methodId: null, chargeId: null, intentId: null };
        const of = { ...ofAny, chargeId: id };
        const found = [
          ...(await listDisputeRows(context, scope, { ...asked, ...ofAny })),
          ...(await listFraudWarningRows(context, scope, { ...asked, ...ofAny })),
          ...(await listSetupRows(context, scope, { ...asked, ...of })),
          ...(await listAttemptRows(context, scope, { ...asked, setupId: id })),
          ...(await listDisputeRows(context, scope, { ...asked, ...of })),
          ...(await listFraudWarningRows(context, scope, { ...asked, ...of })),
        ];
        assert.deepEqual(
          found.filter((each) => each.id === id),
          [],
        );
      }
      for (const write of [
        updateSetup(scope, { ...setup, version: 2 }),
        updateAttempt(scope, { ...attempt, version: 2 }),
        updateDispute(scope, { ...dispute, version: 2 }),
        moveFeed(scope, { ...feed, dueAtMs: nowMs }),
        endNotice(scope, { id, tries: 0 }, 'taken', null),
        giveNoticeToPerson(scope, id),
        explainNotice(scope, { id, explanation: 'none', atMs: nowMs }),
        endTry(scope, { id, tries: 0 }, 'understood', null),
        giveWebhookToPerson(scope, { id, told: [] }),
        explainWebhook(scope, { id, explanation: 'none', atMs: nowMs }),
        updateNextDay(scope, nextDay),
        moveSettlementFeed(scope, settlementFeed),
        endLine(scope, { id, tries: 0 }, 'fits'),
        explainLine(scope, { id, explanation: 'none', atMs: nowMs }),
        explainEndedDay(scope, { ...endedDay, explanation: 'none', atMs: nowMs }),
        useToken(scope, id, { prefix: 'pi', id }),
      ]) {
        const commit = await context.database.commit(scope, [write]);
        assert.deepEqual(commit, { ok: false, lost: write.into });
      }
    }
    // As they were asked above: their own account finds it.
    assert.equal((await loadMandatesOfMethod(context, theirs.scope, id)).length, 1);
    assert.equal((await loadDisputesOfCharges(context, theirs.scope, [id])).length, 1);
    const reviewed = await loadDisputesForPerson(context, theirs.scope, all);
    assert.ok(reviewed.some((each) => each.id === id));
    assert.equal((await loadDisputeNotices(context, theirs.scope, dispute)).length, 1);
    assert.ok((await loadNoticesForPerson(context, theirs.scope, 100)).some((n) => n.id === id));
    assert.ok((await loadWebhooksForPerson(context, theirs.scope, 100)).some((w) => w.id === id));
    const theirWord = { id, explanation: 'theirs', atMs: nowMs };
    const own = [explainNotice(theirs.scope, theirWord), explainWebhook(theirs.scope, theirWord)];
    assert.deepEqual(await context.database.commit(theirs.scope, own), { ok: true });
    assert.equal(await isLineWaiting(context, theirs.scope, named), true);
    await context.database.commit(theirs.scope, [hearAgain(theirs.scope)]);
    assert.equal((await loadLine(context, theirs.scope, id))?.state, 'waiting');
    // What stands there only to be tried is taken away again: no check is to find it.
    for (const table of ['disputes', 'fraud_warnings', 'setup_intents']) {
      await asOwner(gateway.on, `delete from payments.${table} where id = '${id}'`);
    }
    await asOwner(
      gateway.on,
      `delete from rails.settlement_lines where connector_account_id = '${id}'`,
    );
    await asOwner(gateway.on, `delete from rails.clearing_entries where operation_id = '${id}'`);
    await asOwner(gateway.on, `delete from rails.ended_days where connector_account_id = '${id}'`);
  });

  test('an authentication of others is neither found, changed nor used', async () => {
    const { mine, theirs } = world;
    const it = anAuthentication();
    await context.database.commit(theirs.scope, [insertAuthentication(theirs.scope, it)]);
    const binding = { ...it, operationId: randomUUID(), nowMs: context.clock.now() };
    for (const scope of [mine.scope, mine.liveScope, theirs.liveScope]) {
      assert.equal(await loadAuthentication(context, scope, it.id), undefined);
      const change = updateAuthentication(scope, { ...it, version: 2 });
      const use = useAuthenticationRow(scope, it.id, binding);
      for (const write of [change, use]) {
        const commit = await context.database.commit(scope, [write]);
        assert.deepEqual(commit, { ok: false, lost: write.into });
      }
    }
    const own = await context.database.commit(theirs.scope, [
      useAuthenticationRow(theirs.scope, it.id, binding),
    ]);
    assert.deepEqual(own, { ok: true });
  });

  test('nobody sees who tried cards at another, nor what its defence is', async () => {
    const { mine, theirs } = world;
    const [network, device, subject] = [randomUUID(), randomUUID(), randomUUID()];
    const who = { network, device, card: null, bin: '455673' };
    const rules = await setRules(context, theirs.scope, { enabled: false });
    assert.ok(rules.ok);
    const made = await context.database.commit(theirs.scope, [
      insertTry(theirs.scope, {
        id: newUuid(context),
        kind: 'tried',
        subject,
        ...who,
        step: 'none',
        reasons: [],
        outcome: 'open',
        proof: subject,
      }),
    ]);
    assert.deepEqual(made, { ok: true });
    const nowMs = Date.now();
    assert.equal((await loadTallies(context, theirs.scope, { ...who, nowMs })).network.bad, 1);
    for (const scope of [mine.scope, mine.liveScope, theirs.liveScope]) {
      const { network: at, device: by, bin } = await loadTallies(context, scope, { ...who, nowMs });
      assert.deepEqual([at.bad, by.bad, bin.bad], [0, 0, 0]);
      assert.deepEqual(await loadTriesOf(context, scope, subject), []);
      assert.equal(await isProofUsed(context, scope, subject), false);
      assert.deepEqual(await loadOwnRules(context, scope), {});
      assert.deepEqual(await listAttacks(context, scope), []);
    }
    assert.equal((await loadTriesOf(context, theirs.scope, subject)).length, 1);
  });

  test('a test clock of another cannot be seen, listed, moved, or asked for its customers', async () => {
    const { mine, theirs } = world;
    const key = theirs.key;
    const form = 'frozen_time=1800000000';
    const made = await gateway.ask('POST', '/v1/test_helpers/test_clocks', { key, form });
    const spelled: string = made.body.id;
    await gateway.ask('POST', '/v1/customers', { key, form: `test_clock=${spelled}` });
    const id = parseId('clock', spelled) ?? '';
    const clock = (await loadTestClocks(context, theirs.scope, [id])).get(id);
    assert.ok(clock !== undefined);

    assert.equal((await loadTestClocks(context, mine.scope, [id])).size, 0);
    for (const direction of ['older', 'newer'] as const) {
      const page = { direction, from: null, limit: 100 };
      const listed = await listTestClockRows(context, mine.scope, page);
      assert.ok(!listed.some((each) => each.id === id));
    }
    assert.deepEqual(await customersOfClock(context, mine.scope, spelled), []);
    const change = updateTestClock(mine.scope, { ...clock, version: clock.version + 1 });
    assert.deepEqual(await context.database.commit(mine.scope, [change]), {
      ok: false,
      lost: change.into,
    });
  });

  test('a card message of others is neither found nor moved', async () => {
    const { mine, theirs } = world;
    const place = { host: 'h', acquirer: '1', terminal: 'T', merchant: 'M' };
    const message = newMessage(context, place, {
      operationId: newUuid(context),
      part: 0,
      mti: '0200',
      stan: '000001',
      amount: 900n,
      currency: 'eur',
    });
    const stored = await context.database.commit(theirs.scope, [
      insertMessage(theirs.scope, message),
    ]);
    assert.deepEqual(stored, { ok: true });
    for (const scope of [mine.scope, mine.liveScope, theirs.liveScope]) {
      assert.deepEqual(await loadMessages(context, scope, message.operationId), []);
      const move = moveMessage(scope, message, 'taken_back');
      const commit = await context.database.commit(scope, [move]);
      assert.deepEqual(commit, { ok: false, lost: move.into });
    }
    assert.equal((await loadMessages(context, theirs.scope, message.operationId)).length, 1);
  });

  test('a call that the database has forgotten is seen and let go by its own account alone', async () => {
    const { mine, theirs } = world;
    const line = {
      ...theirs.scope,
      atMs: Date.now(),
      operationId: newUuid(context),
      intentId: newUuid(context),
      connectorAccountId: newUuid(context),
      providerKey: 'key',
      reference: 'op_x',
      send: 1,
    };
    const { lines, locked } = await noteForgotten(context, [line], () => []);
    assert.deepEqual([lines, locked.has(line.intentId)], [[line], true]);
    for (const scope of [mine.scope, mine.liveScope, theirs.liveScope]) {
      assert.deepEqual(await loadForgottenCalls(context, scope, 10), []);
      assert.equal(await letGo(context, scope, { operationId: line.operationId, why: 'x' }), false);
    }
    const [own] = await loadForgottenCalls(context, theirs.scope, 10);
    assert.equal(own?.id, line.operationId);
    const released = await letGo(context, theirs.scope, {
      operationId: line.operationId,
      why: 'x',
    });
    assert.equal(released, true);
  });

  test('nobody sees whether a worker is at an operation of others', async () => {
    const { mine, theirs } = world;
    const change = (until: string) =>
      asOwner(
        gateway.on,
        `update rails.operations set leased_until = ${until}
          where id = (select id from rails.operations
                       where account_id = $1 and not livemode order by id limit 1)
        returning id`,
        [theirs.scope.accountId],
      );
    const [row] = await change(`now() + interval '1 hour'`);
    assert.ok(row !== undefined);
    const id = String(row['id']);
    for (const scope of [mine.scope, mine.liveScope, theirs.liveScope]) {
      assert.equal(await isLeased(context, scope, id), false);
    }
    assert.equal(await isLeased(context, theirs.scope, id), true);
    await change('null');
  });

  test('nobody learns how much others call a provider', async () => {
    const { mine, theirs } = world;
    const [row] = await asOwner(
      gateway.on,
      `select connector_account_id as id from rails.operations
        where account_id = $1 and not livemode limit 1`,
      [theirs.scope.accountId],
    );
    assert.ok(row !== undefined);
    const at = async (scope: Scope): Promise<number> =>
      (await usualAt(context, scope, String(row['id']))).perSecond;
    for (const scope of [mine.scope, mine.liveScope, theirs.liveScope]) {
      assert.equal(await at(scope), 0);
    }
    assert.ok((await at(theirs.scope)) > 0);
  });

  test('what became available to others is neither seen nor told', async () => {
    const { mine, theirs } = world;
    await asOwner(
      gateway.on,
      `insert into books.releases (account_id, livemode, released) values ($1, false, 1)
       on conflict (account_id, livemode) do update set released = books.releases.released + 1`,
      [theirs.scope.accountId],
    );
    for (const scope of [mine.scope, mine.liveScope, theirs.liveScope]) {
      assert.equal(await loadUntoldReleases(context, scope), undefined);
      const tell = tellReleases(scope, { released: 1n, events: 0 });
      const commit = await context.database.commit(scope, [tell]);
      assert.deepEqual(commit, { ok: false, lost: tell.into });
    }
  });

  // Each test of this block runs statements; what they ran is asked once they are done.
  after(() => {
    const known = new Set(filteredStatements());
    const tried = [...filters.removed].filter((name) => known.has(name)).sort();
    const untried = [...known].filter((name) => !tried.includes(name) && !(name in notServed));
    assert.deepEqual(
      untried,
      [],
      'Statements with a condition on the account that ran nowhere above: try them, or say why not',
    );
    assert.ok(filters.removed.has('unnamed id'), 'A search was tried.');
    assert.ok(filters.removed.has('unnamed count'), 'Counting a search was tried.');
  });
});

/** Completed, and not used. */
const anAuthentication = (): CardAuthentication => ({
  id: randomUUID(),
  version: 1,
  state: 'completed',
  intentId: randomUUID(),
  card: randomUUID(),
  amount: 5_000n,
  currency: 'eur',
  merchantId: 'M1',
  expiresAtMs: Date.now() + 600_000,
  dueAtMs: null,
  usedFor: null,
  asked: {
    brand: 'visa',
    merchant: { id: 'M1', name: 'A shop', mcc: '5992', country: 'DE', acquirerBin: '412345' },
    payer: null,
    preference: 'any',
    directoryServer: 'https://directory.test/',
    returnUrl: 'https://shop.test/',
  },
  learned: { ...nothingLearned, transStatus: 'Y' },
});

/** Statements with a filter that nothing above can reach, each with the reason. */
const notServed: Readonly<Record<string, string>> = {
  'answers.take_over': 'takes over a claim of the same digest, which depends on the account',
  'answers.link': 'like answers.finish, under the same condition: by the request that claimed it',
  'answers.release':
    'like answers.finish, under the same condition: by the request that claimed it',
  'connector_accounts.list_newer': 'like connector_accounts.list_older, in the other direction',
  'mails.list_newer': 'like mails.list_older, in the other direction',
  'refunds.of_operation': 'runs for the resolver, by an operation that was read under its account',
  'refunds.of_void': 'like refunds.of_operation, of the void of a charge that was not captured',
  'api_keys.expire': 'like api_keys.revoke, under the same function and the same condition',
  'imports.find': 'runs for the operator of the command line, and no route comes to it',
  'imported_customers.find': 'runs for the operator of the command line, and no route comes to it',
};

/** Modules that the database of the context does not serve, so that nothing here can reach them. */
const withOwnConnection: Readonly<Record<string, string>> = {
  'cards/vault': 'has a role and connections of its own, which serve no other module',
};

/** Named statements of all mounted stores whose text holds a condition on the account. */
const filteredStatements = (): string[] => {
  const names: string[] = [];
  const mounted = modules.filter(({ name }) => !(name in withOwnConnection));
  for (const file of mounted.flatMap(({ name }) => filesOf(name))) {
    const source = readFileSync(file, 'utf8');
    for (const [, name = '', text = ''] of source
      .replaceAll(`\${ownRows}`, ownRows)
      .matchAll(/\bname: '([\w.]+)',[^;]*?text: ([^;]*);|$^/g)) {
      if (withoutFilter(text) !== text) names.push(name);
    }
    for (const [, name = '', text = ''] of source
      .replaceAll(`\${ownRows}`, ownRows)
      .matchAll(/\bstatement\(\s*[`']([^`']+)[`'],([^;]*);/g)) {
      if (withoutFilter(text) === text || name === '') continue;
      names.push(...spelledOut(name));
    }
    for (const [, maker, name] of source.matchAll(
      /\b(findByIds?|updateRows|listPages|concluding|endingTry)\(\{\s*name: '([\w.]+)'/g,
    )) {
      names.push(...(maker === 'listPages' ? spelledOut(`${name}_\${direction}`) : [`${name}`]));
    }
  }
  return names;
};

const filesOf = (module: string): string[] => {
  const folder = fileURLToPath(new URL(`../src/${module}/`, import.meta.url));
  return readdirSync(folder)
    .filter((name) => name.endsWith('.ts') && !name.includes('test'))
    .map((name) => join(folder, name));
};

/** `customers.list_${direction}` stands for two. */
const spelledOut = (name: string): string[] =>
  name.includes('${direction}')
    ? ['older', 'newer'].map((direction) => name.replace('${direction}', direction))
    : [name];

test('no store filters by account in a way that is unknown here', () => {
  const names = filteredStatements();
  for (const expected of [
    'answers.find',
    'answers.finish',
    'api_keys.list',
    'customers.find',
    'customers.list_older',
    'customers.list_newer',
    'customers.update',
    'events.find',
  ]) {
    assert.ok(names.includes(expected), `${expected} was not found among ${names.join(', ')}`);
  }
});
