// Balances as of any moment, held against what is simply added up: what was posted by then, and pending what is
// not due by then. Random books, with snapshots, releases and clocks that go wrong in between.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import {
  captureEntry,
  correctionOf,
  disputeLostEntry,
  disputeOpenedEntry,
  disputeWonEntry,
  type Entry,
  entryIdOf,
  type LedgerAccount,
  loadBalances,
  loadBalancesAt,
  post,
  refundEntry,
  releaseDue,
  takeSnapshots,
} from '#books/ledger';
import type { Scope } from '#kit/context';
import { newUuid } from '#kit/ids';
import { asOwner, type TestContext, testAccount, testContext } from '../../for-tests.ts';
import { manualClock } from '../../kit/context/for-tests.ts';
import { type Pick, seededPick } from '../../kit/iso8583/for-tests.ts';
import { analyzed, rowsRead } from '../../platform/db/for-tests-rows-read.ts';
import { checks } from './checks.ts';
import { settled } from './for-tests.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const CURRENCIES = ['eur', 'usd', 'jpy', 'kwd'];

type Posted = { readonly entry: Entry; readonly atMs: number };
type Books = ReturnType<typeof openBooks>;

const nextDay = (ms: number, days: number): number => (Math.floor(ms / DAY_MS) + days) * DAY_MS;

const openBooks = (context: TestContext, scope: Scope, clock: ReturnType<typeof manualClock>) => {
  const all: Posted[] = [];
  const postAll = async (entries: readonly Entry[], atMs = clock.now()): Promise<void> => {
    const writes = entries.map((entry) => post(scope, entry, atMs));
    assert.deepEqual(await context.database.commit(scope, writes), { ok: true });
    all.push(...entries.map((entry) => ({ entry, atMs })));
  };
  const count = async (atOnce: number): Promise<void> => {
    await settled(context.on);
    await takeSnapshots(context, atOnce);
  };
  const release = () => releaseDue(context, { livemode: scope.livemode, nowMs: clock.now() });
  const balancesAt = async (ms: number) => plain(await loadBalancesAt(context, scope, ms));
  return { context, scope, clock, all, postAll, count, release, balancesAt };
};

type Plain = Record<string, Partial<Record<LedgerAccount, bigint>>>;

const plain = (balances: Awaited<ReturnType<typeof loadBalances>>): Plain =>
  Object.fromEntries([...balances].map(([currency, held]) => [currency, Object.fromEntries(held)]));

/** What it is, said without any of the ways to it. */
const addedUp = (all: readonly Posted[], ms: number): Plain => {
  const sums: Record<string, Record<string, bigint>> = {};
  for (const { entry } of all.filter(({ atMs }) => atMs <= ms)) {
    const held = (sums[entry.currency] ??= {});
    const isDue = (entry.availableAtMs ?? 0) <= ms;
    for (const [name, amount] of Object.entries(entry.postings)) {
      const account = name === 'merchant_pending' && isDue ? 'merchant_available' : name;
      held[account] = (held[account] ?? 0n) + amount;
    }
  }
  const kept = Object.entries(sums).map(
    ([currency, held]) =>
      [currency, Object.fromEntries(Object.entries(held).filter(([, sum]) => sum !== 0n))] as const,
  );
  return Object.fromEntries(kept.filter(([, held]) => Object.keys(held).length > 0)) as Plain;
};

const anyEntry = ({ context, clock, all }: Books, pick: Pick): Entry => {
  const currency = CURRENCIES[pick(CURRENCIES.length)] ?? 'eur';
  const fact = { subject: newUuid(context), currency, amount: BigInt(1 + pick(100_000)) };
  switch (pick(8)) {
    case 0:
      return refundEntry(fact);
    case 1:
      return disputeOpenedEntry({ ...fact, fee: 1_500n });
    case 2:
      return disputeWonEntry({ ...fact, feeReturned: 0n });
    case 3:
      return disputeLostEntry(fact);
    case 4: {
      const { entry } = all[pick(all.length)] ?? {};
      if (entry !== undefined && entry.purpose === 'capture' && pick(2) === 0) {
        const corrected = correctionOf({ ...entry, id: entryIdOf(entry) }, 'Captured twice');
        const isNew = all.every(({ entry: each }) => entryIdOf(each) !== entryIdOf(corrected));
        if (isNew) return corrected;
      }
      return captureEntry({ ...fact, fee: 0n, availableAtMs: null });
    }
    // Mostly some days ahead; sometimes to the second, or a day that is over already.
    default:
      return captureEntry({
        ...fact,
        fee: BigInt(pick(Number(fact.amount))),
        availableAtMs:
          pick(6) === 0
            ? clock.now() + pick(3) * 1_000
            : nextDay(clock.now(), (pick(8) === 0 ? -2 : 1) + pick(5)),
      });
  }
};

/** By how much an entry is dated before those around it: what a jump of the clock met on its way, and clocks that are wrong. */
const behind = (pick: Pick): number =>
  [0, 0, 0, 0, 0, 0, 3_000, 500_000, 700_000, 3 * HOUR_MS, 9 * DAY_MS, -DAY_MS][pick(12)] ?? 0;

const live = async (books: Books, pick: Pick, steps: number): Promise<void> => {
  const { clock } = books;
  for (let n = 0; n < steps; n += 1) {
    const entries = Array.from({ length: 1 + pick(3) }, () => anyEntry(books, pick));
    const ids = new Set(entries.map(entryIdOf));
    if (ids.size === entries.length) await books.postAll(entries, clock.now() - behind(pick));
    if (pick(3) === 0) await books.count(1 + pick(4));
    if (pick(4) === 0) await books.release();
    clock.advance([0, 7, 1_000, 60_000, 5 * HOUR_MS, DAY_MS, 8 * DAY_MS][pick(7)] ?? 0);
  }
};

const interesting = ({ all, clock }: Books): readonly number[] => [
  ...new Set(
    [
      0,
      ...all.flatMap(({ atMs, entry }) => [atMs, entry.availableAtMs ?? atMs]),
      clock.now(),
    ].flatMap((ms) => [ms - 1, ms, ms + 1]),
  ),
];

const assertAtAll = async (books: Books): Promise<void> => {
  for (const ms of interesting(books)) {
    const found = await books.balancesAt(ms);
    assert.deepEqual(found, addedUp(books.all, ms), new Date(ms).toISOString());
  }
};

const healthy = async (on: TestContext['on']): Promise<void> => {
  for (const { name, text } of checks) assert.deepEqual(await asOwner(on, text), [], name);
};

const migrations = ['0009-balances-of-any-moment', '0012-what-came-late'].map((name) =>
  readFileSync(new URL(`./migrations/${name}.sql`, import.meta.url), 'utf8'),
);
/** As the tables were before them. */
const before0009 = `
  drop table books.late_sums, books.late_parts;
  drop function books.count_late;
  drop index books.snapshots_by_moment;
  alter table books.snapshots drop column counted_from, drop column earliest_at, drop column is_late,
                              drop column pending_until, drop column pending_amounts;
  alter table books.latest_snapshots drop column pending_until, drop column pending_amounts`;

/** What is known of each moment. */
const known = [
  `select position, account_id, currency, earliest_at, latest_at, is_late, pending_until::text as until,
          pending_amounts::text as amounts
     from books.snapshots order by account_id, currency, position`,
  `select position, account_id, currency, late_before, is_all, accounts::text, untils::text, amounts::text
     from books.late_parts order by account_id, currency, position`,
  `select span, since, account_id, currency, accounts::text, untils::text, amounts::text
     from books.late_sums order by account_id, currency, span, since`,
];
const allKnown = ({ on }: TestContext) => Promise.all(known.map((text) => asOwner(on, text)));

describe('balances as of any moment', () => {
  for (const seed of [1, 2, 3, 4]) {
    test(`are what was posted by then, pending what is not due by then (seed ${seed})`, async () => {
      const clock = manualClock(Date.parse('2026-01-25T12:00:00Z'));
      const context = await testContext({ clock });
      const books = openBooks(context, await testAccount(context), clock);
      const other = openBooks(context, await testAccount(context), clock);
      const pick = seededPick(seed * 7_919);
      // Months, with tables of their own for the first ones.
      await asOwner(context.on, `select books.prepare_partitions('2026-01-01', 2)`);
      await live(books, pick, 25);
      await live(other, pick, 5);
      await live(books, pick, 25);
      await assertAtAll(books);
      await assertAtAll(other);
      await books.count(2_000);
      await books.release();
      await assertAtAll(books);
      await healthy(context.on);

      const taken = await allKnown(context);
      assert.ok(taken.every((rows) => rows.length > 0));
      // A database of before is given the same.
      await asOwner(context.on, before0009);
      for (const migration of migrations) await asOwner(context.on, migration);
      assert.deepEqual(await allKnown(context), taken);
      await assertAtAll(books);
      await healthy(context.on);
    });
  }

  test('are those of that moment, as they were answered then', async () => {
    const clock = manualClock(Date.parse('2026-01-25T12:00:00Z'));
    const context = await testContext({ clock });
    const books = openBooks(context, await testAccount(context), clock);
    const pick = seededPick(41);
    const answered: { readonly ms: number; readonly balances: Plain }[] = [];
    for (let n = 0; n < 40; n += 1) {
      await books.postAll([anyEntry(books, pick)]);
      if (n % 3 === 0) await books.count(2_000);
      if (n % 7 === 0) await books.release();
      const ms = clock.now();
      answered.push({ ms, balances: plain(await loadBalances(context, books.scope, ms)) });
      clock.advance([1, 1_000, 6 * HOUR_MS, DAY_MS, 3 * DAY_MS][pick(5)] ?? 0);
    }
    for (const { ms, balances } of answered) assert.deepEqual(await books.balancesAt(ms), balances);
  });
});

describe('to find a balance of long ago among many', () => {
  const clock = manualClock();
  let books: Books;
  const PER_HOUR = 100;
  const HOURS = 24 * 4;
  const began = clock.now();

  before(async () => {
    const context = await testContext({ clock });
    books = openBooks(context, await testAccount(context), clock);
    const capture = (currency: string) =>
      captureEntry({
        subject: newUuid(context),
        currency,
        amount: 1_000n,
        fee: 30n,
        availableAtMs: nextDay(clock.now(), 2),
      });
    for (let hour = 0; hour < HOURS; hour += 1) {
      await books.postAll(Array.from({ length: PER_HOUR }, () => capture('eur')));
      if (hour % 40 === 1) await books.postAll([capture('jpy')]);
      clock.advance(HOUR_MS);
      await books.count(2_000);
      await books.release();
    }
    await analyzed(context.on);
  });

  test('only what lies around it is read', async () => {
    const { context, scope } = books;
    for (const hour of [-1, 0, 1, 2, 30, 47.5, 70, HOURS]) {
      const ms = began + hour * HOUR_MS;
      assert.deepEqual(await books.balancesAt(ms), addedUp(books.all, ms));
      const rows = await rowsRead(context, (on) => loadBalancesAt(on, scope, ms));
      assert.ok(rows <= 3 * PER_HOUR, `${rows} rows were read for hour ${hour}`);
    }
  });
});

describe('to find a balance in books whose entries do not come in the order of their dates', () => {
  const PER_HOUR = 100;
  const capture = ({ context, clock }: Books) =>
    captureEntry({
      subject: newUuid(context),
      currency: 'eur',
      amount: 1_000n,
      fee: 30n,
      availableAtMs: nextDay(clock.now(), 2),
    });
  const newBooks = async (): Promise<Books> => {
    const clock = manualClock();
    const context = await testContext({ clock });
    return openBooks(context, await testAccount(context), clock);
  };
  const mostRead = async (books: Books, moments: readonly number[]): Promise<number> => {
    const { context, scope } = books;
    await analyzed(context.on);
    const rows: number[] = [];
    for (const ms of moments) {
      assert.deepEqual(await books.balancesAt(ms), addedUp(books.all, ms));
      rows.push(await rowsRead(context, (on) => loadBalancesAt(on, scope, ms)));
    }
    return Math.max(...rows);
  };

  // All of that day was looked through.
  test('one that is dated a day ahead makes the balances of that day no dearer', async () => {
    const books = await newBooks();
    const { clock } = books;
    const moments: number[] = [];
    for (let hour = 0; hour < 40; hour += 1) {
      if (hour === 10) await books.postAll([capture(books)], clock.now() + DAY_MS);
      await books.postAll(Array.from({ length: PER_HOUR }, () => capture(books)));
      moments.push(clock.now() - 1, clock.now());
      clock.advance(HOUR_MS);
      await books.count(2_000);
    }
    const rows = await mostRead(books, moments);
    assert.ok(rows <= 3 * PER_HOUR, `${rows} rows were read`);
  });

  // All there are were looked through: an answer took longer than a statement may.
  test('books that were copied, with everything dated before what was there, need the days and the minutes of one', async () => {
    const books = await newBooks();
    const { clock } = books;
    const pick = seededPick(7);
    const PER_DAY = 300;
    const DAYS = 10;
    await books.postAll([capture(books)]);
    await books.count(2_000);
    for (let n = 0; n < DAYS * PER_DAY; n += 50) {
      for (let m = 0; m < 10; m += 1) {
        const atMs = clock.now() - 60_000 * (11 + pick(DAYS * 24 * 60));
        await books.postAll(
          Array.from({ length: 5 }, () => capture(books)),
          atMs,
        );
      }
      await books.count(2_000);
    }
    const moments = [0, 0.01, 1.3, 4.97, 9.5, DAYS + 1].map((days) => clock.now() - days * DAY_MS);
    const rows = await mostRead(books, moments);
    assert.ok(rows <= PER_DAY, `${rows} rows were read`);
    await healthy(books.context.on);
  });

  for (const [what, damage] of [
    ['by moments', 'update books.late_sums set amounts[1] = amounts[1] + 1 where span = 0'],
    ['by minutes', 'update books.late_sums set amounts[1] = amounts[1] + 1 where span = 1'],
    ['by days', 'delete from books.late_sums where span = 2'],
    ['by parts', 'update books.late_parts set amounts[1] = amounts[1] + 1'],
    ['by no part', 'delete from books.late_parts'],
    ['as if it were all', 'update books.late_parts set is_all = not is_all'],
  ] as const) {
    test(`what came late and is known wrongly ${what} is found`, async () => {
      const books = await newBooks();
      await books.postAll([capture(books)]);
      await books.count(2_000);
      for (const days of [1, 2, 1]) {
        await books.postAll([capture(books)], books.clock.now() - days * DAY_MS);
        await books.count(2_000);
      }
      await healthy(books.context.on);
      await asOwner(books.context.on, damage);
      const found: string[] = [];
      for (const { name, text } of checks) {
        if ((await asOwner(books.context.on, text)).length > 0) found.push(name);
      }
      assert.equal(found.length, 1);
      assert.match(found[0] ?? '', /late/);
    });
  }
});
