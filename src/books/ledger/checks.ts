// What a healthy ledger answers with no rows. Each question is one statement, and so sees one moment.

const postings = 'unnest(accounts, amounts) as posting(account, amount)';

/**
 * Adds up along the snapshots of each merchant, mode and currency, and holds what each says against what was added by
 * then. An entry is counted first by the snapshot whose number it has here; all of one number are summed before they
 * are sorted: of ten million postings as many are left as there are snapshots, and those fit into memory.
 */
const alongTheSnapshots = (by: string, posted: string, said: string): string => `with numbered as (
             select *, row_number() over (partition by account_id, livemode, currency order by position) as n
               from books.snapshots
           ), marks as (
             select account_id, livemode, currency, array_agg(position order by position) as positions
               from books.snapshots group by account_id, livemode, currency
           ), way as (
             select account_id, livemode, currency, ${by}, n, null::bigint as position, sum(amount) as amount,
                    null::numeric as said
               from (select e.account_id, e.livemode, e.currency, ${posted} as ${by}, amount,
                            width_bucket(e.position, m.positions) + 1 as n
                       from books.entries e
                       join marks m on m.account_id = e.account_id and m.livemode = e.livemode
                                   and m.currency = e.currency,
                            unnest(e.accounts, e.amounts) as posting(account, amount)
                      where ${posted} is not null) as counted
              group by account_id, livemode, currency, ${by}, n
             union all
             ${said}
           ), walked as (
             select account_id, livemode, currency, ${by}, n, position, said,
                    sum(amount) over (partition by account_id, livemode, currency, ${by}
                                      order by n, said is not null rows unbounded preceding) as added
               from way
           )
           select account_id, livemode, currency, ${by}, position, said, added
             from walked where said <> added`;

// What is dated ten minutes and more before what had been counted by then, in the parts that hold such.
const came = `parts as (
             select account_id, livemode, currency, counted_from, position, latest_before - interval '10 minutes' as late_before
               from (select *, lag(latest_at) over (partition by account_id, livemode, currency order by position)
                                 as latest_before
                       from books.snapshots) as taken
              where is_late
           ), came as (
             select account_id, livemode, currency, p.position, posted_at, account,
                    case account when 2 then coalesce(available_at, '-infinity') else '-infinity' end as until, amount
               from parts p join books.entries e using (account_id, livemode, currency), ${postings}
              where e.position >= p.counted_from and e.position < p.position and posted_at < p.late_before
           )`;
const known =
  'unnest(known.accounts, known.untils, known.amounts) as posting(account, until, amount)';
const summedFrom = (span: number, by: string): string =>
  `select account_id, livemode, currency, ${span} as span, ${by} as since, account, until, sum(amount) as amount
               from books.late_sums known, ${known} where span = ${span - 1}
              group by account_id, livemode, currency, ${by}, account, until`;

export const checks = [
  {
    name: 'every entry sums to zero',
    text: `select account_id, id from books.entries where not books.is_balanced(accounts, amounts)`,
  },
  {
    name: 'the books of every merchant, mode and currency sum to zero',
    text: `select account_id, livemode, currency, sum(amount) as sum
             from books.entries, ${postings}
            group by account_id, livemode, currency having sum(amount) <> 0`,
  },
  {
    name: 'the snapshots hold what all entries below the horizon sum to',
    text: `with summed as (
             select account_id, livemode, currency, account, sum(amount) as amount
               from books.entries, ${postings}
              where position < (select position from books.horizon)
              group by account_id, livemode, currency, account
           ), held as (
             select account_id, livemode, currency, account, balance
               from books.latest_snapshots, unnest(accounts, balances) as posting(account, balance)
           )
           select account_id, livemode, currency, account, balance, amount
             from summed full join held using (account_id, livemode, currency, account)
            where coalesce(balance, 0) <> coalesce(amount, 0)`,
  },
  {
    name: 'the newest snapshot of each is the last one kept',
    text: `select account_id, livemode, currency, newest.position
             from books.latest_snapshots newest
             left join books.snapshots kept using (account_id, livemode, currency, position)
            where kept is null or kept.balances <> newest.balances or kept.accounts <> newest.accounts
               or kept.pending_until <> newest.pending_until or kept.pending_amounts <> newest.pending_amounts
           union all
           select account_id, livemode, currency, kept.position
             from books.snapshots kept join books.latest_snapshots newest
            using (account_id, livemode, currency)
            where kept.position > newest.position`,
  },
  {
    name: 'every snapshot holds what had been posted by then',
    text: alongTheSnapshots(
      'account',
      'account',
      `select account_id, livemode, currency, account, n, position, 0, balance
               from numbered, unnest(accounts, balances) as posting(account, balance)`,
    ),
  },
  {
    name: 'every snapshot knows what was pending of it, and until when',
    text: alongTheSnapshots(
      'until',
      'case account when 2 then e.available_at end',
      `select account_id, livemode, currency, until, n, position, 0, amount
               from numbered, unnest(pending_until, pending_amounts) as waits(until, amount)`,
    ),
  },
  {
    name: 'the newest snapshots know of all that is pending',
    text: `with summed as (
             select e.account_id, e.livemode, e.currency, e.available_at as until, sum(amount) as amount
               from books.entries e join books.latest_snapshots newest using (account_id, livemode, currency),
                    ${postings.replace('accounts, amounts', 'e.accounts, e.amounts')}
              where account = 2 and e.position < newest.position and e.available_at > newest.latest_at
              group by e.account_id, e.livemode, e.currency, e.available_at having sum(amount) <> 0
           ), known as (
             select account_id, livemode, currency, until, amount
               from books.latest_snapshots, unnest(pending_until, pending_amounts) as waits(until, amount)
           )
           select account_id, livemode, currency, until, known.amount as known, summed.amount as summed
             from summed full join known using (account_id, livemode, currency, until)
            where known.amount is distinct from summed.amount`,
  },
  {
    name: 'what came late is known of its snapshots',
    text: `with ${came}, added as (
             select account_id, livemode, currency, position, case account when 2 then 3 else account end as account,
                    sum(amount) as amount
               from came group by 1, 2, 3, 4, 5
           ), said as (
             select account_id, livemode, currency, position, account, sum(amount) as amount
               from (select account_id, livemode, currency, which.position,
                            case account when 2 then 3 else account end as account, which.sign * amount as amount
                       from (select *, lead(position) over (partition by account_id, livemode, currency order by position)
                                         as next_position
                               from books.late_parts) as known, ${known},
                            lateral (values (known.position, 1), (next_position, -1)) as which(position, sign)
                      where which.position is not null) as each
              group by account_id, livemode, currency, position, account
           ), mixed as (
             select account_id, livemode, currency, p.position, p.late_before, bool_and(posted_at < p.late_before) as is_all
               from parts p join books.entries e using (account_id, livemode, currency)
              where e.position >= p.counted_from and e.position < p.position
              group by account_id, livemode, currency, p.position, p.late_before
           )
           select account_id, livemode, currency, position
             from added full join said using (account_id, livemode, currency, position, account)
            where coalesce(added.amount, 0) <> coalesce(said.amount, 0)
           union all
           select account_id, livemode, currency, position
             from mixed full join books.late_parts known using (account_id, livemode, currency, position)
            where mixed.late_before is distinct from known.late_before or mixed.is_all <> known.is_all`,
  },
  {
    name: 'what came late is summed by its moments, minutes and days',
    text: `with ${came}, added as (
             select account_id, livemode, currency, 0 as span, posted_at as since, account, until, sum(amount) as amount
               from came group by account_id, livemode, currency, posted_at, account, until
             union all
             ${summedFrom(1, "date_bin('1 minute', since, '2000-01-01Z')")}
             union all
             ${summedFrom(2, "date_bin('1 day', since, '2000-01-01Z')")}
           ), said as (
             select account_id, livemode, currency, span, since, account, until, amount from books.late_sums known, ${known}
           )
           select account_id, livemode, currency, span, since, account, until, added.amount as added, said.amount as said
             from added full join said using (account_id, livemode, currency, span, since, account, until)
            where coalesce(added.amount, 0) <> coalesce(said.amount, 0)`,
  },
  {
    name: 'what is pending is what will be released, each unit once',
    text: `with pending as (
             select account_id, livemode, currency, sum(amount) as amount
               from books.entries, ${postings}
              where account = 2 group by account_id, livemode, currency
           ), to_come as (
             select account_id, livemode, currency, sum(amount) as amount from (
               select account_id, livemode, currency, amount from books.maturing
               union all
               select account_id, livemode, currency, amount from books.entries, ${postings}
                where account = 2 and available_at is not null
                  and position >= (select position from books.horizon)) known
              group by account_id, livemode, currency
           )
           select account_id, livemode, currency, pending.amount as pending, to_come.amount as to_come
             from pending full join to_come using (account_id, livemode, currency)
            where coalesce(pending.amount, 0) <> coalesce(to_come.amount, 0)`,
  },
  {
    name: 'what is pending is released when its entry says',
    text: `select m.account_id, m.livemode, m.currency, m.subject, m.due_at, e.available_at
             from books.maturing m
             left join books.entries e on e.account_id = m.account_id and e.livemode = m.livemode
                                      and e.id = m.subject
            where e.available_at is distinct from m.due_at`,
  },
  {
    name: 'no snapshot and no seal lies ahead of the database',
    text: `select h.position, greatest(h.position, (select max(upto) from books.seals)) as highest
             from books.horizon h
            where greatest(h.position, (select max(upto) from books.seals))
                    > pg_snapshot_xmax(pg_current_snapshot())::text::bigint + h.base`,
  },
];
