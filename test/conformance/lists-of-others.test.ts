// What is asked of a list, as `customer=cus_…` or `starting_after=pi_…`, tells nobody what others have: an id of another
// account is answered as one that nobody has, byte for byte. Of everything that has an id, in every list.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { gatherRoutes } from '../../src/roles/api.ts';
import { openContested } from '../disputes/support.ts';
import {
  namesOfTexts,
  plain,
  prefixes,
  type Schema,
  unknownLike,
} from '../isolation/ids-of-others.ts';

const { gateway, merchant: theirs, stripe, pay, until } = await openContested();
const mine = await gateway.merchant('Mine');

/** Something of everything that is listed. */
const fill = async (key: string): Promise<void> => {
  const post = async (path: string, form: string) => {
    const { status, body, text } = await gateway.ask('POST', path, { key, form });
    assert.equal(status, 200, `${path}: ${text}`);
    return body;
  };
  const clock = await post('/v1/test_helpers/test_clocks', 'frozen_time=1900000000');
  await post('/v1/customers', `name=Stands&test_clock=${clock.id}`);
  const { id: customer } = await post('/v1/customers', 'name=Theirs');
  const method = await post('/v1/payment_methods', 'type=card&card[token]=tok_visa');
  await post(`/v1/payment_methods/${method.id}/attach`, `customer=${customer}`);
  await post('/v1/setup_intents', `customer=${customer}&payment_method=${method.id}`);
  await post('/v1/test_helpers/confirmation_tokens', 'payment_method=pm_card_visa');
  const line = 'line_items[0][price_data]';
  const lines = `line_items[0][quantity]=1&${line}[currency]=eur&${line}[unit_amount]=900&${line}[product_data][name]=Hat`;
  await post(
    '/v1/checkout/sessions',
    `mode=payment&success_url=https://shop.example/&customer=${customer}&${lines}`,
  );
  await post('/v1/payment_links', lines);
  await post('/v1/webhook_endpoints', 'url=https://hook.invalid/&enabled_events[]=*');
};
await fill(theirs.key);
const contested = await pay('pm_card_createDispute', { receipt_email: 'payer@example.com' });
const warned = await pay('pm_card_createIssuerFraudRecord');
await stripe.refunds.create({ charge: (await pay('pm_card_visa')).charge, amount: 100 });
await until(async () => (await stripe.disputes.list({ charge: contested.charge })).data[0]);
await until(
  async () => (await stripe.radar.earlyFraudWarnings.list({ charge: warned.charge })).data[0],
);
await fill(mine.key);

const lists = gatherRoutes().filter(({ list }) => list === true);
const listed = (path: string, key: string) => gateway.ask('GET', path, { key });

/** Of each kind two, the first and the last: found in what the owner's lists show. */
const idsOf = async (key: string): Promise<ReadonlyMap<string, readonly string[]>> => {
  const texts: string[] = [];
  for (const { path } of lists) {
    if (path.includes(':') || path.endsWith('/search')) continue;
    const { status, text } = await listed(`${path}?limit=100`, key);
    if (status === 200) texts.push(text);
  }
  const found = texts.join('\n').matchAll(/"([a-z_]+_(?:test_)?[0-9A-Za-z]{20,})"/g);
  const ids = new Set([...found].map(([, id = '']) => id));
  return Map.groupBy(ids, (id) => id.slice(0, id.indexOf('_')));
};
const ofTheirs = await idsOf(theirs.key);
const ofMine = await idsOf(mine.key);
const kinds = [...ofTheirs].map(([kind, ids]) => [kind, [ids[0], ids.at(-1)]] as const);

/** What else must be said for a parameter to count. */
const together: Readonly<Record<string, string>> = {
  'payment[payment_intent]': '&payment[type]=payment_intent',
};
const tried = new Set<string>();

for (const { operation, path, parameters } of lists) {
  const own = path.replaceAll(/:(\w+)/g, (_, name: string) => {
    const prefix = prefixes[name] ?? '?';
    return ofMine.get(prefix.slice(0, -1))?.[0] ?? 'x_1';
  });
  const names = namesOfTexts(parameters as unknown as Schema).filter(({ isFree }) => !isFree);
  test(`${operation} treats ids of others like ids that nobody has`, async () => {
    for (const { name } of names) {
      for (const [kind, ids] of kinds) {
        for (const id of new Set(ids)) {
          if (id === undefined) continue;
          const answerOf = async (each: string) =>
            plain(await listed(`${own}?${name}=${each}${together[name] ?? ''}`, mine.key), each);
          const expected = await answerOf(unknownLike(id));
          assert.deepEqual(await answerOf(id), expected, `${name}=${id}`);
          tried.add(`${name} ${kind}`);
        }
      }
    }
  });
}

test('An id of my own is answered otherwise', async () => {
  const [own = ''] = ofMine.get('cus') ?? [];
  for (const filter of ['customers?starting_after', 'payment_methods?customer']) {
    const [is, unknown] = await Promise.all(
      [own, unknownLike(own)].map(async (id) =>
        plain(await listed(`/v1/${filter}=${id}`, mine.key), id),
      ),
    );
    assert.notDeepEqual(is, unknown);
  }
});

after(() => {
  for (const each of [
    'customer cus',
    'test_clock clock',
    'payment_intent pi',
    'payment[payment_intent] pi',
    'charge ch',
    'source re',
    'source du',
    'setup_intent seti',
    'payment_method pm',
    'payment_link plink',
    'webhook_endpoint we',
    'event evt',
    'about re',
    'starting_after txn',
    'starting_after issfr',
    'starting_after cs',
  ]) {
    assert.ok(tried.has(each), `${each} was not tried: ${[...tried].join(', ')}`);
  }
});
