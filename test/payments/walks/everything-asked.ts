// Of what a merchant has: every filter of every list, every field of every search, and what each has to find.

import { isFull } from '../../support/full.ts';
import type { Everything, List, Search, Shown } from './everything.ts';
import type { Walk } from './walk.ts';

/** Of many values for one filter some are enough, but on the long runs. */
const SOME = isFull ? 100 : 3;

type Holds = (each: Shown) => boolean;
type Clause = { readonly text: string; readonly holds: Holds };

/** Different ones, in no order. */
const some = ({ random }: Walk, of: readonly unknown[], most = SOME): readonly string[] => {
  const left = [...new Set(of.filter((each) => typeof each === 'string'))];
  const drawn: string[] = [];
  while (left.length > 0 && drawn.length < most) {
    drawn.push(...left.splice(random.below(left.length), 1));
  }
  return drawn;
};

const column = (of: readonly Shown[], name: string): readonly unknown[] =>
  of.map((each) => each[name]);

/** A moment at which something was made, and what lies on either side of it. */
const byTime = ({ random }: Walk, path: string, of: readonly Shown[]): readonly List[] => {
  if (of.length === 0) return [];
  const at = Number(random.pick(of)['created']);
  const until = at + random.below(200_000);
  const asks: readonly (readonly [string, (made: number) => boolean])[] = [
    [`created[gte]=${at}`, (made) => made >= at],
    [`created[gt]=${at}`, (made) => made > at],
    [`created[lte]=${at}`, (made) => made <= at],
    [`created[lt]=${at}`, (made) => made < at],
    [`created=${at}`, (made) => made === at],
    [`created[gte]=${at}&created[lt]=${until}`, (made) => made >= at && made < until],
  ];
  return asks.map(([asked, holds]) => ({
    path: `${path}${path.includes('?') ? '&' : '?'}${asked}`,
    of: of.filter((each) => holds(each['created'])),
  }));
};

export const listsOf = (walk: Walk, all: Everything): readonly List[] => {
  /** All of one kind, then with each filter, and with a filter and a time. */
  const lists = (
    path: string,
    of: readonly Shown[],
    filters: readonly (readonly [
      name: string,
      values: readonly unknown[],
      holds?: (each: Shown, value: string) => boolean,
    ])[],
  ): readonly List[] => [
    { path, of },
    ...byTime(walk, path, of),
    ...filters.flatMap(([name, values, holds = (each, value) => each[name] === value]) => {
      const filtered = some(walk, values).map((value) => ({
        path: `${path}?${name}=${value}`,
        of: of.filter((each) => holds(each, value)),
      }));
      return [
        ...filtered,
        ...filtered.slice(0, 1).flatMap((each) => byTime(walk, each.path, each.of).slice(0, 1)),
      ];
    }),
  ];
  const customers = column(all.customers, 'id');
  const intents = column(all.intents, 'id');
  const charges = column(all.charges, 'id');
  const { transactions, events } = all;
  const ofTransactions = [
    ['type', [...column(transactions, 'type'), 'payout']],
    ['currency', [...column(transactions, 'currency'), 'nok']],
    ['source', [...charges, ...column(all.refunds, 'id'), ...column(all.disputes, 'id')]],
  ] as const;
  const types = column(events, 'type');
  const [one = 'charge.failed', other = 'charge.expired'] = some(walk, types, 2);
  const begins =
    (stem: string): Holds =>
    (each) =>
      String(each['type']).startsWith(stem);
  return [
    ...lists('/v1/payment_intents', all.intents, [
      ['customer', customers],
      ['order_reference', [...column(all.intents, 'order_reference'), 'of-nobody']],
    ]),
    ...lists('/v1/charges', all.charges, [
      ['customer', customers],
      ['payment_intent', intents],
      ['transfer_group', [...column(all.charges, 'transfer_group'), 'of-nobody']],
    ]),
    ...lists('/v1/refunds', all.refunds, [
      ['charge', charges],
      ['payment_intent', intents],
    ]),
    ...some(walk, column(all.refunds, 'charge')).map((charge) => ({
      path: `/v1/charges/${charge}/refunds`,
      of: all.refunds.filter((each) => each['charge'] === charge),
    })),
    ...lists('/v1/disputes', all.disputes, [
      ['charge', [...column(all.disputes, 'charge'), ...some(walk, charges, 1)]],
      ['payment_intent', [...column(all.disputes, 'payment_intent'), ...some(walk, intents, 1)]],
    ]),
    ...lists('/v1/setup_intents', all.setups, [
      ['customer', customers],
      ['payment_method', [...column(all.setups, 'payment_method'), ...column(all.methods, 'id')]],
    ]),
    ...lists('/v1/customers', all.customers, [
      ['email', [...column(all.customers, 'email'), 'nobody@example.com']],
    ]),
    ...some(walk, customers).flatMap((customer) => {
      const of = all.methods.filter((each) => each['customer'] === customer);
      return [
        { path: `/v1/payment_methods?customer=${customer}`, of },
        { path: `/v1/payment_methods?customer=${customer}&type=card`, of },
        { path: `/v1/payment_methods?customer=${customer}&type=ideal`, of: [] },
        { path: `/v1/customers/${customer}/payment_methods`, of },
      ];
    }),
    ...lists('/v1/balance_transactions', transactions, ofTransactions),
    ...lists('/v1/balance/history', transactions, ofTransactions).slice(0, 4),
    ...lists('/v1/events', events, [['type', types]]),
    ...['payment_intent.', 'charge.', 'refund.'].map((stem) => ({
      path: `/v1/events?type=${stem}*`,
      of: events.filter(begins(stem)),
    })),
    {
      path: `/v1/events?types[]=${one}&types[]=${other}`,
      of: events.filter(({ type }) => type === one || type === other),
    },
    // There is nobody to tell.
    { path: '/v1/events?delivery_success=true', of: events },
    { path: '/v1/events?delivery_success=false', of: [] },
  ];
};

const is = (field: string, value: string, holds: Holds): Clause => ({
  text: `${field}:'${value}'`,
  holds,
});

const not = ({ text, holds }: Clause): Clause => ({
  text: text.startsWith('-') ? text.slice(1) : `-${text}`,
  holds: (each) => !holds(each),
});

const nested = (each: Shown, path: string): unknown =>
  path.split('.').reduce<unknown>((at, name) => (at as Shown | null | undefined)?.[name], each);

/** Each value that there is, or one that is nowhere. */
const tokens = (
  walk: Walk,
  of: readonly Shown[],
  path: string,
  nowhere: string,
): readonly Clause[] =>
  [
    ...some(
      walk,
      of.map((each) => nested(each, path)),
    ),
    nowhere,
  ].map((value) =>
    is(path, value, (each) => String(nested(each, path)).toLowerCase() === value.toLowerCase()),
  );

const numbers = ({ random }: Walk, of: readonly Shown[], path: string): readonly Clause[] => {
  const known = of.map((each) => nested(each, path)).filter((each) => typeof each === 'number');
  if (known.length === 0) return [];
  const value = random.pick(known);
  const at = (each: Shown): number => Number(nested(each, path) ?? Number.NaN);
  return [
    { text: `${path}:${value}`, holds: (each) => at(each) === value },
    { text: `${path}>${value}`, holds: (each) => at(each) > value },
    { text: `${path}>=${value}`, holds: (each) => at(each) >= value },
    { text: `${path}<${value}`, holds: (each) => at(each) < value },
    { text: `${path}<=${value}`, holds: (each) => at(each) <= value },
  ];
};

const metadata = (walk: Walk, of: readonly Shown[]): readonly Clause[] => {
  const notes = some(
    walk,
    of.map((each) => nested(each, 'metadata.note')),
  );
  const has = (key: string, value: string): Clause =>
    is(`metadata['${key}']`, value, (each) => nested(each, `metadata.${key}`) === value);
  return [
    has('walk', walk.name),
    has('walk', `${walk.name}-not`),
    ...notes.map((note) => has('note', note)),
    // What has none is not that one.
    not(has('note', notes[0] ?? 'n0')),
    { text: `metadata['note']:null`, holds: (each) => nested(each, 'metadata.note') === undefined },
  ];
};

const statuses = {
  intents: [
    'requires_payment_method',
    'requires_confirmation',
    'requires_action',
    'processing',
    'requires_capture',
    'canceled',
    'succeeded',
  ],
  charges: ['pending', 'succeeded', 'failed'],
} as const;

const byStatus = (of: readonly string[]): readonly Clause[] =>
  of.map((status) => is('status', status, (each) => each['status'] === status));

const COMBINED = isFull ? 12 : 4;

const searches = (
  walk: Walk,
  path: string,
  of: readonly Shown[],
  single: readonly Clause[],
): readonly Search[] => {
  const { random } = walk;
  const combined = Array.from({ length: COMBINED }, (): Clause => {
    const clauses = Array.from({ length: 2 + random.below(2) }, () => {
      const clause = random.pick(single);
      return random.chance(0.2) ? not(clause) : clause;
    });
    const isAnd = random.chance(0.6);
    return {
      text: clauses.map(({ text }) => text).join(isAnd ? ' AND ' : ' OR '),
      holds: (each) =>
        isAnd
          ? clauses.every(({ holds }) => holds(each))
          : clauses.some(({ holds }) => holds(each)),
    };
  });
  return [...single, ...combined].map(({ text, holds }) => ({
    path,
    query: text,
    of: of.filter(holds),
  }));
};

/** What is given back of it, in the words of the search: nothing is neither. */
const isRefunded = (each: Shown): boolean | null => {
  const { amount_captured: captured, amount_refunded: refunded } = each;
  return captured > 0 && refunded === captured ? true : refunded > 0 ? false : null;
};

export const searchesOf = (walk: Walk, all: Everything): readonly Search[] => {
  const { intents, charges, customers } = all;
  const whose = [...column(customers, 'id'), ...all.deleted];
  const byCustomer = some(walk, whose).map((id) =>
    is('customer', id, (each) => each['customer'] === id),
  );
  const card = 'payment_method_details.card';
  return [
    ...searches(walk, '/v1/payment_intents/search', intents, [
      ...byStatus(statuses.intents),
      ...numbers(walk, intents, 'amount'),
      ...numbers(walk, intents, 'created'),
      ...tokens(walk, intents, 'currency', 'nok'),
      ...byCustomer,
      ...metadata(walk, intents),
    ]),
    ...searches(walk, '/v1/charges/search', charges, [
      ...byStatus(statuses.charges),
      ...numbers(walk, charges, 'amount'),
      ...numbers(walk, charges, 'created'),
      ...numbers(walk, charges, `${card}.exp_month`),
      ...numbers(walk, charges, `${card}.exp_year`),
      ...tokens(walk, charges, 'currency', 'nok'),
      ...tokens(walk, charges, `${card}.brand`, 'jcb'),
      ...tokens(walk, charges, `${card}.last4`, '0001'),
      ...tokens(walk, charges, `${card}.fingerprint`, 'nobodys'),
      ...byCustomer,
      ...metadata(walk, charges),
      ...['true', 'false'].flatMap((value) => [
        is('disputed', value, (each) => String(each['disputed']) === value),
        is('refunded', value, (each) => String(isRefunded(each)) === value),
      ]),
    ]),
    ...searches(walk, '/v1/customers/search', customers, [
      ...numbers(walk, customers, 'created'),
      ...tokens(walk, customers, 'email', 'nobody@example.com'),
      ...metadata(walk, customers),
      is('name', 'Jenny', (each) => each['name'] === 'Jenny'),
      { text: `name~'enn'`, holds: (each) => String(each['name']).includes('enn') },
    ]),
  ];
};
