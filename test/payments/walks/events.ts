// What the world was told: of each object a chain without a hole, whose end is what the object is.

import { isDeepStrictEqual } from 'node:util';
import type { Seller } from './town.ts';
import type { Payment, Walk } from './walk.ts';

type Shown = Readonly<Record<string, unknown>>;
type Told = {
  readonly id: string;
  readonly type: string;
  readonly data: { readonly object: Shown; readonly previous_attributes?: Shown };
};

/** What changes without an event of its object: by an update, or with another object that is told of. */
const silent: Readonly<Record<string, ReadonlySet<string>>> = {
  payment_intent: new Set([
    'metadata',
    'description',
    'amount',
    'status',
    'payment_method',
    'next_action',
    'last_payment_error',
    'latest_charge',
    'canceled_at',
    'cancellation_reason',
    'amount_capturable',
    'amount_received',
    'processing',
  ]),
  charge: new Set(['disputed', 'amount_refunded', 'refunded', 'amount', 'payment_method_details']),
  refund: new Set(),
  dispute: new Set([
    'evidence_details',
    'balance_transactions',
    'is_charge_refundable',
    'status',
    'network_reason_code',
    'payment_method_details',
    'evidence',
  ]),
};

const readAll = async (walk: Walk, seller: Seller): Promise<readonly Told[]> => {
  const all: Told[] = [];
  for (let after = ''; ; ) {
    const { body } = await walk.get(seller, `/v1/events?limit=100${after}`, null);
    all.push(...body.data);
    if (!body.has_more) return all.toReversed();
    after = `&starting_after=${body.data.at(-1).id}`;
  }
};

export const assertTold = async (walk: Walk): Promise<void> => {
  for (const seller of walk.sellers) {
    const told = await readAll(walk, seller);
    const byObject = Map.groupBy(told, ({ data }) => String(data.object['id']));
    for (const payment of walk.payments.filter((each) => each.seller === seller)) {
      await judge(walk, payment, byObject);
    }
  }
};

const judge = async (
  walk: Walk,
  payment: Payment,
  byObject: ReadonlyMap<string, readonly Told[]>,
): Promise<void> => {
  const { id, charges, refunds, disputes } = payment;
  const paths = [
    [id, `/v1/payment_intents/${id}`],
    ...charges.map((charge) => [charge, `/v1/charges/${charge}`]),
    ...[...refunds.keys()].map((refund) => [refund, `/v1/refunds/${refund}`]),
    ...[...disputes.keys()].map((dispute) => [dispute, `/v1/disputes/${dispute}`]),
  ] as const;
  for (const [object = '', path = ''] of paths) {
    const { body } = await walk.get(payment.seller, path, payment);
    judgeChain(walk, payment, byObject.get(object) ?? [], body);
  }
};

const judgeChain = (walk: Walk, payment: Payment, events: readonly Told[], now: Shown): void => {
  const kind = String(now['object']);
  const mayChange = silent[kind] ?? new Set();
  const types = events.map(({ type }) => type);
  const wrong = (says: string): never =>
    walk.disagree(payment, `${String(now['id'])} ${says}: ${types.join(', ')}`);
  const count = (type: string): number => types.filter((each) => each === type).length;

  for (const [type, times] of expectedOf(kind, now)) {
    if (count(type) !== times) wrong(`has ${count(type)} ${type}, not ${times}`);
  }
  let before: Shown | undefined;
  for (const { type, data } of events) {
    const { object, previous_attributes: previous } = data;
    const was = previous === undefined ? undefined : undone(object, previous);
    const known = before;
    before = object;
    if (known === undefined) continue;
    if (was === undefined) continue;
    for (const name of differing(known, was)) {
      const isTold = Object.hasOwn(previous ?? {}, name);
      if (!isTold && mayChange.has(name)) continue;
      wrong(
        `says of ${name} in ${type} that it was ${JSON.stringify(was[name])}, and told ${JSON.stringify(known[name])} before`,
      );
    }
  }
  if (before === undefined) return;
  for (const name of differing(before, now)) {
    if (mayChange.has(name)) continue;
    wrong(
      `is shown with another ${name} than was told last: ${JSON.stringify(before[name])}, ${JSON.stringify(now[name])}`,
    );
  }
};

/** How often each kind of event has to be there. */
const expectedOf = (kind: string, now: Shown): readonly (readonly [string, number])[] => {
  const status = String(now['status']);
  const once = (holds: boolean): number => (holds ? 1 : 0);
  switch (kind) {
    case 'payment_intent':
      return [
        ['payment_intent.created', 1],
        ['payment_intent.succeeded', once(status === 'succeeded')],
        ['payment_intent.canceled', once(status === 'canceled')],
      ];
    case 'charge':
      return [
        ['charge.succeeded', once(status === 'succeeded')],
        ['charge.failed', once(status === 'failed')],
      ];
    case 'refund':
      return [
        ['refund.created', 1],
        ['refund.failed', once(status === 'failed')],
      ];
    case 'dispute':
      return [['charge.dispute.created', 1]];
    default:
      return [];
  }
};

const differing = (one: Shown, other: Shown): readonly string[] =>
  [...new Set([...Object.keys(one), ...Object.keys(other)])].filter(
    (name) => !isDeepStrictEqual(one[name], other[name]),
  );

/** As it was, by what an event says of it; nested like the object. */
const undone = (object: Shown, previous: Shown): Shown =>
  Object.fromEntries(
    [...new Set([...Object.keys(object), ...Object.keys(previous)])].map((name) => {
      if (!Object.hasOwn(previous, name)) return [name, object[name]];
      const [now, was] = [object[name], previous[name]];
      return [name, isPlain(now) && isPlain(was) ? undone(now, was) : was];
    }),
  );

const isPlain = (value: unknown): value is Shown =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
