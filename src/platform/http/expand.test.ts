import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { ApiError } from './errors.ts';
import { createExpander } from './expand.ts';
import { type Load, neverFilled, type ResourceDefinition } from './resource.ts';
import type { Principal, Route } from './route.ts';
import { createMemoryStore, testContext, testKeys, testPrincipals, testScope } from './testing.ts';

const objects: Record<string, Record<string, unknown>> = {
  cus_1: {
    id: 'cus_1',
    object: 'customer',
    default_source: 'card_1',
    invoice_settings: { default_payment_method: 'pm_1', footer: null },
  },
  cus_gone: { id: 'cus_gone', object: 'customer', deleted: true },
  card_1: { id: 'card_1', object: 'card', customer: 'cus_1' },
  pm_1: { id: 'pm_1', object: 'payment_method', customer: 'cus_1' },
  ch_1: {
    id: 'ch_1',
    object: 'charge',
    customer: 'cus_1',
    balance_transaction: 'txn_1',
    refunded: false,
  },
  txn_1: { id: 'txn_1', object: 'balance_transaction', source: 'ch_1' },
  di_1: { id: 'di_1', object: 'discount', source: 'cus_1' },
};

let loads: string[];
const load =
  (kind: string): Load =>
  async (_context, _scope, ids) => {
    loads.push(`${kind}: ${ids.join(' ')}`);
    return new Map(
      ids.filter((id) => objects[id]?.['object'] === kind).map((id) => [id, objects[id]]),
    );
  };
const refundsOf: Load = async (_context, _scope, ids) => {
  loads.push(`refunds of: ${ids.join(' ')}`);
  return new Map(
    ids.map((id) => [
      id,
      {
        object: 'list',
        data: [{ id: 're_1', object: 'refund', charge: id }],
        has_more: false,
        url: '/r',
      },
    ]),
  );
};

const resources: readonly ResourceDefinition[] = [
  {
    object: 'customer',
    permission: 'customers',
    load: load('customer'),
    hashes: ['address', 'invoice_settings'],
    expandable: {
      default_source: { to: ['card', 'bank_account'] },
      'invoice_settings.default_payment_method': { to: ['payment_method'] },
    },
  },
  { object: 'card', load: load('card'), expandable: { customer: { to: ['customer'] } } },
  {
    object: 'payment_method',
    load: load('payment_method'),
    expandable: { customer: { to: ['customer'] } },
  },
  {
    object: 'charge',
    load: load('charge'),
    owns: (id) => id.startsWith('ch_'),
    expandable: {
      customer: { to: ['customer'] },
      balance_transaction: { to: ['balance_transaction'] },
      refunds: { include: refundsOf, of: ['refund'] },
      review: neverFilled,
    },
    removed: ['invoice'],
  },
  {
    object: 'refund',
    load: load('refund'),
    owns: (id) => id.startsWith('re_'),
    expandable: { charge: { to: ['charge'] }, invoice: { to: ['customer'] } },
  },
  {
    object: 'balance_transaction',
    load: load('balance_transaction'),
    expandable: { source: { to: ['charge', 'refund'] } },
  },
  {
    object: 'subscription',
    expandable: { items: { inside: ['subscription_item'] }, discounts: { to: ['discount'] } },
  },
  { object: 'subscription_item', expandable: { 'price.product': { to: ['customer'] } } },
  { object: 'discount', load: load('discount') },
];

const expander = createExpander(resources);
const context = testContext(createMemoryStore().database);
const secret = testPrincipals.get(testKeys.secret)!;

const expand = (object: string, body: unknown, paths: string[], related = {}) =>
  expander.expand(context, { scope: testScope, body, object, paths, related });

beforeEach(() => {
  loads = [];
});

describe('an answer', () => {
  test('has an id replaced by the object, in its place', async () => {
    const body = objects['ch_1'];
    const expanded = (await expand('charge', body, ['customer'])) as Record<string, unknown>;
    assert.deepEqual(expanded['customer'], objects['cus_1']);
    assert.deepEqual(Object.keys(expanded), Object.keys(body!));
    assert.equal(body!['customer'], 'cus_1', 'what the handler gave stays as it is');
  });

  test('has every segment on the way expanded', async () => {
    const expanded = await expand('charge', objects['ch_1'], [
      'balance_transaction.source.customer',
    ]);
    assert.deepEqual(expanded, {
      ...objects['ch_1'],
      balance_transaction: {
        ...objects['txn_1'],
        source: { ...objects['ch_1'], customer: objects['cus_1'] },
      },
    });
  });

  test('has fields inside a hash expanded', async () => {
    const expanded = await expand('customer', objects['cus_1'], [
      'invoice_settings.default_payment_method',
    ]);
    assert.deepEqual(expanded, {
      ...objects['cus_1'],
      invoice_settings: { default_payment_method: objects['pm_1'], footer: null },
    });
  });

  test('that is asked for a hash of its own is as it would be unasked', async () => {
    const body = { ...objects['cus_1'], address: { city: 'Bonn' } };
    assert.deepEqual(await expand('customer', body, ['address', 'address.city', 'shipping']), body);
    assert.deepEqual(
      await expand('charge', objects['ch_1'], ['customer.invoice_settings', 'customer']),
      { ...objects['ch_1'], customer: objects['cus_1'] },
    );
    assert.deepEqual(loads, ['customer: cus_1']);
  });

  test('has nothing loaded below a hash but by a rule, whatever the hash says it is', async () => {
    for (const address of [objects['card_1'], [objects['card_1']], { inner: objects['card_1'] }]) {
      const body = { ...objects['cus_1'], address };
      assert.deepEqual(
        await expand('customer', body, ['address.customer', 'address.inner.customer']),
        body,
      );
    }
    assert.deepEqual(loads, []);
  });

  test('that is a list has its items expanded, each id loaded once', async () => {
    const body = {
      object: 'list',
      data: Array(50).fill(objects['ch_1']),
      has_more: false,
      url: '/c',
    };
    const expanded = (await expand('charge', body, [
      'data.customer',
      'data.balance_transaction',
    ])) as { data: { customer: unknown }[] };
    assert.equal(expanded.data.length, 50);
    assert.deepEqual(expanded.data[49]!.customer, objects['cus_1']);
    assert.deepEqual(loads.toSorted(), ['balance_transaction: txn_1', 'customer: cus_1']);
  });

  test('keeps null as null, and an id that leads nowhere as it is', async () => {
    const body = { ...objects['ch_1'], customer: null, balance_transaction: 'txn_9' };
    assert.deepEqual(await expand('charge', body, ['customer', 'balance_transaction']), body);
  });

  test('shows a deleted object in its deleted form', async () => {
    const expanded = await expand('charge', { object: 'charge', customer: 'cus_gone' }, [
      'customer',
    ]);
    assert.deepEqual(expanded, { object: 'charge', customer: objects['cus_gone'] });
  });

  test('takes related objects before loading', async () => {
    const fresh = { id: 'cus_new', object: 'customer' };
    const body = { object: 'charge', customer: 'cus_new' };
    assert.deepEqual(await expand('charge', body, ['customer'], { cus_new: fresh }), {
      ...body,
      customer: fresh,
    });
    assert.deepEqual(loads, []);
  });

  test('gets an includable field, and what lies below it', async () => {
    const expanded = (await expand('charge', objects['ch_1'], ['refunds.data.charge'])) as {
      refunds: { data: { charge: unknown }[] };
    };
    assert.deepEqual(expanded.refunds.data[0]!.charge, objects['ch_1']);
    assert.deepEqual(loads, ['refunds of: ch_1', 'charge: ch_1']);
  });

  test('has a list of ids and an inline list expanded', async () => {
    const body = {
      object: 'subscription',
      discounts: ['di_1', { id: 'di_2', object: 'discount' }],
      items: {
        object: 'list',
        data: [
          { id: 'si_1', object: 'subscription_item', price: { object: 'price', product: 'x' } },
        ],
      },
    };
    const expanded = (await expand('subscription', body, [
      'discounts',
      'items.data',
    ])) as typeof body;
    assert.deepEqual(expanded.discounts, [objects['di_1'], { id: 'di_2', object: 'discount' }]);
    assert.deepEqual(expanded.items, body.items);
  });

  test('asks only those kinds that can own the id', async () => {
    await expand('balance_transaction', objects['txn_1'], ['source']);
    assert.deepEqual(loads, ['charge: ch_1']);
  });
});

const route = (object: string, more: Partial<Route> = {}) =>
  ({ object, path: '/v1/x', ...more }) as Route;
const check = (path: string, on: Route, principal: Principal = secret) =>
  expander.check([path], on, principal);

describe('a path', () => {
  const accepted: readonly [path: string, route: Route][] = [
    ['customer', route('charge')],
    ['balance_transaction.source', route('charge')],
    ['refunds', route('charge')],
    ['refunds.data.charge', route('charge')],
    ['invoice', route('charge')],
    ['invoice.payment_intent', route('charge')],
    ['balance_transaction.source.invoice.x', route('charge')],
    ['review', route('charge')],
    ['review.charge.x', route('charge')],
    ['data.review.charge', route('charge', { list: true })],
    ['invoice_settings.default_payment_method', route('customer')],
    ['invoice_settings', route('customer')],
    ['address', route('customer')],
    ['address.city', route('customer')],
    ['customer.address', route('charge')],
    ['data.customer.address', route('charge', { list: true })],
    ['refunds.data.charge.customer', route('charge')],
    ['items', route('subscription')],
    ['items.data', route('subscription')],
    ['data', route('charge', { list: true })],
    ['data.customer', route('charge', { list: true })],
    ['data.balance_transaction.source.customer', route('charge', { list: true })],
    ['total_count', route('charge', { list: true, path: '/v1/charges/search' })],
  ];
  for (const [path, on] of accepted) test(`${path} is accepted`, () => check(path, on));

  const refused: readonly [path: string, route: Route, message: string][] = [
    ['nothing', route('charge'), 'This property cannot be expanded (nothing).'],
    ['refunded', route('charge'), 'This property cannot be expanded (refunded).'],
    ['customer.name', route('charge'), 'This property cannot be expanded (customer.name).'],
    ['metadata', route('customer'), 'This property cannot be expanded (metadata).'],
    [
      'address',
      route('customer', { list: true }),
      "This property cannot be expanded (address). You may want to try expanding 'data.address' instead.",
    ],
    ['', route('charge'), 'This property cannot be expanded ().'],
    [
      'customer',
      route('charge', { list: true }),
      "This property cannot be expanded (customer). You may want to try expanding 'data.customer' instead.",
    ],
    ['nothing', route('charge', { list: true }), 'This property cannot be expanded (nothing).'],
    [
      'data.nothing',
      route('charge', { list: true }),
      'This property cannot be expanded (data.nothing).',
    ],
    [
      'total_count',
      route('charge', { list: true }),
      'This property cannot be included (total_count)',
    ],
    [
      'a.b.c.d.e',
      route('charge'),
      'You cannot expand more than 4 levels of a property. Property: a.b.c.d.e',
    ],
    ['data', route('charge'), 'This property cannot be expanded (data).'],
    ['customer.data', route('charge'), 'This property cannot be expanded (customer.data).'],
    ['constructor', route('charge'), 'This property cannot be expanded (constructor).'],
  ];
  for (const [path, on, message] of refused) {
    test(`${path} is refused ${on.list ? 'on a list' : ''}`, () => {
      assert.throws(
        () => check(path, on),
        (error) => error instanceof ApiError && error.status === 400 && error.message === message,
      );
    });
  }

  test('needs a permission for what it shows', () => {
    const restricted = {
      ...testPrincipals.get(testKeys.restricted)!,
      permissions: { charges: 'read' },
    } as const;
    assert.throws(
      () => check('customer', route('charge'), restricted),
      /'customers_read' permission/,
    );
    check('customer', route('charge'), { ...restricted, permissions: { customers: 'read' } });
    // A charge has it no more, and a refund has one.
    assert.throws(
      () => check('source.invoice', route('balance_transaction'), restricted),
      /'customers_read' permission/,
    );
  });

  test('is refused for a publishable key unless the route names it', () => {
    const publishable = testPrincipals.get(testKeys.publishable)!;
    assert.throws(() => check('customer', route('charge'), publishable), /cannot be expanded/);
    check('customer', route('charge', { publishableExpand: ['customer'] }), publishable);
  });
});
