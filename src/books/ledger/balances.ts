// What each account holds: the last snapshot and what came after it, in one statement. There is no row
// of a balance that postings would have to queue for.

import { assert, present } from '#kit/assert';
import type { Context, Row, Scope } from '#kit/context';
import { spellTime, statement } from '#platform/db';
import { accountOfCode, type LedgerAccount } from './ledger-accounts.ts';

/** Currency to ledger account to amount, debit plus. What holds nothing is left out. */
export type Balances = ReadonlyMap<string, ReadonlyMap<LedgerAccount, bigint>>;

type BalanceRow = Row & {
  readonly currency: string;
  readonly account: number;
  readonly amount: string;
  readonly aligned: boolean;
};

// Nothing lies between the newest snapshots and the horizon, so the horizon is where counting begins. What was due by
// the moment given, and is released by the next round, is counted as it will be.
const current = statement(
  'ledger.balances',
  `with horizon as (
  select position, position <= pg_snapshot_xmax(pg_current_snapshot())::text::bigint + base as aligned
    from books.horizon
), counted as (
  select currency, account, amount
    from books.latest_snapshots, unnest(accounts, balances) as posting(account, amount)
   where account_id = $1 and livemode = $2
  union all
  select currency, account, amount
    from books.entries, unnest(accounts, amounts) as posting(account, amount)
   where account_id = $1 and livemode = $2 and position >= (select position from horizon)
), due as (
  select currency, amount from books.maturing
   where account_id = $1 and livemode = $2 and due_at <= $3::timestamptz
  union all
  select currency, posting.amount
    from books.entries, unnest(accounts, amounts) as posting(account, amount)
   where account_id = $1 and livemode = $2 and position >= (select position from horizon)
     and posting.account = 2 and available_at <= $3::timestamptz
), moved as (
  select currency, account, amount from counted
  union all
  select currency, side.account, side.sign * amount from due, (values (2, -1), (3, 1)) as side(account, sign)
)
select currency, account, sum(amount)::text as amount, (select aligned from horizon) as aligned
  from moved group by currency, account having sum(amount) <> 0 order by currency, account`,
);

// All is counted as available that is the merchant's, and then moved back what was still to wait: whether it had been
// released by then does not matter. A snapshot answers for moments from its latest entry on, with what was pending
// by days. What came after it is looked for in the parts that can hold something of the moment: until ten minutes
// later. What is dated still earlier than what had been counted by then came late, and is summed by when it is dated.
const inDays = "date_bin('1 day', $3::timestamptz, '2000-01-01Z')";
const inMinutes = "date_bin('1 minute', $3::timestamptz, '2000-01-01Z')";
const atMoment = statement(
  'ledger.balances_at',
  `with horizon as (
  select position, position <= pg_snapshot_xmax(pg_current_snapshot())::text::bigint + base as aligned
    from books.horizon
), used as (
  select currency from books.latest_snapshots where account_id = $1 and livemode = $2
), counted as (
  select used.currency, snapshot.* from used cross join lateral (
    select position, accounts, balances, pending_until, pending_amounts from books.snapshots
     where account_id = $1 and livemode = $2 and currency = used.currency and latest_at <= $3::timestamptz
     order by latest_at desc, position desc limit 1) as snapshot
), parts as (
  select used.currency, part.counted_from, part.upto, late.late_before from used cross join lateral (
    select counted_from, position as upto, earliest_at from books.snapshots
     where account_id = $1 and livemode = $2 and currency = used.currency
       and latest_at > $3::timestamptz and latest_at <= $3::timestamptz + interval '10 minutes'
    union
    (select counted_from, position, earliest_at from books.snapshots
      where account_id = $1 and livemode = $2 and currency = used.currency
        and latest_at > $3::timestamptz + interval '10 minutes'
      order by latest_at, position limit 1)) as part
    left join books.late_parts late on late.account_id = $1 and late.livemode = $2
     and late.currency = used.currency and late.position = part.upto
   where part.earliest_at <= $3::timestamptz and late.is_all is not true
), later as materialized (
  select entry.* from parts cross join lateral (
    select currency, available_at, accounts, amounts from books.entries
     where account_id = $1 and livemode = $2 and position >= parts.counted_from and position < parts.upto
       and currency = parts.currency and posted_at <= $3::timestamptz
       and posted_at >= coalesce(parts.late_before, '-infinity')) as entry
  union all
  select currency, available_at, accounts, amounts from books.entries
   where account_id = $1 and livemode = $2 and position >= (select position from horizon)
     and posted_at <= $3::timestamptz
), late as materialized (
  select used.currency, posting.* from used cross join lateral (
    select accounts, untils, amounts from books.late_sums
     where account_id = $1 and livemode = $2 and currency = used.currency and span = 2 and since < ${inDays}
    union all
    select accounts, untils, amounts from books.late_sums
     where account_id = $1 and livemode = $2 and currency = used.currency
       and span = 1 and since >= ${inDays} and since < ${inMinutes}
    union all
    select accounts, untils, amounts from books.late_sums
     where account_id = $1 and livemode = $2 and currency = used.currency
       and span = 0 and since >= ${inMinutes} and since <= $3::timestamptz) as sums,
         unnest(accounts, untils, amounts) as posting(account, until, amount)
  union all
  select counted.currency, account, until, -amount from counted cross join lateral (
    select accounts, untils, amounts from books.late_parts
     where account_id = $1 and livemode = $2 and currency = counted.currency and position <= counted.position
     order by position desc limit 1) as known,
         unnest(known.accounts, known.untils, known.amounts) as posting(account, until, amount)
), held as (
  select currency, account, amount from counted, unnest(accounts, balances) as posting(account, amount)
  union all
  select currency, account, amount from later, unnest(accounts, amounts) as posting(account, amount)
  union all
  select currency, account, amount from late
), pending as (
  select currency, amount from counted, unnest(pending_until, pending_amounts) as waits(until, amount)
   where until > $3::timestamptz
  union all
  select currency, amount from later, unnest(accounts, amounts) as posting(account, amount)
   where account = 2 and available_at > $3::timestamptz
  union all
  select currency, amount from late where account = 2 and until > $3::timestamptz
), moved as (
  select currency, case account when 2 then 3 else account end as account, amount from held
  union all
  select currency, side.account, side.sign * amount from pending, (values (2, 1), (3, -1)) as side(account, sign)
)
select currency, account, sum(amount)::text as amount, (select aligned from horizon) as aligned
  from moved group by currency, account having sum(amount) <> 0 order by currency, account`,
);

/** As the books stand; or, with a moment, as they will once all has been released that is due by then. */
export const loadBalances = (
  context: Context,
  scope: Scope,
  dueMs: number | null = null,
): Promise<Balances> => read(context, scope, current, [dueMs === null ? null : spellTime(dueMs)]);

/** As they stood at that moment: what was posted until then and nothing later, and available what was due by then. */
export const loadBalancesAt = (context: Context, scope: Scope, atMs: number): Promise<Balances> =>
  read(context, scope, atMoment, [spellTime(atMs)]);

const read = async (
  context: Context,
  scope: Scope,
  asked: typeof current,
  values: readonly unknown[],
): Promise<Balances> => {
  const rows = await context.database.read<BalanceRow>(scope, asked, [
    scope.accountId,
    scope.livemode,
    ...values,
  ]);
  const balances = new Map<string, Map<LedgerAccount, bigint>>();
  for (const { currency, account, amount, aligned } of rows) {
    // Restored from a dump and never aligned: what came after the snapshots would not be counted.
    assert(aligned, 'The positions of the books lie behind those of the database');
    const own = balances.get(currency) ?? new Map<LedgerAccount, bigint>();
    own.set(present(accountOfCode(account), `The ledger account ${account}`), BigInt(amount));
    balances.set(currency, own);
  }
  return balances;
};
