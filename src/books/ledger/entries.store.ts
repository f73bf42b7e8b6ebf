import { assert } from '#kit/assert';
import type { Context, Row, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { ownRows, rank, statement, writeRows } from '#platform/db';
import { type Entry, type EntryDetails, entryIdOf, fromArrays, sumOf, toArrays } from './entry.ts';
import { type Purpose, purposeOfCode, purposes } from './purposes.ts';

/**
 * Posts an entry with whatever else the unit writes. A fact that has its entry already loses, and with
 * it the whole unit: `commit` answers with `lost.name === 'ledger.post'`.
 */
export const post = (scope: Scope, entry: Entry, postedAtMs: number): Write => {
  assert(sumOf(entry.postings) === 0n, 'The postings of an entry sum to zero');
  const { accounts, amounts } = toArrays(entry.postings);
  assert(accounts.length >= 2, 'An entry moves something');
  const { availableAtMs = null, details } = entry;
  return {
    into: insertEntry,
    row: [
      scope.accountId,
      scope.livemode,
      entryIdOf(entry),
      postedAtMs,
      availableAtMs,
      entry.subject,
      purposes[entry.purpose].code,
      entry.part ?? 0,
      entry.currency,
      `{${accounts.join(',')}}`,
      `{${amounts.join(',')}}`,
      details === undefined ? null : JSON.stringify(details),
    ],
  };
};

const insertEntry = writeRows({
  name: 'ledger.post',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    id: 'uuid',
    posted_at: 'timestamptz',
    available_at: 'timestamptz',
    subject: 'uuid',
    purpose: 'smallint',
    part: 'smallint',
    currency: 'text',
    accounts: 'text',
    amounts: 'text',
    details: 'text',
  },
  key: 'id',
  rank: rank.insert,
  losesByConflict: true,
  text: (given) => `insert into books.entries
       (account_id, livemode, id, posted_at, available_at, subject, purpose, part, currency,
        accounts, amounts, details)
select account_id, livemode, id, posted_at, available_at, subject, purpose, part, currency,
       accounts::smallint[], amounts::bigint[], details::json
  from ${given}
on conflict do nothing
returning id::text as key`,
});

export type PostedEntry = {
  readonly id: Uuid;
  readonly position: bigint;
  readonly postedAtMs: number;
  readonly availableAtMs: number | null;
  readonly subject: Uuid;
  readonly purpose: Purpose;
  readonly part: number;
  readonly currency: string;
  readonly postings: ReturnType<typeof fromArrays>;
  readonly details: EntryDetails;
};

/** As it will be read once it is committed, but for its position, which it has by then. */
export const asPosted = (entry: Entry, postedAtMs: number): PostedEntry => ({
  id: entryIdOf(entry),
  position: 0n,
  postedAtMs,
  availableAtMs: entry.availableAtMs ?? null,
  subject: entry.subject,
  purpose: entry.purpose,
  part: entry.part ?? 0,
  currency: entry.currency,
  postings: entry.postings,
  details: entry.details ?? {},
});

export type EntryRow = Row & {
  readonly id: Uuid;
  readonly position: bigint;
  readonly posted_at: number;
  readonly available_at: number | null;
  readonly subject: Uuid;
  readonly purpose: number;
  readonly part: number;
  readonly currency: string;
  readonly accounts: string;
  readonly amounts: string;
  readonly details: EntryDetails | null;
};

export const columns = `id, position, posted_at, available_at, subject, purpose, part, currency,
         accounts::text as accounts, amounts::text as amounts, details`;

const numbersIn = (text: string): string[] => text.slice(1, -1).split(',');

export const fromRow = (row: EntryRow): PostedEntry => {
  const purpose = purposeOfCode(row.purpose);
  assert(purpose !== undefined, 'The purpose of an entry is known');
  return {
    id: row.id,
    position: row.position,
    postedAtMs: row.posted_at,
    availableAtMs: row.available_at,
    subject: row.subject,
    purpose,
    part: row.part,
    currency: row.currency,
    postings: fromArrays(numbersIn(row.accounts).map(Number), numbersIn(row.amounts).map(BigInt)),
    details: row.details ?? {},
  };
};

const findMany = statement(
  'ledger.find',
  `select ${columns} from books.entries where ${ownRows} and id = any($3::uuid[])`,
);

export const loadEntries = async (
  context: Context,
  scope: Scope,
  ids: readonly Uuid[],
): Promise<Map<Uuid, PostedEntry>> => {
  const rows = await context.database.read<EntryRow>(scope, findMany, [
    scope.accountId,
    scope.livemode,
    ids,
  ]);
  return new Map(rows.map((row) => [row.id, fromRow(row)]));
};

const findOfSubject = statement(
  'ledger.of_subject',
  `select ${columns} from books.entries
    where ${ownRows} and id >= $3::uuid and id <= $4::uuid and subject = $5::uuid
    order by position, id`,
);

/** All that was posted about an object, in the order of posting. */
export const loadEntriesOf = async (
  context: Context,
  scope: Scope,
  subject: Uuid,
): Promise<PostedEntry[]> => {
  const rows = await context.database.read<EntryRow>(scope, findOfSubject, [
    scope.accountId,
    scope.livemode,
    ...idsOf(subject),
    subject,
  ]);
  return rows.map(fromRow);
};

/** The first and the last id that entries about it can have. */
export const idsOf = (subject: Uuid): readonly [Uuid, Uuid] => [
  `${subject.slice(0, -4)}0000`,
  `${subject.slice(0, -4)}ffff`,
];
