-- A balance as of any moment, without looking through what came after it. A snapshot says where its part of the
-- entries begins and how far back in time that part reaches, so that only parts are read that can hold something
-- of the moment; and what was pending when it was taken, by the moment from which on it no longer is: releases
-- come when a worker gets to them, and what is answered goes by what was due.

-- Who takes snapshots leaves it until this is done, as for a row that another one has taken.
select from books.horizon for update;

alter table books.snapshots
  add column counted_from bigint,
  add column earliest_at timestamptz,
  -- Something in this part is dated more than ten minutes before the latest of what had been counted by then.
  add column is_late boolean not null default false,
  -- What is pending at `latest_at`, summed by the moment at which it becomes available.
  add column pending_until timestamptz[],
  add column pending_amounts bigint[];
alter table books.latest_snapshots
  add column pending_until timestamptz[],
  add column pending_amounts bigint[];

do $$
declare
  taken books.snapshots;
  part record;
  still record;
  -- The one before it, of the same merchant, mode and currency.
  earlier books.snapshots;
begin
  for taken in select * from books.snapshots order by account_id, livemode, currency, position loop
    if (earlier.account_id, earlier.livemode, earlier.currency)
         is distinct from (taken.account_id, taken.livemode, taken.currency) then
      earlier := null;
    end if;
    select min(position) as since, min(posted_at) as earliest_at into part
      from books.entries
     where account_id = taken.account_id and livemode = taken.livemode and currency = taken.currency
       and position >= coalesce(earlier.position, 0) and position < taken.position;
    select coalesce(array_agg(until order by until), '{}') as untils,
           coalesce(array_agg(amount order by until), '{}') as amounts
      into still
      from (select until, sum(amount)::bigint as amount
              from (select * from unnest(earlier.pending_until, earlier.pending_amounts) as carried (until, amount)
                    union all
                    select available_at, posting.amount
                      from books.entries, unnest(accounts, amounts) as posting(account, amount)
                     where account_id = taken.account_id and livemode = taken.livemode
                       and currency = taken.currency
                       and position >= coalesce(earlier.position, 0) and position < taken.position
                       and account = 2 and available_at is not null) as each
             where until > taken.latest_at
             group by until having sum(amount) <> 0) as summed;
    update books.snapshots
       set counted_from = coalesce(part.since, taken.position),
           earliest_at = coalesce(part.earliest_at, taken.latest_at),
           is_late = coalesce(part.earliest_at < earlier.latest_at - interval '10 minutes', false),
           pending_until = still.untils,
           pending_amounts = still.amounts
     where account_id = taken.account_id and livemode = taken.livemode and currency = taken.currency
       and position = taken.position;
    earlier := taken;
    earlier.pending_until := still.untils;
    earlier.pending_amounts := still.amounts;
  end loop;
end
$$;

update books.latest_snapshots newest
   set pending_until = kept.pending_until, pending_amounts = kept.pending_amounts
  from books.snapshots kept
 where (kept.account_id, kept.livemode, kept.currency, kept.position)
         = (newest.account_id, newest.livemode, newest.currency, newest.position);

alter table books.snapshots
  alter column counted_from set not null,
  alter column earliest_at set not null,
  alter column is_late drop default,
  alter column pending_until set not null,
  alter column pending_amounts set not null;
alter table books.latest_snapshots
  alter column pending_until set not null,
  alter column pending_amounts set not null;

create index snapshots_by_moment on books.snapshots (account_id, livemode, currency, latest_at, position);
create index snapshots_late on books.snapshots (account_id, livemode, currency, earliest_at) where is_late;

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
