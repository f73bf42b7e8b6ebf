// Ten million entries may lie between two that are asked for: here some thousands do, and what is read is counted.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import {
  captureEntry,
  listEntries,
  type PostedEntry,
  post,
  purposes,
  refundEntry,
  takeSnapshots,
} from '#books/ledger';
import type { Scope } from '#kit/context';
import { newUuid } from '#kit/ids';
import { type TestContext, testAccount, testContext } from '../../for-tests.ts';
import { manualClock } from '../../kit/context/for-tests.ts';
import { analyzed, rowsRead } from '../../platform/db/for-tests-rows-read.ts';
import { settled } from './for-tests.ts';
import type { EntryFilter } from './list-entries.store.ts';

const clock = manualClock();
const HOUR_MS = 3_600_000;
let context: TestContext;
let scope: Scope;
let beganSeconds: number;

const seconds = (): number => Math.floor(clock.now() / 1000);
const capture = (currency: string) =>
  captureEntry({
    subject: newUuid(context),
    currency,
    amount: 10_000n,
    fee: 320n,
    availableAtMs: clock.now() + HOUR_MS,
  });
const refund = (currency: string) =>
  refundEntry({ subject: newUuid(context), currency, amount: 100n });
const postAll = (...entries: Parameters<typeof post>[1][]) =>
  context.database.commit(
    scope,
    entries.map((entry) => post(scope, entry, clock.now())),
  );
const euros = async (count: number): Promise<void> => {
  for (let n = 0; n < count; n += 50) {
    await postAll(...Array.from({ length: 50 }, () => capture('eur')));
    clock.advance(60_000);
  }
};
const counted = async (): Promise<void> => {
  await settled(context.on);
  await takeSnapshots(context);
};

const codes = Object.values(purposes).map(({ code }) => code);
const everything: EntryFilter = {
  direction: 'older',
  from: null,
  postedFrom: 0,
  postedBefore: 253_402_300_800,
  purposes: codes,
  currency: null,
  subject: null,
  limit: 10_000,
};
const list = (asked: Partial<EntryFilter>, on = context) =>
  listEntries(on, scope, { ...everything, ...asked });

/** What a list is, said without any of the ways to it. */
const within = (
  all: readonly PostedEntry[],
  { purposes: asked, currency, postedFrom, postedBefore }: EntryFilter,
): readonly PostedEntry[] =>
  all.filter(
    (entry) =>
      asked.includes(purposes[entry.purpose].code) &&
      (currency === null || entry.currency === currency) &&
      entry.postedAtMs >= postedFrom * 1000 &&
      entry.postedAtMs < postedBefore * 1000,
  );

describe('lists of entries', () => {
  before(async () => {
    context = await testContext({ clock });
    scope = await testAccount(context);
    beganSeconds = seconds();
    // Dollars at the beginning, in the middle, and where no snapshot has counted them.
    await postAll(capture('usd'), refund('usd'), capture('eur'));
    await counted();
    await euros(2_000);
    await counted();
    await postAll(capture('usd'), capture('eur'), refund('eur'));
    await postAll(refund('usd'));
    await counted();
    await euros(2_000);
    await counted();
    await postAll(capture('usd'));
    await analyzed(context.on);
  });

  const of = (...names: (keyof typeof purposes)[]) => names.map((name) => purposes[name].code);
  const filters: readonly [string, () => Partial<EntryFilter>][] = [
    ['all', () => ({})],
    ['a seldom currency', () => ({ currency: 'usd' })],
    ['the usual currency', () => ({ currency: 'eur' })],
    ['a currency that nobody used', () => ({ currency: 'jpy' })],
    ['seldom purposes', () => ({ purposes: of('refund', 'payment_refund') })],
    ['a purpose that there never was', () => ({ purposes: of('payout') })],
    ['seldom purposes in a currency', () => ({ purposes: of('refund'), currency: 'usd' })],
    ['captures in a seldom currency', () => ({ purposes: of('capture'), currency: 'usd' })],
    ['half an hour', () => range(40 * 60, 70 * 60)],
    ['half an hour in a seldom currency', () => ({ ...range(0, 30 * 60), currency: 'usd' })],
    ['an hour of refunds', () => ({ ...range(0, 60 * 60), purposes: of('refund') })],
    ['a time before all', () => range(-7_200, -3_600)],
    ['a time after all', () => range(86_400, 90_000)],
  ];
  const range = (from: number, before: number) => ({
    postedFrom: beganSeconds + from,
    postedBefore: beganSeconds + before,
  });

  for (const [name, filter] of filters) {
    test(`of ${name} are right and in order, page after page in both directions`, async () => {
      const asked = { ...everything, ...filter() };
      const expected = within(await list({}), asked).map(({ id }) => id);
      assert.deepEqual(
        (await list(asked)).map(({ id }) => id),
        expected,
      );
      for (const limit of [1, 7, 500].filter((each) => expected.length / each < 60)) {
        for (const direction of ['older', 'newer'] as const) {
          const found: string[] = [];
          let from: EntryFilter['from'] = null;
          for (;;) {
            const rows: PostedEntry[] = await list({ ...asked, direction, from, limit });
            found.push(...rows.map(({ id }) => id));
            if (rows.length < limit || found.length > expected.length) break;
            from = rows.at(-1) ?? null;
          }
          const inOrder = direction === 'older' ? expected : expected.toReversed();
          assert.deepEqual(found, inOrder, `${direction}, ${limit} at once`);
        }
      }
    });
  }

  const seldom: readonly [string, () => Partial<EntryFilter>, number][] = [
    ['a seldom currency', () => ({ currency: 'usd' }), 200],
    ['a currency that nobody used', () => ({ currency: 'jpy' }), 100],
    ['seldom purposes', () => ({ purposes: of('refund', 'payment_refund') }), 20],
    ['a purpose that there never was', () => ({ purposes: of('payout') }), 20],
    ['half an hour', () => range(40 * 60, 70 * 60), 1_200],
    ['a time before all', () => range(-7_200, -3_600), 20],
  ];
  for (const [name, filter, atMost] of seldom) {
    test(`of ${name} do not look through the others`, async () => {
      for (const direction of ['older', 'newer'] as const) {
        const asked = { ...filter(), direction, limit: 11 };
        const rows = await rowsRead(context, (watched) => list(asked, watched));
        assert.ok(rows <= atMost, `${direction}: ${rows} rows were read`);
      }
    });
  }

  test('find where a time begins though entries came a little out of their order', async () => {
    const other = await testAccount(context);
    const at = (ms: number) => ({ ...context, clock: { ...clock, now: () => ms } });
    const begun = clock.now();
    const offsets = [0, 120, -60, 300, 180, 700, 400, 1_200, 1_000, 5_000, 4_700];
    for (const offset of offsets) {
      const on = at(begun + offset * 1_000);
      await context.database.commit(other, [post(other, capture('eur'), on.clock.now())]);
    }
    for (const from of offsets) {
      for (const until of offsets) {
        const postedFrom = Math.floor(begun / 1000) + from;
        const asked = { ...everything, postedFrom, postedBefore: postedFrom + until - from };
        const all = await listEntries(context, other, everything);
        const found = await listEntries(context, other, asked);
        assert.deepEqual(
          found.map(({ id }) => id),
          within(all, asked).map(({ id }) => id),
        );
      }
    }
  });
});
