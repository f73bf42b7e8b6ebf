// Over the API: ids of others wherever an id may be written, lists, searches and keys of requests.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { parseId, spellId } from '#kit/ids';
import { encodePage, type Route } from '#platform/http';
import { gatherRoutes } from '../../src/roles/api.ts';
import type { Answer } from '../support/ask.ts';
import { isFull, runs } from '../support/full.ts';
import {
  fillWithCards,
  fillWithCheckout,
  fillWithWebhooks,
  payOnce,
  secretWord,
  type World,
} from './world.ts';

/** An id of the same kind and age that nobody has. */
export const unknownLike = (id: string): string => {
  const [prefix = ''] = id.split('_', 1);
  const uuid = parseId(prefix, id);
  if (uuid === null) return id.slice(0, -6) + randomUUID().slice(0, 6);
  return spellId(prefix, `${uuid.slice(0, 14)}${randomUUID().slice(14, -1)}0`);
};

// Where the hint at the other mode is given, it is given of one's own objects only.
const hint =
  /; a similar object exists in (?:test|live) mode, but a (?:test|live) mode key was used to make this request\./;

export const plain = ({ status, text, headers }: Answer, id: string) => ({
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
export type Schema = {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly 'x-wire'?: Wire;
};

/** Every parameter that could hold an id: declared as one, or as any text. */
export const namesOfTexts = (schema: Schema, prefix = ''): { name: string; isFree: boolean }[] =>
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
export const prefixes: Readonly<Record<string, string>> = {
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

export const idsOfOthers = (world: World): void => {
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
