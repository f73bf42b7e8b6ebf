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

// A snapshot answers for moments from its latest entry on; before that, the one before it.
const atMoment = statement(
  'ledger.balances_at',
  `with latest as (
  select newest.currency, chosen.position, chosen.accounts, chosen.balances
    from books.latest_snapshots newest
    left join lateral (
      select position, accounts, balances from books.snapshots older
       where (older.account_id, older.livemode, older.currency)
               = (newest.account_id, newest.livemode, newest.currency)
         and older.latest_at <= $3::timestamptz
       order by older.position desc limit 1) chosen on true
   where account_id = $1 and livemode = $2
), counted as (
  select currency, account, amount
    from latest, unnest(accounts, balances) as posting(account, amount)
  union all
  select e.currency, posting.account, posting.amount
    from books.entries e left join latest using (currency),
         unnest(e.accounts, e.amounts) as posting(account, amount)
   where account_id = $1 and livemode = $2 and e.posted_at <= $3::timestamptz
     and e.position >= coalesce(latest.position, 0)
     and e.position >= (select coalesce(min(coalesce(position, 0)), 0) from latest)
)
select currency, account, sum(amount)::text as amount, true as aligned
  from counted group by currency, account having sum(amount) <> 0 order by currency, account`,
);

/** As the books stand; or, with a moment, as they will once all has been released that is due by then. */
export const loadBalances = (
  context: Context,
  scope: Scope,
  dueMs: number | null = null,
): Promise<Balances> => read(context, scope, current, [dueMs === null ? null : spellTime(dueMs)]);

/** As they stood when everything posted up to that moment, and nothing later, counted. */
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
