// When a walk is over, every list and search that there is of payments is asked, page by page, forth and back, and
// held against what the walk knows: which objects there are, and what each is when it is read by its own name.

import { isDeepStrictEqual } from 'node:util';
import { isFull } from '../../support/full.ts';
import { listsOf, searchesOf } from './everything-asked.ts';
import type { Seller } from './town.ts';
import type { Walk } from './walk.ts';

// oxlint-disable-next-line typescript/no-explicit-any -- a walk reads what it expects
export type Shown = Readonly<Record<string, any>>;

/** All that a merchant has, of each kind, newest first. */
export type Everything = {
  readonly intents: readonly Shown[];
  readonly charges: readonly Shown[];
  readonly refunds: readonly Shown[];
  readonly disputes: readonly Shown[];
  readonly setups: readonly Shown[];
  readonly customers: readonly Shown[];
  readonly deleted: readonly string[];
  readonly methods: readonly Shown[];
  readonly transactions: readonly Shown[];
  readonly events: readonly Shown[];
};

/** What is asked, and what has to be answered, in order. */
export type List = { readonly path: string; readonly of: readonly Shown[] };
export type Search = {
  readonly path: string;
  readonly query: string;
  readonly of: readonly Shown[];
};

const AT_ONCE = 8;
const isLong = isFull || process.env['TEST_SEED'] !== undefined;

export const judgeEverything = async (walk: Walk): Promise<void> => {
  for (const seller of walk.sellers) {
    const all = await everythingOf(walk, seller);
    judgeKnown(walk, all);
    await inBatches(drawn(walk, listsOf(walk, all)), (list) => judgeList(walk, seller, list));
    await inBatches(drawn(walk, searchesOf(walk, all)), (search) =>
      judgeSearch(walk, seller, search),
    );
    for (const id of all.deleted) await judgeDeleted(walk, seller, id);
    for (const { id } of all.setups) await judgeAttempts(walk, seller, id);
  }
};

/** For every commit a part of them, and all on the long runs and where a seed is named. */
const drawn = <T>({ random }: Walk, of: readonly T[]): readonly T[] =>
  isLong ? of : of.filter(() => random.chance(0.3));

const inBatches = async <T>(of: readonly T[], work: (each: T) => Promise<void>): Promise<void> => {
  for (let from = 0; from < of.length; from += AT_ONCE) {
    await Promise.all(of.slice(from, from + AT_ONCE).map(work));
  }
};

const everythingOf = async (walk: Walk, seller: Seller): Promise<Everything> => {
  const read = async (path: string): Promise<Shown> => {
    const { status, body, text } = await walk.get(seller, path, null);
    return status === 200 ? body : walk.disagree(null, `${path}: ${text}`);
  };
  /** Ids begin with the moment they were made at. */
  const readAll = async (folder: string, ids: Iterable<string>): Promise<readonly Shown[]> => {
    const all: Shown[] = [];
    await inBatches([...new Set(ids)].toSorted().toReversed(), async (id) => {
      all.push(await read(`/v1/${folder}/${id}`));
    });
    return all.toSorted((a, b) => (a['id'] < b['id'] ? 1 : -1));
  };
  const readList = async (path: string): Promise<readonly Shown[]> => {
    const all: Shown[] = [];
    for (let after = ''; ; after = `&starting_after=${all.at(-1)?.['id']}`) {
      const { data, has_more: hasMore } = await read(`${path}?limit=100${after}`);
      all.push(...data);
      if (hasMore !== true) return all;
    }
  };
  const own = walk.payments.filter((each) => each.seller === seller);
  const people = walk.people.filter((each) => each.seller === seller);
  const events = await readList('/v1/events');
  const charges = new Set(own.flatMap((each) => each.charges));
  // Each that was told of, and each that its payment explains itself by.
  for (const { data } of events) if (data.object.object === 'charge') charges.add(data.object.id);
  for (const { id } of own) {
    const trace = await read(`/v1/payment_intents/${id}/trace`);
    for (const charge of trace['charges'] as Shown[]) charges.add(charge['id']);
  }
  return {
    intents: await readAll(
      'payment_intents',
      own.map(({ id }) => id),
    ),
    charges: await readAll('charges', charges),
    refunds: await readAll(
      'refunds',
      own.flatMap(({ refunds }) => [...refunds.keys()]),
    ),
    disputes: await readAll(
      'disputes',
      own.flatMap(({ disputes }) => [...disputes.keys()]),
    ),
    setups: await readAll(
      'setup_intents',
      people.flatMap(({ setups }) => setups),
    ),
    customers: await readAll(
      'customers',
      people.flatMap((each) => (each.isDeleted ? [] : each.id)),
    ),
    deleted: people.flatMap((each) => (each.isDeleted ? each.id : [])),
    methods: await readAll(
      'payment_methods',
      people.flatMap(({ cards }) => cards.map(({ id }) => id)),
    ),
    transactions: await readList('/v1/balance_transactions'),
    events,
  };
};

/** By its own name each is what the walk knows of it. */
const judgeKnown = (walk: Walk, all: Everything): void => {
  for (const shown of all.intents) {
    const payment = walk.payments.find(({ id }) => id === shown['id']);
    const known = {
      currency: payment?.currency,
      customer: payment?.person?.id ?? null,
      order: payment?.order ?? undefined,
      walk: walk.name,
    };
    const { currency, customer, order_reference: order, metadata } = shown;
    const told = { currency, customer, order, walk: metadata.walk };
    if (!isDeepStrictEqual(told, known)) {
      walk.disagree(payment ?? null, `It is of ${JSON.stringify(told)}`);
    }
  }
  for (const method of all.methods) {
    const person = walk.people.find(({ cards }) => cards.some(({ id }) => id === method['id']));
    const saved = person?.cards.find(({ id }) => id === method['id']);
    const owner = saved?.state === 'attached' ? person?.id : null;
    if (method['customer'] !== owner) {
      walk.disagree(null, `${method['id']}, ${saved?.state}, is of ${method['customer']}`);
    }
  }
};

const PAGE_MAX = isFull ? 9 : 20;

/** Forth to the end, and back from each page to the one before it. */
const judgeList = async (walk: Walk, seller: Seller, { path, of }: List): Promise<void> => {
  const limit = 1 + walk.random.below(PAGE_MAX);
  const wanted = path.includes('?') ? `${path}&` : `${path}?`;
  const pages: (readonly Shown[])[] = [];
  for (let from = 0; from === 0 || from < of.length; from += limit) {
    pages.push(of.slice(from, from + limit));
  }
  for (const [at, page] of pages.entries()) {
    const [before, last] = [pages[at - 1], pages[at - 1]?.at(-1)];
    const after = last === undefined ? '' : `&starting_after=${last['id']}`;
    const isLast = at === pages.length - 1;
    await judgePage(walk, seller, `${wanted}limit=${limit}${after}`, page, !isLast);
    if (before === undefined) continue;
    const back = `${wanted}limit=${limit}&ending_before=${page[0]?.['id']}`;
    await judgePage(walk, seller, back, before, at > 1);
  }
};

const judgePage = async (
  walk: Walk,
  seller: Seller,
  path: string,
  of: readonly Shown[],
  hasMore: boolean,
): Promise<void> => {
  const { status, body, text } = await walk.get(seller, path, null);
  if (status !== 200) walk.disagree(null, `${path}: ${text}`);
  judgeShown(walk, path, body.data, of);
  if (body.has_more !== hasMore) walk.disagree(null, `${path}: there is more, or not: ${text}`);
};

const judgeShown = (
  walk: Walk,
  path: string,
  shown: readonly Shown[],
  of: readonly Shown[],
): void => {
  const ids = (all: readonly Shown[]): string => all.map(({ id }) => id).join();
  if (ids(shown) !== ids(of)) walk.disagree(null, `${path}: ${ids(shown)}, and not ${ids(of)}`);
  for (const [at, each] of shown.entries()) {
    if (isDeepStrictEqual(stable(each), stable(of[at] as Shown))) continue;
    const told = `${JSON.stringify(each)}\nand by its own name\n${JSON.stringify(of[at])}`;
    walk.disagree(null, `${path} shows ${each['id']} as\n${told}`);
  }
};

/** Without what becomes otherwise by time alone. */
const stable = (shown: Shown): Shown => {
  switch (shown['object']) {
    case 'balance_transaction':
      return { ...shown, status: null };
    case 'event':
      return { ...shown, pending_webhooks: null };
    default:
      return shown;
  }
};

const judgeSearch = async (walk: Walk, seller: Seller, search: Search): Promise<void> => {
  const { path, query, of } = search;
  const limit = 1 + walk.random.below(PAGE_MAX);
  const wanted = `${path}?limit=${limit}&query=${encodeURIComponent(query)}&expand[]=total_count`;
  const found: Shown[] = [];
  for (let page = ''; ; ) {
    const { status, body, text } = await walk.get(seller, `${wanted}${page}`, null);
    if (status !== 200) walk.disagree(null, `${query}: ${text}`);
    found.push(...body.data);
    if (body.total_count !== of.length) {
      walk.disagree(null, `${query} has ${body.total_count}, and not ${of.length}`);
    }
    if (body.has_more !== true) break;
    page = `&page=${encodeURIComponent(body.next_page)}`;
  }
  judgeShown(walk, `${path} ${query}`, found, of);
};

/** Who is deleted has nothing to pay with, and is in no list. */
const judgeDeleted = async (walk: Walk, seller: Seller, id: string): Promise<void> => {
  const { body } = await walk.get(seller, `/v1/customers/${id}/payment_methods`, null);
  if (body.data?.length !== 0) walk.disagree(null, `${id} is deleted: ${JSON.stringify(body)}`);
  for (const list of ['payment_methods', 'payment_intents', 'charges', 'setup_intents']) {
    const path = `/v1/${list}?customer=${id}`;
    const { status, body: refused, text } = await walk.get(seller, path, null);
    const isRefused = status === 404 || status === 400;
    if (!isRefused || refused.error.param !== 'customer') walk.disagree(null, `${path}: ${text}`);
  }
};

const judgeAttempts = async (walk: Walk, seller: Seller, setup: string): Promise<void> => {
  const path = `/v1/setup_attempts?setup_intent=${setup}&limit=100`;
  const { body, text } = await walk.get(seller, path, null);
  const { body: shown } = await walk.get(seller, `/v1/setup_intents/${setup}`, null);
  const attempts = body.data as Shown[];
  const isOwn = attempts.every((each) => each['setup_intent'] === setup);
  const newest = attempts[0]?.['id'] ?? null;
  if (!isOwn || newest !== shown.latest_attempt) walk.disagree(null, `${path}: ${text}`);
};
