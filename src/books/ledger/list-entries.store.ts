// Lists of entries, in the order of posting. Ten million may lie between two that are asked for, so each
// question has a way to what it asks for: a range of time has positions, which are found by halving; a
// seldom purpose has an index that captures do not enter; and a currency has its snapshots.

import type { Context, Row, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { ownRows, readOwn, statement } from '#platform/db';
import { columns, type EntryRow, fromRow, idsOf, type PostedEntry } from './entries.store.ts';
import { purposes } from './purposes.ts';

export type EntryFilter = {
  readonly direction: 'older' | 'newer';
  /** Exclusive; null is the end from which the direction starts. */
  readonly from: Place | null;
  /** Unix seconds, which may lie beyond what a calendar spells. */
  readonly postedFrom: number;
  readonly postedBefore: number;
  readonly purposes: readonly number[];
  readonly currency: string | null;
  readonly subject: Uuid | null;
  readonly limit: number;
};

type Place = { readonly position: bigint; readonly id: Uuid };

/** Between two places in the direction of travel, both exclusive. */
type Asked = EntryFilter & { readonly from: Place; readonly until: Place };

export const listEntries = async (
  context: Context,
  scope: Scope,
  filter: EntryFilter,
): Promise<PostedEntry[]> => {
  const within = await placesWithin(context, scope, filter);
  if (within === null) return [];
  const asked = { ...filter, ...within };
  const rows = await listerOf(filter)(context, scope, asked);
  return rows.map(fromRow);
};

type Lister = (context: Context, scope: Scope, asked: Asked) => Promise<EntryRow[]>;

const listerOf = ({ subject, purposes: asked, currency }: EntryFilter): Lister => {
  if (subject !== null) return listOfSubject;
  if (asked.every((code) => !frequent.includes(code))) return listOfPurposes;
  return currency === null ? listAll : listOfCurrency;
};

const start: Place = { position: -1n, id: '00000000-0000-0000-0000-000000000000' };
const end: Place = { position: 2n ** 63n - 1n, id: 'ffffffff-ffff-ffff-ffff-ffffffffffff' };

const before = (position: bigint): Place => ({ position: position - 1n, id: end.id });

// An entry is dated by the clock of its gateway and takes its position when it is written: the clocks of two
// may differ, and one may have waited for the other.
const OUT_OF_ORDER_SECONDS = 600;

const firstPosition = statement(
  'ledger.first_position_at',
  'select books.first_position_at($1, $2, to_timestamp($3)) as position',
);

const firstPositionAt = async (
  context: Context,
  scope: Scope,
  seconds: number,
): Promise<bigint | null> => {
  type Found = Row & { readonly position: bigint | null };
  const [found] = await readOwn<Found>(context, scope, firstPosition, [seconds]);
  return found?.position ?? null;
};

/** Where entries of the range of time may lie beyond the cursor; null: nowhere. */
const placesWithin = async (
  context: Context,
  scope: Scope,
  { direction, from, postedFrom, postedBefore }: EntryFilter,
): Promise<{ readonly from: Place; readonly until: Place } | null> => {
  let [low, high] = [start, end];
  if (postedFrom > 0) {
    const first = await firstPositionAt(context, scope, postedFrom - OUT_OF_ORDER_SECONDS);
    if (first === null) return null;
    low = before(first);
  }
  if (postedBefore * 1000 <= context.clock.now()) {
    const beyond = await firstPositionAt(context, scope, postedBefore + OUT_OF_ORDER_SECONDS);
    if (beyond !== null) high = before(beyond);
  }
  if (direction === 'older') {
    return { from: from !== null && from.position <= high.position ? from : high, until: low };
  }
  return { from: from !== null && from.position > low.position ? from : low, until: high };
};

// Entries of one transaction share a position; the id decides among them.
const beyond = {
  older: `position <= $3 and (position, id) < ($3, $4::uuid) and position > $5`,
  newer: `position >= $3 and (position, id) > ($3, $4::uuid) and position <= $5`,
} as const;
const inOrder = { older: 'position desc, id desc', newer: 'position, id' } as const;
const filtered = `posted_at >= to_timestamp($6) and posted_at < to_timestamp($7)
        and ($8::text is null or currency = $8)`;

const valuesOf = (asked: Asked): unknown[] => [
  asked.from.position,
  asked.from.id,
  asked.until.position,
  asked.postedFrom,
  asked.postedBefore,
  asked.currency,
  asked.purposes,
  asked.limit,
];

type Direction = EntryFilter['direction'];
const inBoth = (make: (direction: Direction) => ReturnType<typeof statement>) => ({
  older: make('older'),
  newer: make('newer'),
});

const all = inBoth((direction) =>
  statement(
    `ledger.list_${direction}`,
    `select ${columns} from books.entries
      where ${ownRows} and ${beyond[direction]} and ${filtered} and purpose = any($9::smallint[])
      order by ${inOrder[direction]} limit $10`,
  ),
);
const listAll: Lister = (context, scope, asked) =>
  readOwn<EntryRow>(context, scope, all[asked.direction], valuesOf(asked));

// What is about one object is found by its ids, which are those of the object but for the last bits.
const ofSubject = inBoth((direction) =>
  statement(
    `ledger.list_${direction}_of_subject`,
    `select ${columns} from books.entries
      where ${ownRows} and ${beyond[direction]} and ${filtered} and purpose = any($9::smallint[])
        and subject = $11::uuid and id >= $12::uuid and id <= $13::uuid
      order by ${inOrder[direction]} limit $10`,
  ),
);
const listOfSubject: Lister = (context, scope, asked) => {
  const subject = asked.subject ?? start.id;
  const values = [...valuesOf(asked), subject, ...idsOf(subject)];
  return readOwn<EntryRow>(context, scope, ofSubject[asked.direction], values);
};

/** Those that do not enter the index of what is seldom. */
const frequent: readonly number[] = [
  purposes.capture.code,
  purposes.dispute_lost.code,
  purposes.settlement.code,
  purposes.payout_paid.code,
  purposes.release.code,
  purposes.exchange.code,
];

const ofPurposes = inBoth((direction) =>
  statement(
    `ledger.list_${direction}_of_purposes`,
    `select ${columns} from unnest($9::smallint[]) as asked (code)
      cross join lateral (
        select * from books.entries
         where ${ownRows} and purpose = asked.code and purpose not in (${frequent.join(', ')})
           and ${beyond[direction]} and ${filtered}
         order by ${inOrder[direction]} limit $10) as entry
      order by ${inOrder[direction]} limit $10`,
  ),
);
const listOfPurposes: Lister = (context, scope, asked) =>
  readOwn<EntryRow>(context, scope, ofPurposes[asked.direction], valuesOf(asked));

const horizon = statement('ledger.horizon', 'select position from books.horizon');

// In each part that a snapshot of the currency has counted something of it was posted; in those between them
// nothing was. What no snapshot has counted yet is looked through.
const listOfCurrency: Lister = async (context, scope, asked) => {
  const [counted] = await context.database.read<Row & { position: bigint }>(scope, horizon, []);
  const settled = before(counted?.position ?? 0n);
  if (asked.direction === 'older') {
    const newest = isBefore(settled, asked.from)
      ? await listAll(context, scope, { ...asked, until: later(settled, asked.until) })
      : [];
    const left = asked.limit - newest.length;
    if (left === 0) return newest;
    const from = earlier(settled, asked.from);
    return [...newest, ...(await listCounted(context, scope, { ...asked, from, limit: left }))];
  }
  const until = earlier(settled, asked.until);
  const oldest = await listCounted(context, scope, { ...asked, until });
  const left = asked.limit - oldest.length;
  if (left === 0 || !isBefore(settled, asked.until)) return oldest;
  const from = later(settled, asked.from);
  return [...oldest, ...(await listAll(context, scope, { ...asked, from, limit: left }))];
};

const isBefore = (a: Place, b: Place): boolean =>
  a.position < b.position || (a.position === b.position && a.id < b.id);
const earlier = (a: Place, b: Place): Place => (isBefore(a, b) ? a : b);
const later = (a: Place, b: Place): Place => (isBefore(a, b) ? b : a);

// A snapshot begins where the one before it ended, of whatever currency that is.
const partsOf = (which: string): string =>
  `select since, position as upto, before from books.snapshots counted
    cross join lateral (
      select coalesce(max(earlier.position), 0) as since,
             coalesce(max(earlier.position) filter (where used.currency = $3), 0) as before
        from books.latest_snapshots used
       cross join lateral (
         select position from books.snapshots
          where ${ownRows} and currency = used.currency and position < counted.position
          order by position desc limit 1) as earlier
       where used.account_id = $1 and used.livemode = $2) as earlier
    where ${ownRows} and currency = $3 and ${which}`;

/** The first snapshot that ends beyond it. */
const endingBeyond = (value: string): string =>
  `coalesce((select position from books.snapshots
              where ${ownRows} and currency = $3 and position > ${value}
              order by position limit 1), ${value})`;

const parts = {
  older: statement(
    'ledger.parts_of_currency_older',
    `${partsOf(`position > $5 and position <= ${endingBeyond('$4')}`)} order by position desc limit $6`,
  ),
  newer: statement(
    'ledger.parts_of_currency_newer',
    `${partsOf(`position > $4 and position <= ${endingBeyond('$5')}`)} order by position limit $6`,
  ),
};

const ofParts = inBoth((direction) =>
  statement(
    `ledger.list_${direction}_of_parts`,
    `select ${columns} from unnest($11::bigint[], $12::bigint[]) as part (since, upto)
      cross join lateral (
        select * from books.entries
         where ${ownRows} and position >= part.since and position < part.upto
           and ${beyond[direction]} and ${filtered} and purpose = any($9::smallint[])
         order by ${inOrder[direction]} limit $10) as entry
      order by ${inOrder[direction]} limit $10`,
  ),
);

type Part = Row & {
  readonly since: bigint;
  readonly upto: bigint;
  /** Where the part before it ends; 0: there is none. */
  readonly before: bigint;
};

const listCounted: Lister = async (context, scope, asked) => {
  const { direction, until, limit, currency } = asked;
  const found: EntryRow[] = [];
  let { from } = asked;
  let at = from.position;
  while (found.length < limit) {
    const bounds = [currency, at, until.position, limit];
    const counted = await readOwn<Part>(context, scope, parts[direction], bounds);
    const rows = await readOwn<EntryRow>(context, scope, ofParts[direction], [
      ...valuesOf({ ...asked, from, limit: limit - found.length }),
      counted.map((part) => part.since),
      counted.map((part) => part.upto),
    ]);
    found.push(...rows);
    const last = counted.at(-1);
    if (last === undefined || counted.length < limit) break;
    if (direction === 'older' && last.before === 0n) break;
    from = before(direction === 'older' ? last.before : last.upto);
    at = direction === 'older' ? from.position : last.upto;
  }
  return found;
};
