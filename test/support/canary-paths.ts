// Every way through the API that a card number can take, the good ones and the bad ones: by the front
// door, by the wrong door, twice, broken, and without a key. Each says which statuses it must end in, so
// that a path is known to have been what its name says.

import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { vaultOf } from '#cards/vault';
import type { Answer, Asked } from './ask.ts';
import { formOf } from './ask.ts';
import {
  type Canary,
  type Drawn,
  dashed,
  escaped,
  groupsOf,
  newCanary,
  percent,
  spaced,
} from './canary-cards.ts';
import { type Sealing, type SealingKey, sealCard } from './canary-seal.ts';
import type { World } from './canary-world.ts';

export type Path = {
  readonly name: string;
  readonly ends: readonly number[];
  /** For fields that take some lengths of numbers and no others. */
  readonly drawn?: Drawn;
  readonly take: (world: World, card: Canary) => Promise<{ readonly status: number }>;
};

type Take = Path['take'];

const path = (name: string, ends: number | readonly number[], take: Take, drawn?: Drawn): Path => ({
  name,
  ends: typeof ends === 'number' ? [ends] : ends,
  take,
  ...(drawn === undefined ? {} : { drawn }),
});

export const fieldsOf = ({ number, expMonth, expYear, cvc }: Canary) => ({
  number,
  exp_month: expMonth,
  exp_year: expYear,
  cvc,
});

export const methodOf = (card: Canary, changes: object = {}, more: object = {}) => ({
  type: 'card',
  card: { ...fieldsOf(card), ...changes },
  ...more,
});

const METHODS = '/v1/payment_methods';
const TOKENS = '/v1/tokens';

const post = (world: World, at: string, asked: Asked): Promise<Answer> =>
  world.ask('POST', at, { key: world.merchant.liveKey, ...asked });

const get = (world: World, at: string, asked: Asked = {}): Promise<Answer> =>
  world.ask('GET', at, { key: world.merchant.liveKey, ...asked });

/** A step on the way, which must be good for the path to go on. */
const made = async (answer: Promise<Answer>): Promise<Answer['body']> => {
  const { status, text, body } = await answer;
  if (status !== 200) throw new Error(`A step of a path ended with ${status}: ${text}`);
  return body;
};

const newMethod = (world: World, card: Canary) =>
  made(post(world, METHODS, { form: formOf(methodOf(card)) }));
const newToken = (world: World, card: Canary) =>
  made(post(world, TOKENS, { form: formOf({ card: fieldsOf(card) }) }));
const newCustomer = (world: World, form = 'name=Jenny') =>
  made(post(world, '/v1/customers', { form }));

const newAttached = async (world: World, card: Canary) => {
  const [method, customer] = [await newMethod(world, card), await newCustomer(world)];
  await made(post(world, `${METHODS}/${method.id}/attach`, { form: `customer=${customer.id}` }));
  return { method: String(method.id), customer: String(customer.id) };
};

const newSource = async (world: World, card: Canary) => {
  const token = await newToken(world, card);
  const customer = await newCustomer(world, `source=${token.id}`);
  return { source: String(customer.default_source), customer: String(customer.id), token };
};

const inForm = (
  name: string,
  form: (card: Canary) => string,
  ends: number | number[] = 200,
): Path => path(name, ends, (world, card) => post(world, METHODS, { form: form(card) }));

const inJson = (
  name: string,
  json: (card: Canary) => unknown,
  ends: number | number[] = 200,
): Path => path(name, ends, (world, card) => post(world, METHODS, { json: json(card) }));

const withNumber = (card: Canary, number: string): string =>
  `type=card&card[number]=${number}&card[exp_month]=${card.expMonth}&card[exp_year]=${card.expYear}&card[cvc]=${card.cvc}`;

const taken: readonly Path[] = [
  inForm('a payment method, as a form', (card) => formOf(methodOf(card))),
  inForm('a payment method, with plain brackets', (card) => withNumber(card, card.number)),
  inForm('a payment method, in groups', (card) => withNumber(card, spaced(card.number))),
  inForm('a payment method, with plus signs', (card) =>
    withNumber(card, spaced(card.number).replaceAll(' ', '+')),
  ),
  inForm('a payment method, with dashes', (card) => withNumber(card, dashed(card.number))),
  inForm('a payment method, each digit percent-encoded', (card) =>
    withNumber(card, percent(card.number)),
  ),
  inForm('a payment method, with a year of two digits', (card) =>
    formOf(methodOf(card, { exp_year: card.expYear % 100 })),
  ),
  inForm('a payment method, without a security code', (card) =>
    formOf({ type: 'card', card: { ...fieldsOf(card), cvc: undefined } }).replace(
      /&card%5Bcvc%5D=/,
      '',
    ),
  ),
  inForm('a payment method, with billing details and metadata', (card) =>
    formOf(
      methodOf(
        card,
        {},
        {
          billing_details: { name: 'Ada', email: 'ada@example.com', address: { line1: 'x' } },
          metadata: { order: '1' },
          allow_redisplay: 'always',
        },
      ),
    ),
  ),
  inJson('a payment method, as JSON', (card) => methodOf(card)),
  inJson('a payment method, as a JSON number', (card) =>
    methodOf(card, { number: card.number.length > 16 ? card.number : Number(card.number) }),
  ),
  path('a payment method, as JSON with escapes', 200, (world, card) =>
    post(world, METHODS, {
      bytes: JSON.stringify(methodOf(card)).replace(card.number, escaped(card.number)),
      headers: { 'content-type': 'application/json; charset=utf-8' },
    }),
  ),
  path('a payment method, in the query', 200, (world, card) =>
    post(world, `${METHODS}?${formOf(methodOf(card))}`, {}),
  ),
  path('a payment method, half in the query', 200, (world, card) =>
    post(world, `${METHODS}?card[number]=${card.number}`, {
      form: `type=card&card[exp_month]=${card.expMonth}&card[exp_year]=${card.expYear}`,
    }),
  ),
  path('a payment method, by a publishable key', 200, (world, card) =>
    post(world, METHODS, {
      key: world.merchant.livePublishableKey,
      form: formOf(methodOf(card)),
    }),
  ),
  path('a payment method, the key among the parameters', 200, (world, card) =>
    post(world, METHODS, {
      key: null,
      form: `key=${world.merchant.livePublishableKey}&${formOf(methodOf(card))}`,
    }),
  ),
  path('a payment method, by Basic', 200, (world, card) =>
    post(world, METHODS, {
      key: null,
      form: formOf(methodOf(card)),
      headers: {
        authorization: `Basic ${Buffer.from(`${world.merchant.liveKey}:`).toString('base64')}`,
      },
    }),
  ),
  path('a payment method, expanded', 200, (world, card) =>
    post(world, METHODS, { form: formOf(methodOf(card, {}, { expand: ['customer'] })) }),
  ),
  path('a payment method, retrieved', 200, async (world, card) =>
    get(world, `${METHODS}/${(await newMethod(world, card)).id}`),
  ),
  path('payment methods, listed', 200, async (world, card) => {
    await newMethod(world, card);
    return get(world, `${METHODS}?limit=100&type=card`);
  }),
  path('one card twice, with one fingerprint', 200, async (world, card) => {
    const first = await newMethod(world, card);
    const second = await post(world, METHODS, { form: formOf(methodOf(card)) });
    const isSame = first.card.fingerprint === second.body.card.fingerprint;
    return { status: isSame ? second.status : 0 };
  }),
];

const attached: readonly Path[] = [
  path('attached to a customer', 200, async (world, card) => {
    const { customer } = await newAttached(world, card);
    return get(world, `/v1/customers/${customer}/payment_methods`);
  }),
  path('attached to two customers', 400, async (world, card) => {
    const { method } = await newAttached(world, card);
    const other = await newCustomer(world);
    return post(world, `${METHODS}/${method}/attach`, { form: `customer=${other.id}` });
  }),
  path('attached and changed', 200, async (world, card) => {
    const { method } = await newAttached(world, card);
    return post(world, `${METHODS}/${method}`, {
      form: 'card[exp_month]=7&card[exp_year]=2041&metadata[a]=b&billing_details[name]=Jenny',
    });
  }),
  path('attached and changed to a bad expiry', 402, async (world, card) => {
    const { method } = await newAttached(world, card);
    return post(world, `${METHODS}/${method}`, { form: 'card[exp_month]=13' });
  }),
  path('changed in its number, which cannot be', 400, async (world, card) => {
    const { method } = await newAttached(world, card);
    return post(world, `${METHODS}/${method}`, { form: `card[number]=${newCanary().number}` });
  }),
  path(
    'changed to a number for a month',
    402,
    async (world, card) => {
      const { method } = await newAttached(world, newCanary());
      return post(world, `${METHODS}/${method}`, { form: `card[exp_month]=${card.number}` });
    },
    'amex',
  ),
  path('detached', 200, async (world, card) => {
    const { method } = await newAttached(world, card);
    return post(world, `${METHODS}/${method}/detach`, {});
  }),
  path('detached twice', 400, async (world, card) => {
    const { method } = await newAttached(world, card);
    await made(post(world, `${METHODS}/${method}/detach`, {}));
    return post(world, `${METHODS}/${method}/detach`, {});
  }),
  path('default of its customer', 200, async (world, card) => {
    const { method, customer } = await newAttached(world, card);
    return post(world, `/v1/customers/${customer}`, {
      form: `invoice_settings[default_payment_method]=${method}&expand[]=invoice_settings.default_payment_method`,
    });
  }),
  path('given to a new customer', 200, async (world, card) => {
    const { id } = await newMethod(world, card);
    return post(world, '/v1/customers', { form: `payment_method=${id}` });
  }),
  path('gone with its customer', 200, async (world, card) => {
    const { customer } = await newAttached(world, card);
    return world.ask('DELETE', `/v1/customers/${customer}`, { key: world.merchant.liveKey });
  }),
  path('looked for by a key of test mode', 404, async (world, card) => {
    const { id } = await newMethod(world, card);
    return get(world, `${METHODS}/${id}`, { key: world.merchant.key });
  }),
  path('told of by events', 200, async (world, card) => {
    await newAttached(world, card);
    return get(world, '/v1/events?limit=100');
  }),
];

const tokens: readonly Path[] = [
  path('a token, as a form', 200, (world, card) =>
    post(world, TOKENS, { form: formOf({ card: fieldsOf(card) }) }),
  ),
  path('a token, as JSON, with a name and an address', 200, (world, card) =>
    post(world, TOKENS, {
      json: { card: { ...fieldsOf(card), name: 'Ada', address_zip: '10117', currency: 'eur' } },
    }),
  ),
  path('a token, retrieved', 200, async (world, card) =>
    get(world, `${TOKENS}/${(await newToken(world, card)).id}`),
  ),
  path('a token that becomes a payment method', 200, async (world, card) => {
    const { id } = await newToken(world, card);
    return post(world, METHODS, { form: `type=card&card[token]=${id}` });
  }),
  path('a token used twice', 400, async (world, card) => {
    const { id } = await newToken(world, card);
    await made(post(world, METHODS, { form: `type=card&card[token]=${id}` }));
    return post(world, METHODS, { form: `type=card&card[token]=${id}` });
  }),
  path('a token used by four at once', [200, 400], async (world, card) => {
    const { id } = await newToken(world, card);
    const form = `type=card&card[token]=${id}`;
    const [first] = await Promise.all([1, 2, 3, 4].map(() => post(world, METHODS, { form })));
    return first ?? { status: 0 };
  }),
  path('a token beside a number', 400, async (world, card) => {
    const { id } = await newToken(world, card);
    return post(world, METHODS, {
      form: `type=card&card[token]=${id}&card[number]=${newCanary().number}`,
    });
  }),
  path('a token as the source of a new customer', 200, async (world, card) => {
    const { customer } = await newSource(world, card);
    return get(world, `/v1/customers/${customer}?expand[]=default_source`);
  }),
  path('a token as the source of a customer, twice', 400, async (world, card) => {
    const { token } = await newSource(world, card);
    return post(world, '/v1/customers', { form: `source=${token.id}` });
  }),
  path('a token that replaces a source', 200, async (world, card) => {
    const { customer } = await newSource(world, newCanary());
    const { id } = await newToken(world, card);
    return post(world, `/v1/customers/${customer}`, { form: `source=${id}` });
  }),
  ...['sources', 'cards'].flatMap((name) => [
    path(`added to the ${name} of a customer`, 200, async (world, card) => {
      const [token, customer] = [await newToken(world, card), await newCustomer(world)];
      return post(world, `/v1/customers/${customer.id}/${name}`, { form: `source=${token.id}` });
    }),
    path(`a number among the ${name}, for a token`, 400, async (world, card) => {
      const customer = await newCustomer(world);
      return post(world, `/v1/customers/${customer.id}/${name}`, { form: `source=${card.number}` });
    }),
    path(`a whole card among the ${name}, for a token`, 200, async (world, card) => {
      const customer = await newCustomer(world);
      return post(world, `/v1/customers/${customer.id}/${name}`, {
        form: formOf({ source: { object: 'card', ...fieldsOf(card) } }),
      });
    }),
  ]),
  path('a source, changed', 200, async (world, card) => {
    const { source, customer } = await newSource(world, card);
    return post(world, `/v1/customers/${customer}/sources/${source}`, {
      form: 'exp_year=2042&name=J',
    });
  }),
  path('a source, named by a number', 400, async (world, card) => {
    const { source, customer } = await newSource(world, newCanary());
    return post(world, `/v1/customers/${customer}/sources/${source}`, {
      form: `name=${card.number}`,
    });
  }),
  path('a source, removed', 200, async (world, card) => {
    const { source, customer } = await newSource(world, card);
    return world.ask('DELETE', `/v1/customers/${customer}/cards/${source}`, {
      key: world.merchant.liveKey,
    });
  }),
  path('a security code of its own', 200, (world, card) =>
    post(world, TOKENS, { form: `cvc_update[cvc]=${card.cvc}` }),
  ),
  path('a number for a security code', 400, (world, card) =>
    post(world, TOKENS, { form: `cvc_update[cvc]=${card.number}` }),
  ),
  path('a card and a security code at once', 400, (world, card) =>
    post(world, TOKENS, { form: formOf({ card: fieldsOf(card), cvc_update: { cvc: card.cvc } }) }),
  ),
  path('a token for a customer, which is not offered', 400, (world, card) =>
    post(world, TOKENS, { form: formOf({ card: fieldsOf(card), customer: 'cus_1' }) }),
  ),
];

const keyOf = async (world: World): Promise<SealingKey> =>
  made(get(world, '/v1/vault/key')) as Promise<SealingKey>;

const sealed = (
  name: string,
  ends: number,
  changes: Omit<Partial<Sealing>, 'key'> & { after?: (jwe: string) => string; times?: number } = {},
): Path =>
  path(name, ends, async (world, card) => {
    const { after = (jwe) => jwe, times = 1, ...sealing } = changes;
    const jwe = after(sealCard({ key: await keyOf(world), card: fieldsOf(card), ...sealing }));
    const form = formOf({ type: 'card', card: { sealed: jwe } });
    for (let n = 1; n < times; n += 1) await made(post(world, METHODS, { form }));
    return post(world, METHODS, { form });
  });

/** One letter of its tag is another one. */
const changed = (jwe: string): string => {
  const at = jwe.lastIndexOf('.') + 1;
  return `${jwe.slice(0, at)}${jwe[at] === 'A' ? 'B' : 'A'}${jwe.slice(at + 1)}`;
};

const sealedPaths: readonly Path[] = [
  sealed('a sealed card', 200),
  sealed('a sealed card, sent twice', 400, { times: 2 }),
  sealed('a sealed card, for another account', 400, { audience: 'acct_other' }),
  sealed('a sealed card, too old', 400, { issuedAt: 1_700_000_000 }),
  sealed('a sealed card, to a key that nobody has', 400, { kid: 'bk_unknown' }),
  sealed('a sealed card, changed on the way', 400, { after: changed }),
  sealed('a sealed card, cut off', 400, { after: (jwe) => jwe.slice(0, -30) }),
  path('a sealed card, as a token', 200, async (world, card) => {
    const jwe = sealCard({ key: await keyOf(world), card: fieldsOf(card) });
    return post(world, TOKENS, { form: formOf({ card: { sealed: jwe } }) });
  }),
  path('a sealed card, its fields misspelt', 400, async (world, card) => {
    const jwe = sealCard({ key: await keyOf(world), card: { nubmer: card.number, cvc: card.cvc } });
    return post(world, METHODS, { form: formOf({ type: 'card', card: { sealed: jwe } }) });
  }),
  path('a sealed card that can be none', 402, async (world, card) => {
    const fields = { ...fieldsOf(card), number: `${card.number}x` };
    const jwe = sealCard({ key: await keyOf(world), card: fields });
    return post(world, METHODS, { form: formOf({ type: 'card', card: { sealed: jwe } }) });
  }),
  path('a sealed security code', 200, async (world, card) => {
    const jwe = sealCard({ key: await keyOf(world), card: { cvc: card.cvc } });
    return post(world, TOKENS, { form: formOf({ cvc_update: { sealed: jwe } }) });
  }),
  path('a number where a sealed card belongs', 400, (world, card) =>
    post(world, METHODS, { form: `type=card&card[sealed]=${card.number}` }),
  ),
  path('a card that was encoded instead of sealed', 400, (world, card) => {
    const part = Buffer.from(JSON.stringify(fieldsOf(card))).toString('base64url');
    const form = formOf({ type: 'card', card: { sealed: `${part}..${part}.${part}.${part}` } });
    return post(world, METHODS, { form });
  }),
  path('a number for the id of a sealing key', 400, async (world, card) => {
    const jwe = sealCard({ key: await keyOf(world), card: fieldsOf(card), kid: card.number });
    return post(world, METHODS, { form: formOf({ type: 'card', card: { sealed: jwe } }) });
  }),
];

const again: readonly Path[] = [
  path('asked for twice under one idempotency key', 200, async (world, card) => {
    const asked = { form: formOf(methodOf(card)), idempotencyKey: randomUUID() };
    await made(post(world, METHODS, asked));
    return post(world, METHODS, asked);
  }),
  path('refused twice under one idempotency key', 402, async (world, card) => {
    const form = formOf(methodOf(card, { exp_month: 13 }));
    const asked = { form, idempotencyKey: randomUUID() };
    await post(world, METHODS, asked);
    return post(world, METHODS, asked);
  }),
  path('another card under one idempotency key', 400, async (world, card) => {
    const idempotencyKey = randomUUID();
    await made(post(world, METHODS, { form: formOf(methodOf(newCanary())), idempotencyKey }));
    return post(world, METHODS, { form: formOf(methodOf(card)), idempotencyKey });
  }),
  path('four at once under one idempotency key', [200, 409], async (world, card) => {
    const asked = { json: { card: fieldsOf(card) }, idempotencyKey: randomUUID() };
    const [first] = await Promise.all([1, 2, 3, 4].map(() => post(world, TOKENS, asked)));
    return first ?? { status: 0 };
  }),
  path('four cards at once under one idempotency key', [200, 400, 409], async (world, card) => {
    const idempotencyKey = randomUUID();
    const cards = [card, newCanary(), newCanary(), newCanary()];
    const [first] = await Promise.all(
      cards.map((each) => post(world, METHODS, { form: formOf(methodOf(each)), idempotencyKey })),
    );
    return first ?? { status: 0 };
  }),
];

/** A tenth digit more or less, letters between digits: nearly the number, and as bad to show. */
const wrongCheck = ({ number }: Canary): string =>
  number.slice(0, -1) + String((Number(number.at(-1)) + 1) % 10);

const refused: readonly Path[] = [
  inForm('month 13', (card) => formOf(methodOf(card, { exp_month: 13 })), 402),
  inForm('a year past', (card) => formOf(methodOf(card, { exp_year: 2019 })), 402),
  inForm('a year far ahead', (card) => formOf(methodOf(card, { exp_year: 2399 })), 402),
  inForm('a month in words', (card) => formOf(methodOf(card, { exp_month: 'May' })), 400),
  inForm('a code too short', (card) => formOf(methodOf(card, { cvc: card.cvc.slice(0, 2) })), 402),
  inForm('a code too long', (card) => formOf(methodOf(card, { cvc: `${card.cvc}77` })), 402),
  inForm('a code of letters', (card) => formOf(methodOf(card, { cvc: 'abc' })), 402),
  inForm('a number for the code', (card) => formOf(methodOf(card, { cvc: card.number })), 400),
  inForm('a wrong check digit', (card) => withNumber(card, wrongCheck(card)), 402),
  inForm('a letter at the end', (card) => withNumber(card, `${card.number}x`), 402),
  inForm('a letter within', (card) => withNumber(card, card.number.replace(/.{6}/, '$&x')), 402),
  inForm(
    'one number twice over',
    (card) => withNumber(card, card.number + card.number),
    [400, 402],
  ),
  inForm('a number far too long', (card) => withNumber(card, card.number.repeat(400)), 400),
  inForm('an empty month', (card) => `type=card&card[number]=${card.number}&card[exp_month]=`, 400),
  inForm('no month', (card) => `type=card&card[number]=${card.number}&card[exp_year]=2040`, 400),
  inForm('no year', (card) => `type=card&card[number]=${card.number}&card[exp_month]=1`, 400),
  inForm('no type', (card) => formOf({ card: fieldsOf(card) }), 400),
  inForm('another type', (card) => formOf(methodOf(card, {}, { type: 'paypal' })), 400),
  inForm('an unknown type', (card) => formOf(methodOf(card, {}, { type: 'gold' })), 400),
  inForm('a number for a type', (card) => `type=${card.number}`, 400),
  inForm(
    'a network to prefer',
    (card) => formOf(methodOf(card, { networks: { preferred: 'visa' } })),
    400,
  ),
  inForm(
    'a number for a network',
    (card) => formOf(methodOf(card, { networks: { preferred: card.number } })),
    400,
  ),
  path('a real card in test mode', 402, (world, card) =>
    post(world, METHODS, { key: world.merchant.key, form: formOf(methodOf(card)) }),
  ),
  path('a real card in test mode, as a token, kept under a key', 402, (world, card) =>
    post(world, TOKENS, {
      key: world.merchant.key,
      json: { card: fieldsOf(card) },
      idempotencyKey: randomUUID(),
    }),
  ),
];

const misspelt: readonly Path[] = [
  inForm(
    'a misspelt field',
    (card) => `type=card&card[nubmer]=${card.number}&card[cvc]=${card.cvc}`,
    400,
  ),
  inForm('a field within the number', (card) => `type=card&card[number][pan]=${card.number}`, 400),
  inForm('a list of numbers', (card) => `type=card&card[number][]=${card.number}`, 400),
  inForm('a number for a card', (card) => `type=card&card=${card.number}`, 400),
  inForm(
    'a number outside its hash',
    (card) => `type=card&number=${card.number}&cvc=${card.cvc}`,
    400,
  ),
  inForm('an unknown hash', (card) => formOf({ type: 'card', credit_card: fieldsOf(card) }), 400),
  inForm('a number for a name', (card) => `type=card&card[${card.number}]=1`, 400),
  inForm('a number for the name of everything', (card) => `${card.number}=1`, 400),
  inForm('a number for a token', (card) => `type=card&card[token]=${card.number}`, 400),
  inForm('a number in a token', (card) => `type=card&card[token]=tok_${card.number}`, 400),
  inForm(
    'a number for a session',
    (card) => `type=card&radar_options[session]=${card.number}`,
    400,
  ),
  inForm(
    'a number given twice',
    (card) => `${withNumber(card, card.number)}&card[number]=${card.number}`,
    400,
  ),
  inForm('a name with an open bracket', (card) => `type=card&card[number=${card.number}`, 400),
  inForm('a name with an open bracket, holding it', (card) => `card[${card.number}=1`, 400),
  inForm('a broken percent sign behind it', (card) => withNumber(card, `${card.number}%zz`), 400),
  inForm('a broken percent sign before it', (card) => withNumber(card, `%zz${card.number}`), 400),
  inForm('a zero byte behind it', (card) => withNumber(card, `${card.number}%00`), [400, 402]),
  inForm(
    'fifty unknown names',
    (card) => Array.from({ length: 50 }, (_, n) => `${card.number}_${n}=x`).join('&'),
    400,
  ),
  inForm('a number deep inside', (card) => `card${'[a]'.repeat(40)}=${card.number}`, 400),
  inForm(
    'too many numbers',
    (card) => Array.from({ length: 3_000 }, (_, n) => `a${n}=${card.number}`).join('&'),
    400,
  ),
  inForm(
    'a number to expand',
    (card) => `${formOf(methodOf(newCanary()))}&expand[]=${card.number}`,
    400,
  ),
  path('a name in the query and in the body', 400, (world, card) =>
    post(world, `${METHODS}?type=card&card[number]=${card.number}`, { json: methodOf(card) }),
  ),
];

// What is refused wherever people type, with the digits together, in groups, or with dashes.
const places: readonly (readonly [string, string, string, Drawn?])[] = [
  ['a name', '/v1/customers', 'name=@'],
  ['a name, among words', '/v1/customers', 'name=Jenny @ Rosen'],
  ['a description', '/v1/customers', 'description=Paid with @.'],
  ['a phone number', '/v1/customers', 'phone=@', 'visa'],
  ['metadata', '/v1/customers', 'metadata[note]=@'],
  ['the name of metadata', '/v1/customers', 'metadata[@]=x'],
  [
    'metadata, and a good name beside it',
    '/v1/customers',
    'name=Jenny&metadata[a]=b&metadata[c]=@',
  ],
  ['an address', '/v1/customers', 'address[line1]=@'],
  ['a postal code', '/v1/customers', 'address[postal_code]=@'],
  ['a shipping name', '/v1/customers', 'shipping[name]=@&shipping[address][city]=x'],
  ['a shipping address', '/v1/customers', 'shipping[name]=x&shipping[address][line2]=@'],
  [
    'a custom field',
    '/v1/customers',
    'invoice_settings[custom_fields][0][name]=x&invoice_settings[custom_fields][0][value]=@',
  ],
  ['a footer', '/v1/customers', 'invoice_settings[footer]=@'],
  ['a tax id', '/v1/customers', 'tax_id_data[0][type]=eu_vat&tax_id_data[0][value]=@'],
  ['a locale', '/v1/customers', 'preferred_locales[]=@'],
  ['an enum', '/v1/customers', 'tax_exempt=@'],
  ['an integer', '/v1/customers', 'balance=@', 'visa'],
  ['a small integer', '/v1/customers', 'next_invoice_sequence=@'],
  ['a boolean', '/v1/customers', 'validate=@'],
  ['an IP address', '/v1/customers', 'tax[ip_address]=@'],
  ['a coupon', '/v1/customers', 'coupon=@'],
  ['a payment method', '/v1/customers', 'payment_method=@'],
  ['a payment method, prefixed', '/v1/customers', 'payment_method=pm_@'],
  ['a source', '/v1/customers', 'source=@'],
  ['an older name', '/v1/customers', 'card=@'],
  ['an unknown parameter', '/v1/customers', 'card_number=@'],
  ['a nested unknown name', '/v1/customers', 'address[@]=1'],
  ['a billing name', METHODS, 'type=card&billing_details[name]=@'],
  ['a billing phone', METHODS, 'type=card&billing_details[phone]=@', 'visa'],
  ['a billing tax id', METHODS, 'type=card&billing_details[tax_id]=@'],
  ['a billing address', METHODS, 'type=card&billing_details[address][city]=@'],
  ["a method's metadata", METHODS, 'type=card&metadata[pan]=@'],
  ['a bank', METHODS, 'type=ideal&ideal[bank]=@'],
  ['a tax number', METHODS, 'type=boleto&boleto[tax_id]=@'],
  ['a payment address', METHODS, 'type=upi&upi[vpa]=@'],
  [
    "a token's name",
    TOKENS,
    'card[number]=4242424242424242&card[exp_month]=1&card[exp_year]=2040&card[name]=@',
  ],
  [
    "a token's postal code",
    TOKENS,
    'card[number]=4242424242424242&card[exp_month]=1&card[exp_year]=2040&card[address_zip]=@',
  ],
  ['a currency', TOKENS, 'card[number]=4242424242424242&card[currency]=@'],
];

const spelledByTurns = (() => {
  const joined = (by: string) => (number: string) => groupsOf(number).join(by);
  const ways = [joined(''), joined(' '), joined('-'), joined('\u00a0'), joined('\t')];
  let turn = 0;
  return (number: string): string => ways[(turn += 1) % ways.length]?.(number) ?? number;
})();

const misplaced: readonly Path[] = [
  ...places.map(([place, at, form, drawn]) =>
    path(
      `a number for ${place}`,
      [400, 402],
      (world, card) => {
        const text = encodeURIComponent(spelledByTurns(card.number));
        return post(world, at, { form: form.replace('@', text) });
      },
      drawn,
    ),
  ),
  path('a number for an e-mail address', 400, (world, card) =>
    post(world, '/v1/customers', { form: `email=${card.number}@example.com` }),
  ),
  path('a number in JSON, for a name', 400, (world, card) =>
    post(world, '/v1/customers', { json: { name: card.number } }),
  ),
  path(
    'a number in JSON, as a number in metadata',
    400,
    (world, card) =>
      post(world, '/v1/customers', { json: { metadata: { n: Number(card.number) } } }),
    'visa',
  ),
  path('a number kept under an idempotency key', 400, (world, card) =>
    post(world, '/v1/customers', { form: `name=${card.number}`, idempotencyKey: randomUUID() }),
  ),
  path('a number written into a customer who was good', 400, async (world, card) => {
    const { id } = await newCustomer(world);
    return post(world, `/v1/customers/${id}`, { form: `description=${card.number}` });
  }),
];

const asked: readonly (readonly [string, string, (number | readonly number[])?])[] = [
  ['the URL of a customer', '/v1/customers/@'],
  ['the URL of a customer, prefixed', '/v1/customers/cus_@'],
  ['the URL of a payment method', `${METHODS}/@`],
  ['the URL of a token', `${TOKENS}/tok_@`],
  ['the URL of an event', '/v1/events/@'],
  ["the URL of a customer's source", '/v1/customers/cus_1/sources/@'],
  ['a URL that does not exist', '/v1/@'],
  ['a URL deeper down', '/v1/charges/@/capture'],
  ['a URL outside the API', '/@'],
  ['the query of a URL outside the API', '/nothing?pan=@'],
  ['the query of the first page', '/?pan=@', 200],
  ['the query of the documents', '/docs?pan=@', 200],
  ['the query of health', '/healthz?pan=@', 200],
  ['the query of metrics', '/metrics?pan=@', [200, 403]],
  ['an unknown parameter of a list', '/v1/customers?pan=@'],
  ['the e-mail of a list', '/v1/customers?email=@%40example.com'],
  ['a cursor', '/v1/customers?starting_after=@'],
  ['a cursor of payment methods', `${METHODS}?ending_before=pm_@`],
  ['the customer of a list', `${METHODS}?customer=@`],
  ['a limit', '/v1/customers?limit=@', [200, 400]],
  ['a moment', '/v1/customers?created[gt]=@', [200, 400]],
  ['an expand path', '/v1/customers?expand[]=data.@'],
  ['a type of event', '/v1/events?type=@'],
  ['a search', `/v1/customers/search?query=${encodeURIComponent("name:'")}@'`],
  ['a search in metadata', `/v1/customers/search?query=${encodeURIComponent("metadata['")}@']:'x'`],
  ['a search for a number', '/v1/customers/search?query=created>@', [200, 400]],
  ['a search that is broken', '/v1/customers/search?query=@'],
  ['a page of a search', '/v1/customers/search?query=created>0&page=@'],
];

const inUrls: readonly Path[] = [
  ...asked.flatMap(([place, url, ends = [400, 404]]) => [
    path(`a number in ${place}`, ends, (world, card) =>
      get(world, url.replace('@', encodeURIComponent(spelledByTurns(card.number)))),
    ),
  ]),
  path('a number in a URL, each digit percent-encoded', [400, 404], (world, card) =>
    get(world, `/v1/customers/${percent(card.number)}`),
  ),
  ...['PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'TRACE', 'PROPFIND'].map((method) =>
    path(`a number under ${method}`, [204, 400, 404, 405], (world, card) =>
      world.ask(method, `/v1/customers/${card.number}`, { key: world.merchant.liveKey }),
    ),
  ),
  path('a number in the URL of an attachment', 400, (world, card) =>
    post(world, `${METHODS}/${card.number}/attach`, { form: 'customer=cus_1' }),
  ),
  path('a number in a body where none is expected', [400, 404], (world, card) =>
    get(world, '/v1/customers', { form: formOf(methodOf(card)) }),
  ),
];

const header = (
  name: string,
  value: (card: Canary) => string,
  ends: number | readonly number[],
): Path =>
  path(`a number in ${name}`, ends, (world, card) =>
    post(world, '/v1/customers', { form: 'name=x', headers: { [name]: value(card) } }),
  );

const inHeaders: readonly Path[] = [
  header('idempotency-key', ({ number }) => number, 400),
  header('idempotency-key', ({ number }) => `order ${spaced(number)}`, 400),
  header('idempotency-key', ({ number }) => `order_${number}`, 400),
  header('stripe-version', ({ number }) => number, 400),
  header('stripe-account', ({ number }) => `acct_${number}`, 403),
  header('stripe-context', ({ number }) => number, 403),
  header('user-agent', ({ number }) => `Shop/1 (${number})`, 200),
  header('x-stripe-client-user-agent', ({ number }) => JSON.stringify({ lang: number }), 200),
  header('referer', ({ number }) => `https://shop.test/pay?pan=${number}`, 200),
  header('origin', ({ number }) => `https://${number}.test`, 200),
  header('cookie', ({ number }) => `pan=${number}`, 200),
  header('x-forwarded-for', ({ number }) => number, 200),
  header('x-request-id', ({ number }) => number, 200),
  header('request-id', ({ number }) => `req_${number}`, 200),
  header('traceparent', ({ number }) => `00-${number}-${number}-01`, 200),
  header('accept-language', ({ number }) => number, 200),
  header('expect', ({ number }) => number, [200, 417]),
  header('content-type', ({ number }) => `text/${number}`, 400),
  header('content-encoding', ({ number }) => number, 400),
  header('authorization', ({ number }) => `Bearer ${number}`, 401),
  header('authorization', ({ number }) => `Bearer sk_live_${number}`, 401),
  header('authorization', ({ number }) => `Basic ${Buffer.from(number).toString('base64')}`, 401),
  header('authorization', ({ number }) => `Card ${number}`, 401),
  path('a number in a header that is too long', 431, (world, card) =>
    world.raw(
      `GET /v1/customers HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Pan: ${card.number.repeat(1_500)}\r\n\r\n`,
    ),
  ),
  path('a number for a host', [200, 400, 401, 404], (world, card) =>
    world.raw(`GET /v1/customers HTTP/1.1\r\nHost: ${card.number}\r\nConnection: close\r\n\r\n`),
  ),
];

const keyless: readonly Path[] = [
  path('a card without a key', 401, (world, card) =>
    post(world, METHODS, { key: null, form: formOf(methodOf(card)) }),
  ),
  path('a card without a key, as broken JSON', 401, (world, card) =>
    post(world, METHODS, {
      key: null,
      bytes: `{"card":{"number":"${card.number}`,
      headers: { 'content-type': 'application/json' },
    }),
  ),
  path('a card and a wrong key', 401, (world, card) =>
    post(world, METHODS, { key: 'sk_live_wrong', form: formOf(methodOf(card)) }),
  ),
  path('a number for a key, among the parameters', 401, (world, card) =>
    post(world, METHODS, { key: null, form: `key=${card.number}` }),
  ),
  path('a card for a key that may not', 403, (world, card) =>
    post(world, '/v1/customers', {
      key: world.merchant.livePublishableKey,
      form: formOf({ name: card.number, ...methodOf(card) }),
    }),
  ),
  path('a card for a key that may do something else', 403, (world, card) =>
    post(world, METHODS, { key: world.merchant.restricted, form: formOf(methodOf(card)) }),
  ),
];

const bytesOf = (
  name: string,
  ends: number | readonly number[],
  type: string,
  bytes: (card: Canary) => Buffer | string,
  more: Readonly<Record<string, string>> = {},
): Path =>
  path(name, ends, (world, card) =>
    post(world, METHODS, { bytes: bytes(card), headers: { 'content-type': type, ...more } }),
  );

const json = 'application/json';
const form = 'application/x-www-form-urlencoded';
const textOf = (card: Canary): string => JSON.stringify(methodOf(card));

const broken: readonly Path[] = [
  bytesOf(
    'JSON cut off in the number',
    400,
    json,
    (card) => `{"type":"card","card":{"number":"${card.number}`,
  ),
  bytesOf('JSON cut off behind it', 400, json, (card) => textOf(card).slice(0, -1)),
  bytesOf('JSON with a comma too many', 400, json, (card) => textOf(card).replace('}', ',}')),
  bytesOf('JSON with single quotes', 400, json, (card) => textOf(card).replaceAll('"', "'")),
  bytesOf('JSON with a bare number behind', 400, json, (card) => `${textOf(card)} ${card.number}`),
  bytesOf('JSON with a broken escape', 400, json, (card) => `{"a":"\\u00zz${card.number}"}`),
  bytesOf(
    'JSON with one name twice',
    400,
    json,
    (card) => `{"type":"card","card":{"number":"${card.number}","number":"${card.number}"}}`,
  ),
  bytesOf(
    'JSON with a number for a name, twice',
    400,
    json,
    (card) => `{"${card.number}":1,"${card.number}":2}`,
  ),
  bytesOf('JSON that is a list', 400, json, (card) => `["${card.number}"]`),
  bytesOf('JSON that is a number', 400, json, (card) => card.number),
  bytesOf(
    'JSON too deep',
    400,
    json,
    (card) => `${'{"a":'.repeat(200)}"${card.number}"${'}'.repeat(200)}`,
  ),
  bytesOf('JSON in UTF-16', 400, json, (card) => Buffer.from(textOf(card), 'utf16le')),
  bytesOf('a form that is no UTF-8', 400, form, (card) =>
    Buffer.concat([Buffer.from(`name=${card.number}`), Buffer.of(0xff, 0xfe)]),
  ),
  bytesOf('a form that says it is JSON', 400, json, (card) => formOf(methodOf(card))),
  bytesOf('JSON that says it is a form', 400, form, (card) => textOf(card)),
  bytesOf('plain text', 400, 'text/plain', (card) => `my card is ${card.number}`),
  bytesOf('XML', 400, 'application/xml', (card) => `<pan>${card.number}</pan>`),
  bytesOf(
    'a form in parts',
    400,
    'multipart/form-data; boundary=x',
    (card) =>
      `--x\r\nContent-Disposition: form-data; name="card[number]"\r\n\r\n${card.number}\r\n--x--`,
  ),
  bytesOf('a body that is packed', 400, json, (card) => gzipSync(textOf(card)), {
    'content-encoding': 'gzip',
  }),
  bytesOf('a body that is too large', 413, json, (card) =>
    JSON.stringify({ a: card.number.repeat(25_000) }),
  ),
  path('a body that is too large, in chunks', 413, (world, card) => {
    const chunk = `${(65_536).toString(16)}\r\n${card.number.padEnd(65_536, card.number)}\r\n`;
    return world.raw(
      `${headOf(world)}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(6)}0\r\n\r\n`,
    );
  }),
  path('chunks that are none', 400, (world, card) =>
    world.raw(`${headOf(world)}Transfer-Encoding: chunked\r\n\r\nzz${card.number}\r\n`),
  ),
  path('two lengths of one body', 400, (world, card) =>
    world.raw(`${headOf(world)}Content-Length: 5\r\nContent-Length: 6\r\n\r\nname=${card.number}`),
  ),
  path('a length and chunks at once', 400, (world, card) =>
    world.raw(
      `${headOf(world)}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n${card.number}`,
    ),
  ),
  path('a number where HTTP begins', 400, (world, card) => world.raw(`${card.number}\r\n\r\n`)),
  path('a number behind the end of a request', [400, 401], (world, card) =>
    world.raw(`GET /v1/customers HTTP/1.1\r\nHost: x\r\n\r\n${card.number} / HTTP/1.1\r\n\r\n`),
  ),
  path('a number in a header without a name', 400, (world, card) =>
    world.raw(`GET / HTTP/1.1\r\nHost: x\r\n: ${card.number}\r\n\r\n`),
  ),
  path('hung up in the middle of the body', 0, (world, card) => {
    const body = formOf(methodOf(card));
    return world.raw(`${headOf(world)}Content-Length: ${body.length + 9}\r\n\r\n${body}`, {
      hangUpAfterMs: 40,
    });
  }),
  path('hung up before the answer', [0, 200], (world, card) => {
    const body = formOf(methodOf(card));
    return world.raw(`${headOf(world)}Content-Length: ${body.length}\r\n\r\n${body}`, {
      hangUpAfterMs: 1,
    });
  }),
];

const headOf = ({ merchant }: World): string =>
  [
    `POST ${METHODS} HTTP/1.1`,
    'Host: x',
    'Connection: close',
    `Authorization: Bearer ${merchant.liveKey}`,
    `Content-Type: ${form}`,
    '',
  ].join('\r\n');

/** What the rest of the house does with a card: here in the tests' own process, at the same vault. */
const inHouse: readonly Path[] = [
  path('looked up by its fingerprint for risk', 200, async (world, card) => {
    const { context, merchant, id } = await stored(world, card);
    const found = await vaultOf(context).riskFingerprints(context, {
      scope: merchant.liveScope,
      card: id,
    });
    world.hear('fingerprints', JSON.stringify(found));
    return { status: found.ok ? 200 : 404 };
  }),
  path('opened for an operation that fails', 500, async (world, card) => {
    const { context, merchant, id } = await stored(world, card);
    const opening = { scope: merchant.liveScope, card: id, operation: 'op_1' };
    const failed = vaultOf(context).withCard(context, opening, async () => {
      throw new Error('The acquirer does not answer.');
    });
    return failed.then(
      () => ({ status: 200 }),
      (error: Error) => {
        context.log.error({ error }, 'An operation failed');
        world.hear('an error', `${String(error)} ${error.stack} ${JSON.stringify({ ...error })}`);
        return { status: 500 };
      },
    );
  }),
  path('deleted', 200, async (world, card) => {
    const { context, merchant, id } = await stored(world, card);
    const isGone = await vaultOf(context).deleteCard(context, {
      scope: merchant.liveScope,
      card: id,
      why: 'asked',
    });
    return { status: isGone ? 200 : 404 };
  }),
];

const stored = async (world: World, card: Canary) => {
  const { fingerprint } = (await newMethod(world, card)).card;
  const [row] = await world.sql(
    `select card_id from cards.payment_methods where details::text like '%' || $1 || '%' limit 1`,
    [fingerprint],
  );
  const id = String(row?.['card_id']) as Parameters<
    ReturnType<typeof vaultOf>['deleteCard']
  >[1]['card'];
  return { context: world.runtime.context, merchant: world.merchant, id };
};

export const paths: readonly Path[] = [
  ...taken,
  ...attached,
  ...tokens,
  ...sealedPaths,
  ...again,
  ...refused,
  ...misspelt,
  ...misplaced,
  ...inUrls,
  ...inHeaders,
  ...keyless,
  ...broken,
  ...inHouse,
];
