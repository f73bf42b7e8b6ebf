-- What is dated long before what had been counted by then is summed by its moments. A balance as of a moment looked
-- through the entries of every part that held one of those and reached back so far: after one entry dated a day ahead
-- these were all entries of that day, and in books that were copied all there are, which took longer than a statement may.

-- Who takes snapshots leaves it until this is done, as for a row that another one has taken.
select from books.horizon for update;

-- What came late, by when it is dated: to the moment (span 0), and summed by minutes (1) and by days (2), so that a
-- balance needs the days before, the minutes of that day, and what lies within the minute.
create table books.late_sums (
  span smallint not null check (span between 0 and 2),
  since timestamptz not null,
  account_id uuid not null,
  livemode boolean not null,
  currency text not null,
  accounts smallint[] not null,
  -- Until when it is pending, for what is booked so; for everything else -infinity.
  untils timestamptz[] not null,
  amounts bigint[] not null,
  primary key (account_id, livemode, currency, span, since)
);

-- A snapshot whose part holds something late, and what had come late by then: its balances hold that too.
create table books.late_parts (
  position bigint not null,
  -- What is dated earlier than this came late: ten minutes before the latest that had been counted.
  late_before timestamptz not null,
  -- Nothing else is in its part.
  is_all boolean not null,
  account_id uuid not null,
  livemode boolean not null,
  currency text not null,
  accounts smallint[] not null,
  untils timestamptz[] not null,
  amounts bigint[] not null,
  primary key (account_id, livemode, currency, position)
);

call platform.isolate('books.late_sums');
call platform.open_to_owner('books.late_sums');
call platform.isolate('books.late_parts');
call platform.open_to_owner('books.late_parts');
grant select on books.late_sums, books.late_parts to tollgate_app;

create function books.count_late(
  whose uuid, in_livemode boolean, in_currency text, counted_from bigint, upto bigint, before timestamptz)
  returns void
  language plpgsql set search_path = pg_catalog
  as $$
begin
  insert into books.late_sums (span, since, account_id, livemode, currency, accounts, untils, amounts)
  with late as (
    select posted_at, account, case account when 2 then coalesce(available_at, '-infinity') else '-infinity' end as until,
           amount
      from books.entries, unnest(accounts, amounts) as posting(account, amount)
     where account_id = whose and livemode = in_livemode and currency = in_currency
       and position >= counted_from and position < upto and posted_at < before
  ), fresh as materialized (
    select span, within.since, account, until, sum(amount) as amount
      from late, lateral (values
        (0, posted_at),
        (1, date_bin('1 minute', posted_at, '2000-01-01Z')),
        (2, date_bin('1 day', posted_at, '2000-01-01Z'))) as within(span, since)
     group by span, within.since, account, until
  ), held as (
    -- Each by its key: of a table that nobody has looked at yet the planner would compare all with all.
    select known.span, known.since, account, until, amount
      from (select distinct span, since from fresh) as touched
      cross join lateral (
        select * from books.late_sums of_key
         where of_key.account_id = whose and of_key.livemode = in_livemode and of_key.currency = in_currency
           and of_key.span = touched.span and of_key.since = touched.since offset 0) as known,
           unnest(known.accounts, known.untils, known.amounts) as posting(account, until, amount)
  ), summed as (
    select span, since, account, until, sum(amount)::bigint as amount
      from (table fresh union all table held) as both_of_them
     group by span, since, account, until
  )
  select span, since, whose, in_livemode, in_currency, array_agg(account order by account, until),
         array_agg(until order by account, until), array_agg(amount order by account, until)
    from summed group by span, since
  on conflict (account_id, livemode, currency, span, since) do update
     set accounts = excluded.accounts, untils = excluded.untils, amounts = excluded.amounts;

  -- What is due by the latest moment that had been counted is asked about for later moments only: it waits no more.
  insert into books.late_parts (position, late_before, is_all, account_id, livemode, currency, accounts, untils, amounts)
  with part as materialized (
    select posted_at < before as is_late, available_at, accounts, amounts
      from books.entries
     where account_id = whose and livemode = in_livemode and currency = in_currency
       and position >= counted_from and position < upto
  ), late as (
    select account, case account when 2 then coalesce(available_at, '-infinity') else '-infinity' end as until, amount
      from part, unnest(accounts, amounts) as posting(account, amount) where is_late
    union all
    select posting.*
      from (select accounts, untils, amounts from books.late_parts
             where account_id = whose and livemode = in_livemode and currency = in_currency and position < upto
             order by position desc limit 1) as newest,
           unnest(accounts, untils, amounts) as posting(account, until, amount)
  ), summed as (
    select due.account, due.until, sum(amount)::bigint as amount
      from late, lateral (
        select case when account = 2 and until <= before + interval '10 minutes' then 3 else account end as account,
               case when until <= before + interval '10 minutes' then '-infinity' else until end as until) as due
     group by due.account, due.until having sum(amount) <> 0
  )
  select upto, before, (select bool_and(is_late) from part), whose, in_livemode, in_currency,
         coalesce(array_agg(account order by account, until), '{}'),
         coalesce(array_agg(until order by account, until), '{}'),
         coalesce(array_agg(amount order by account, until), '{}')
    from summed;
end
$$;
revoke execute on function books.count_late from public;

-- What has been counted already, each part after those before it.
do $$
declare
  part record;
begin
  for part in
    select account_id, livemode, currency, counted_from, position, latest_before
      from (select *, lag(latest_at) over (partition by account_id, livemode, currency order by position) as latest_before
              from books.snapshots) as taken
     where is_late order by position
  loop
    perform books.count_late(part.account_id, part.livemode, part.currency, part.counted_from, part.position,
                             part.latest_before - interval '10 minutes');
  end loop;
end
$$;
-- Of an empty one the planner would believe that it stays empty.
do $$
begin
  if exists (select from books.late_parts) then
    analyze books.late_parts;
    analyze books.late_sums;
  end if;
end
$$;

-- As before, and what came late.
create or replace function books.take_snapshots(transactions integer) returns bigint
  language plpgsql security definer set search_path = pg_catalog
  as $$
declare
  since bigint;
  first bigint;
  upto bigint;
  counted bigint := 0;
  touched_now record;
begin
  select position into since from books.horizon for update skip locked;
  if not found then return null; end if;
  upto := books.settled_position();
  first := books.next_position(since, upto);
  if first is null then return null; end if;
  upto := least(upto, first + transactions);

  for touched_now in with fresh as materialized (
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
           t.entries as added, l.latest_at - interval '10 minutes' as late_before,
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
  select account_id, livemode, currency, added, is_late, late_before from known
  loop
    counted := counted + touched_now.added;
    if touched_now.is_late then
      perform books.count_late(touched_now.account_id, touched_now.livemode, touched_now.currency, first, upto,
                               touched_now.late_before);
    end if;
  end loop;

  update books.horizon set position = upto;
  return counted;
end
$$;

-- Only the question that looked through all late parts went by it.
drop index books.snapshots_late;
