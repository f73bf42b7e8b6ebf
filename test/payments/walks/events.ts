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

type MayChange = (to: unknown, from: unknown) => boolean;
const freely: MayChange = () => true;
const deadlineOf = (details: unknown): unknown =>
  (details as { readonly card?: { readonly capture_before?: number | null } }).card
    ?.capture_before ?? null;

/** What changes without an event of its object: by an update, by a clock, or with another object that is told of. */
const silent: Readonly<Record<string, Readonly<Record<string, MayChange>>>> = {
  payment_intent: {
    metadata: freely,
    description: freely,
    amount: freely,
    payment_method: freely,
    next_action: (to) => to === null,
    // Another amount takes the question back.
    status: (to) => to === 'requires_confirmation',
  },
  charge: {
    disputed: freely,
    // Raised with its payment.
    amount: freely,
    payment_method_details: freely,
    // What was given back in vain is the merchant's again.
    amount_refunded: (to, from) => Number(to) < Number(from),
    refunded: (to) => to === false,
  },
  dispute: { evidence_details: freely },
};

/** Until when a charge may be captured ends by cancelling, which no event of the charge tells, or with an event that does. */
const isDeadlineKept = (name: string, was: Shown, earlier: Shown): boolean =>
  name !== 'payment_method_details' || deadlineOf(was[name]) === deadlineOf(earlier[name]);

/** Which have to say what was before. */
const changes = new Set([
  'payment_intent.amount_capturable_updated',
  'charge.captured',
  'charge.refunded',
  'charge.updated',
  'refund.updated',
  'charge.refund.updated',
  'charge.dispute.updated',
  'charge.dispute.closed',
]);

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
  judgeCounts(walk, payment, (type, of) =>
    of
      .flatMap((object) => byObject.get(object) ?? [])
      .reduce((sum, told) => (told.type === type ? sum + 1 : sum), 0),
  );
};

/** Each thing that happened to it was told, and nothing else. */
const judgeCounts = (
  walk: Walk,
  payment: Payment,
  count: (type: string, of: readonly string[]) => number,
): void => {
  const { id, charges, refunds, stories } = payment;
  const updates = count('payment_intent.amount_capturable_updated', [id]);
  const failures = count('payment_intent.payment_failed', [id]);
  const parts = count('charge.updated', charges);
  const isTold = stories.some(
    (story) => story.updates === updates && story.failures === failures && story.parts === parts,
  );
  if (!isTold) {
    walk.disagree(
      payment,
      `${updates} updates of what is held, ${failures} failures and ${parts} parts were told`,
    );
  }
  const given = count('charge.refunded', charges);
  const arrived = [...refunds.values()].filter(({ status }) => status !== 'failed').length;
  const isReceived = stories.some(({ received }) => received > 0);
  if (isReceived && (given < arrived || given > refunds.size)) {
    walk.disagree(payment, `${given} charge.refunded were told`);
  }
};

const judgeChain = (walk: Walk, payment: Payment, events: readonly Told[], now: Shown): void => {
  const kind = String(now['object']);
  const mayChange = (name: string, to: Shown, from: Shown): boolean =>
    silent[kind]?.[name]?.(to[name], from[name]) ?? false;
  const types = events.map(({ type }) => type);
  const wrong = (says: string): never =>
    walk.disagree(payment, `${String(now['id'])} ${says}: ${types.join(', ')}`);
  const count = (type: string): number => types.filter((each) => each === type).length;

  for (const [type, times] of expectedOf(kind, now)) {
    if (count(type) !== times) wrong(`has ${count(type)} ${type}, not ${times}`);
  }
  let before: Shown | undefined;
  // Before the change that was told last: several events may tell of the same one.
  let earlier: Shown | undefined;
  for (const { type, data } of events) {
    const { object, previous_attributes: previous } = data;
    if (previous === undefined && changes.has(type)) wrong(`says nothing of before in ${type}`);
    if (before === undefined || !isDeepStrictEqual(before, object)) {
      earlier = before;
      before = object;
    }
    if (earlier === undefined || previous === undefined) continue;
    const was = undone(object, previous);
    for (const name of differing(earlier, was)) {
      if (mayChange(name, was, earlier) && isDeadlineKept(name, was, earlier)) continue;
      wrong(
        `says of ${name} in ${type} that it was ${JSON.stringify(was[name])}, and told ${JSON.stringify(earlier[name])} before`,
      );
    }
  }
  if (before === undefined) return;
  for (const name of differing(before, now)) {
    if (mayChange(name, now, before)) continue;
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
    (name) => !isDeepStrictEqual(withoutNulls(one[name]), withoutNulls(other[name])),
  );

/** Absent is null, however deep: what was not there before is said to have been null. */
const withoutNulls = (value: unknown): unknown =>
  isPlain(value)
    ? Object.fromEntries(
        Object.entries(value).flatMap(([name, each]) =>
          each === null ? [] : [[name, withoutNulls(each)]],
        ),
      )
    : (value ?? null);

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
