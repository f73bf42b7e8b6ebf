-- Where the next entry is that nobody has counted or sealed. The least of all positions from there on was asked for,
-- which reads each of them: after a day without a worker every seal of 256 transactions and every snapshot of 2,000
-- read all that was still to come, a million entries four thousand times. The next entry is near, so what is near is
-- looked at first, then four times as much, and so on: what is read grows as the gap does, and not as what lies beyond.

create function books.next_position(since bigint, upto bigint) returns bigint
  language plpgsql stable set search_path = pg_catalog
  as $$
declare
  first bigint := since;
  width bigint := 256;
  found_at bigint;
begin
  while first < upto loop
    select min(position) into found_at from books.entries
     where position >= first and position < least(first + width, upto);
    exit when found_at is not null;
    first := first + width;
    width := width * 4;
  end loop;
  return found_at;
end
$$;

revoke execute on function books.next_position from public;

create or replace function books.next_seal_end(since bigint, transactions integer) returns bigint
  language sql stable security definer set search_path = pg_catalog
  as $$
    select least(settled, next + transactions)
      from books.settled_position() as settled, books.next_position(since, settled) as next
     where next is not null
  $$;

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
  first := books.next_position(since, upto);
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
