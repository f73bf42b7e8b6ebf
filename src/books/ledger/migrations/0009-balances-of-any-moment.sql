-- A balance as of any moment, without looking through what came after it. A snapshot says where its part of the
-- entries begins and how far back in time that part reaches, so that only parts are read that can hold something
-- of the moment; and what was pending when it was taken, by the moment from which on it no longer is: releases
-- come when a worker gets to them, and what is answered goes by what was due.

-- Who takes snapshots leaves it until this is done, as for a row that another one has taken.
select from books.horizon for update;

-- Meanwhile older processes go on: they answer balances and lists from these tables, and none is locked before the end.
create table books.snapshots_anew (
  like books.snapshots including defaults,
  counted_from bigint not null,
  earliest_at timestamptz not null,
  -- Something in this part is dated more than ten minutes before the latest of what had been counted by then.
  is_late boolean not null,
  -- What is pending at `latest_at`, summed by the moment at which it becomes available.
  pending_until timestamptz[] not null,
  pending_amounts bigint[] not null
);

-- All snapshots at once, in time that grows as their number and that of the entries do. Nobody has counted the rows
-- of the steps before they are joined, and only a hash of all that they are joined by is fast whatever their number:
-- a merge by the merchant alone compares each of a merchant's snapshots with all of them.
set local enable_nestloop = off;
set local enable_mergejoin = off;
set local work_mem = '64MB';

-- The snapshots of a merchant, mode and currency are numbered from 1. Part n is what snapshot n counted first.
with numbered as materialized (
  select account_id, livemode, currency, position, latest_at, row_number() over in_order as n,
         lag(latest_at) over in_order as latest_before,
         count(*) over (partition by account_id, livemode, currency) as last
    from books.snapshots
  window in_order as (partition by account_id, livemode, currency order by position)
), both_kinds as (
  select account_id, livemode, currency, position, 0 as is_entry, null::timestamptz as posted_at,
         null::timestamptz as available_at, null::numeric as pending
    from books.snapshots
  union all
  select account_id, livemode, currency, position, 1, posted_at, available_at,
         case when available_at is not null then
           (select sum(amount) from unnest(accounts, amounts) as posting(account, amount) where account = 2)
         end
    from books.entries
), placed as (
  -- A snapshot counts what lies below its position; what lies at it belongs to the next one.
  select *, 1 + count(*) filter (where is_entry = 0)
                  over (partition by account_id, livemode, currency order by position, is_entry
                        rows unbounded preceding) as n
    from both_kinds
), summed as materialized (
  select account_id, livemode, currency, n, available_at, min(position) as since, min(posted_at) as earliest_at,
         sum(pending) as amount
    from placed where is_entry = 1
   group by account_id, livemode, currency, n, available_at
), parts as (
  select account_id, livemode, currency, n, min(since) as since, min(earliest_at) as earliest_at
    from summed group by account_id, livemode, currency, n
), changes as (
  -- What waits for one moment stays as it is from one part that changes it to the next one.
  select account_id, livemode, currency, s.available_at as until, n, last,
         sum(s.amount) over in_order as amount, lead(n) over in_order as changed_at
    from summed s join numbered using (account_id, livemode, currency, n)
   where s.available_at > latest_at and s.amount is not null
  window in_order as (partition by account_id, livemode, currency, s.available_at order by n)
), moments as (
  select account_id, livemode, currency, latest_at as moment, 0 as is_until, n from numbered
  union all
  select distinct account_id, livemode, currency, until, 1, null::bigint from changes
), due as (
  -- The first snapshot at which it waits no more: `latest_at` never falls.
  select *, min(n) over (partition by account_id, livemode, currency order by moment desc, is_until
                         rows unbounded preceding) as due_at
    from moments
), waits as (
  select account_id, livemode, currency, until, amount::bigint as amount,
         generate_series(c.n, least(changed_at, due_at, last + 1) - 1) as n
    from changes c
    join (select account_id, livemode, currency, moment as until, due_at from due where is_until = 1) as d
   using (account_id, livemode, currency, until)
   where amount <> 0
), waiting as (
  select account_id, livemode, currency, n, array_agg(until order by until) as untils,
         array_agg(amount order by until) as amounts
    from waits group by account_id, livemode, currency, n
)
insert into books.snapshots_anew (position, latest_at, entries, account_id, livemode, currency, accounts, balances,
                                  counted_from, earliest_at, is_late, pending_until, pending_amounts)
select position, taken.latest_at, entries, account_id, livemode, currency, accounts, balances,
       coalesce(p.since, position), coalesce(p.earliest_at, taken.latest_at),
       coalesce(p.earliest_at < k.latest_before - interval '10 minutes', false),
       coalesce(w.untils, '{}'), coalesce(w.amounts, '{}')
  from books.snapshots taken
  join numbered k using (account_id, livemode, currency, position)
  left join parts p using (account_id, livemode, currency, n)
  left join waiting w using (account_id, livemode, currency, n)
 order by position;

alter table books.snapshots_anew add primary key (account_id, livemode, currency, position);
create index snapshots_by_moment on books.snapshots_anew (account_id, livemode, currency, latest_at, position);
create index snapshots_late on books.snapshots_anew (account_id, livemode, currency, earliest_at) where is_late;
call platform.isolate('books.snapshots_anew');
call platform.open_to_owner('books.snapshots_anew');
grant select on books.snapshots_anew to tollgate_app;
-- Of an empty one the planner would believe that it stays empty.
do $$
begin
  if exists (select from books.snapshots_anew) then analyze books.snapshots_anew; end if;
end
$$;

-- Both at once: who reads one of them and waits for the other would be waited for in turn.
lock table books.latest_snapshots, books.snapshots;
drop table books.snapshots;
alter table books.snapshots_anew rename to snapshots;
alter index books.snapshots_anew_pkey rename to snapshots_pkey;

alter table books.latest_snapshots
  add column pending_until timestamptz[],
  add column pending_amounts bigint[];
update books.latest_snapshots newest
   set pending_until = kept.pending_until, pending_amounts = kept.pending_amounts
  from books.snapshots kept
 where (kept.account_id, kept.livemode, kept.currency, kept.position)
         = (newest.account_id, newest.livemode, newest.currency, newest.position);
alter table books.latest_snapshots
  alter column pending_until set not null,
  alter column pending_amounts set not null;

reset enable_nestloop;
reset enable_mergejoin;
reset work_mem;

-- As before, and what the tables above have learned.
create or replace function books.take_snapshots(transactions integer) returns bigint
  language plpgsql security definer set search_path = pg_catalog
  as $$
declare
  since bigint;
  first bigint;
  upto bigint;
  counted bigint;
begin
  select position into since from books.horizon for update skip locked;
  if not found then return null; end if;
  upto := books.settled_position();
  select min(position) into first from books.entries where position >= since and position < upto;
  if first is null then return null; end if;
  upto := least(upto, first + transactions);

  with fresh as materialized (
    select account_id, livemode, currency, id, part, posted_at, available_at, accounts, amounts
      from books.entries where position >= since and position < upto
  ), moved as (
    select account_id, livemode, currency, account, sum(amount) as amount
      from fresh, unnest(accounts, amounts) as posting(account, amount)
     group by account_id, livemode, currency, account
  ), touched as (
    select account_id, livemode, currency, count(*) as entries, min(posted_at) as earliest_at,
           max(posted_at) as latest_at
      from fresh group by account_id, livemode, currency
  ), known as (
    select t.account_id, t.livemode, t.currency, t.entries + coalesce(l.entries, 0) as entries, t.earliest_at,
           greatest(t.latest_at, l.latest_at) as latest_at,
           coalesce(t.earliest_at < l.latest_at - interval '10 minutes', false) as is_late,
           l.accounts, l.balances, l.pending_until, l.pending_amounts
      from touched t left join books.latest_snapshots l using (account_id, livemode, currency)
  ), held as (
    select account_id, livemode, currency, account, balance as amount
      from known, unnest(accounts, balances) as posting(account, balance)
  ), summed as (
    select account_id, livemode, currency, array_agg(account order by account) as accounts,
           array_agg(balance order by account) as balances
      from (select account_id, livemode, currency, account, sum(amount)::bigint as balance
              from (table moved union all table held) as both_of_them
             group by account_id, livemode, currency, account) as each
     group by account_id, livemode, currency
  ), ripens as (
    select account_id, livemode, currency, available_at, (array_agg(id order by id))[1] as subject,
           (array_agg(part order by id))[1] as part, sum(amount)::bigint as amount
      from fresh, unnest(accounts, amounts) as posting(account, amount)
     where available_at is not null and account = 2
     group by account_id, livemode, currency, available_at
    having sum(amount) <> 0
  ), waits as (
    select account_id, livemode, currency, available_at, amount from ripens
    union all
    select account_id, livemode, currency, until, amount
      from known, unnest(pending_until, pending_amounts) as carried (until, amount)
  ), waiting as (
    select account_id, livemode, currency, array_agg(available_at order by available_at) as untils,
           array_agg(amount order by available_at) as amounts
      from (select w.account_id, w.livemode, w.currency, w.available_at, sum(w.amount)::bigint as amount
              from waits w join known k using (account_id, livemode, currency)
             where w.available_at > k.latest_at
             group by w.account_id, w.livemode, w.currency, w.available_at
            having sum(w.amount) <> 0) as each
     group by account_id, livemode, currency
  ), taken as (
    select k.account_id, k.livemode, k.currency, k.entries, k.earliest_at, k.latest_at, k.is_late,
           s.accounts, s.balances, coalesce(w.untils, '{}') as pending_until,
           coalesce(w.amounts, '{}') as pending_amounts
      from known k
      join summed s using (account_id, livemode, currency)
      left join waiting w using (account_id, livemode, currency)
  ), kept as (
    insert into books.snapshots (account_id, livemode, currency, entries, earliest_at, latest_at, is_late,
                                 counted_from, position, accounts, balances, pending_until, pending_amounts)
    select account_id, livemode, currency, entries, earliest_at, latest_at, is_late, first, upto, accounts,
           balances, pending_until, pending_amounts
      from taken
  ), newest as (
    insert into books.latest_snapshots (account_id, livemode, currency, entries, latest_at, position, accounts,
                                        balances, pending_until, pending_amounts)
    select account_id, livemode, currency, entries, latest_at, upto, accounts, balances, pending_until,
           pending_amounts
      from taken
    on conflict (account_id, livemode, currency) do update
       set entries = excluded.entries, latest_at = excluded.latest_at, position = excluded.position,
           accounts = excluded.accounts, balances = excluded.balances,
           pending_until = excluded.pending_until, pending_amounts = excluded.pending_amounts
  ), ripening as (
    insert into books.maturing (account_id, livemode, currency, due_at, subject, part, amount)
    select account_id, livemode, currency, available_at, subject, part, amount from ripens
  )
  select coalesce(sum(entries), 0) into counted from touched;

  update books.horizon set position = upto;
  return counted;
end
$$;
