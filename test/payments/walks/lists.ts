// What lists, searches and traces say of payments is what is known of each, whichever way it is asked.

import type { Status } from './model.ts';
import type { Payment, Walk } from './walk.ts';

const PAGE = 7;

const idsOf = async (walk: Walk, seller: Payment['seller'], path: string): Promise<string[]> => {
  const { status, body, text } = await walk.get(seller, path, null);
  if (status !== 200) walk.disagree(null, `${path}: ${text}`);
  return (body.data as { id: string }[]).map(({ id }) => id);
};

/** All of a list, page by page. */
const forwards = async (walk: Walk, seller: Payment['seller'], path: string) => {
  const all: string[] = [];
  for (let from = ''; ; from = `&starting_after=${all.at(-1)}`) {
    const ids = await idsOf(walk, seller, `${path}limit=${PAGE}${from}`);
    if (ids.length === 0) return all;
    all.push(...ids);
  }
};

const backwards = async (walk: Walk, seller: Payment['seller'], path: string) => {
  const oldest = (await forwards(walk, seller, path)).slice(-1);
  for (const all = oldest; ; ) {
    if (all.length === 0) return all;
    const ids = await idsOf(walk, seller, `${path}limit=${PAGE}&ending_before=${all[0]}`);
    if (ids.length === 0) return all;
    all.unshift(...ids);
  }
};

const isSame = (one: readonly string[], other: readonly string[]): boolean =>
  one.join() === other.join();

/** Newest first, each once, and none of anybody else. */
export const lookAtLists = async (walk: Walk, payment: Payment): Promise<void> => {
  const { seller, order, person } = payment;
  const { random, payments } = walk;
  const own = payments.filter((each) => each.seller === seller).toReversed();
  const asks: readonly (readonly [path: string, of: readonly Payment[]])[] = [
    ['/v1/payment_intents?', own],
    ...(order === null
      ? []
      : ([
          [
            `/v1/payment_intents?order_reference=${order}&`,
            own.filter((each) => each.order === order),
          ],
        ] as const)),
    ...(person === null || person.isDeleted
      ? []
      : ([
          [
            `/v1/payment_intents?customer=${person.id}&`,
            own.filter((each) => each.person === person),
          ],
        ] as const)),
  ];
  const [path, expected] = random.pick(asks);
  const ids = expected.map(({ id }) => id);
  const read = random.chance(0.3) ? backwards : forwards;
  const listed = await read(walk, seller, path);
  if (!isSame(listed, ids)) {
    walk.disagree(payment, `${path} lists ${listed.join()} and not ${ids.join()}`);
  }
};

const statuses: readonly Status[] = [
  'succeeded',
  'canceled',
  'requires_capture',
  'requires_payment_method',
];

/** One that may be either is found, or is not. */
export const lookByQuery = async (walk: Walk, payment: Payment): Promise<void> => {
  const { seller, currency } = payment;
  const { random, payments, name } = walk;
  const own = payments.filter((each) => each.seller === seller);
  const status = random.pick(statuses);
  const least = 1_000 + random.below(900);
  const asks: readonly (readonly [query: string, fits: (each: Payment) => readonly boolean[]])[] = [
    [`status:'${status}'`, (each) => walk.now(each).map((story) => story.status === status)],
    [`amount>=${least}`, (each) => walk.now(each).map(({ amount }) => amount >= least)],
    [`currency:'${currency}'`, (each) => [each.currency === currency]],
    [
      `currency:'${currency}' AND status:'${status}'`,
      (each) =>
        walk.now(each).map((story) => each.currency === currency && story.status === status),
    ],
    [`metadata['walk']:'${name}'`, () => [true]],
  ];
  const [query, fits] = random.pick(asks);
  const before = own.map((each) => new Set(fits(each)));
  const found = new Set<string>();
  for (let page = ''; ; ) {
    const path = `/v1/payment_intents/search?limit=${PAGE}&query=${encodeURIComponent(query)}${page}`;
    const { status: http, body, text } = await walk.get(seller, path, payment);
    if (http !== 200) walk.disagree(payment, `${path}: ${text}`);
    for (const { id } of body.data as { id: string }[]) {
      if (found.has(id)) walk.disagree(payment, `${query} finds ${id} twice`);
      found.add(id);
    }
    if (body.has_more !== true) break;
    page = `&page=${encodeURIComponent(body.next_page)}`;
  }
  for (const [at, each] of own.entries()) {
    const may = before[at];
    if (may?.size !== 1 || may.has(found.has(each.id))) continue;
    walk.disagree(each, `${query} ${found.has(each.id) ? 'finds' : 'does not find'} it`);
  }
  const stray = [...found].find((id) => !own.some((each) => each.id === id));
  if (stray !== undefined) walk.disagree(payment, `${query} finds ${stray}`);
};

type Traced = {
  readonly status: string;
  readonly charges: readonly { readonly captured: number; readonly refunded: number }[];
  readonly operations: readonly {
    readonly kind: string;
    readonly state: string;
    readonly amount: number;
    readonly reference: string;
  }[];
  readonly timeline: readonly {
    readonly at_ms: number;
    readonly what: string;
    readonly details: Readonly<Record<string, unknown>>;
  }[];
};

export const traceOf = async (walk: Walk, payment: Payment): Promise<Traced> => {
  const path = `/v1/payment_intents/${payment.id}/trace`;
  const { status, body, text } = await walk.get(payment.seller, path, payment);
  if (status !== 200) walk.disagree(payment, `${path}: ${text}`);
  if (/(?:4000|4242|5555|3782)\d{9,}/.test(text)) walk.disagree(payment, `A card in ${text}`);
  return body as Traced;
};

/** Its story in order of time, with each operation once, and what it says was taken and given back. */
export const lookAtTrace = async (walk: Walk, payment: Payment): Promise<void> => {
  const { status, timeline, operations } = await traceOf(walk, payment);
  if (!walk.now(payment).some((story) => story.status === status)) {
    walk.disagree(payment, `Its trace says that it is ${status}`);
  }
  const times = timeline.map(({ at_ms }) => at_ms);
  if (times.some((at, n) => n > 0 && at < (times[n - 1] ?? 0))) {
    walk.disagree(payment, `Its trace is out of order: ${times.join()}`);
  }
  const count = (what: string): number => timeline.filter((each) => each.what === what).length;
  if (count('registered') !== 1 || count('operation.begun') !== operations.length) {
    walk.disagree(payment, `Its trace begins ${count('operation.begun')} of ${operations.length}`);
  }
};
