-- The ledger. One row is one balanced entry with its postings as arrays; rows are only ever added.
--
-- An entry's id is its business key: the id of the object it is about (charge, refund, dispute, payout),
-- with the last 16 bits replaced by purpose and part. The primary key alone so refuses a second posting
-- of the same fact, in every partition, without a further index.

create schema books;
grant usage on schema books to tollgate_app;

-- Smallest check that says it all: as many amounts as accounts, known accounts, no empty postings, sum 0.
create function books.is_balanced(accounts smallint[], amounts bigint[]) returns boolean
  language sql immutable parallel safe set search_path = pg_catalog
  as $$
    select coalesce(
      cardinality(accounts) = cardinality(amounts) and cardinality(accounts) between 2 and 16
        and array_position(amounts, null) is null and array_position(amounts, 0) is null
        and accounts <@ '{1,2,3,4,5,6,7,8,9,10,11,12}'::smallint[]
        and (select sum(amount) = 0 from unnest(amounts) as amount),
      false)
  $$;

create table books.entries (
  -- Rises with the transactions that post. Everything below what `books.settled_position` answers is
  -- finished, so sums, snapshots and seals that end there miss nothing that commits late. The serving
  -- role cannot choose it.
  position bigint not null default (pg_current_xact_id()::text::bigint),
  posted_at timestamptz not null,
  -- From when on the merchant's share may be paid out. Null: at once.
  available_at timestamptz,
  purpose smallint not null check (purpose between 1 and 255),
  part smallint not null check (part between 0 and 255),
  account_id uuid not null,
  livemode boolean not null,
  id uuid not null,
  subject uuid not null,
  currency text not null check (currency ~ '^[a-z]{3}$'),
  accounts smallint[] not null,
  amounts bigint[] not null,
  details json,
  primary key (account_id, livemode, id),
  constraint balanced check (books.is_balanced(accounts, amounts)),
  -- What is pending has a day on which it is no longer, or is what moves it on that day.
  constraint pending_has_its_day check (
    available_at is not null or purpose = 40 or array_position(accounts, 2::smallint) is null),
  constraint named_by_its_business_key check (
    left(id::text, 32) = left(subject::text, 32)
    and right(id::text, 4) = lpad(to_hex(purpose * 256 + part), 4, '0'))
) partition by range (id);
create index entries_by_position on books.entries (account_id, livemode, position);
-- Entries arrive nearly in the order of their positions, so a few bytes per block find a range of them.
create index entries_in_order on books.entries using brin (position)
  with (pages_per_range = 32, autosummarize = on);

create table books.entries_default partition of books.entries default;

call platform.isolate('books.entries');
call platform.open_to_owner('books.entries');
call platform.isolate('books.entries_default');
call platform.open_to_owner('books.entries_default');
grant select on books.entries to tollgate_app;
grant insert (posted_at, available_at, purpose, part, account_id, livemode, id, subject, currency,
              accounts, amounts, details) on books.entries to tollgate_app;

create trigger append_only before update or delete on books.entries
  for each row execute function platform.refuse_change();
create trigger append_only_too before truncate on books.entries
  for each statement execute function platform.refuse_change();

create function books.prepare_partitions(first_month date, months integer) returns void
  language plpgsql security definer set search_path = pg_catalog
  as $$
declare
  month date;
  after date;
  partition text;
begin
  for n in 0 .. months - 1 loop
    month := (date_trunc('month', first_month) + make_interval(months => n))::date;
    after := (month + interval '1 month')::date;
    partition := format('entries_%s', to_char(month, 'YYYY_MM'));
    continue when to_regclass('books.' || partition) is not null;
    -- A month that already has rows in the default partition stays there.
    continue when exists (
      select from books.entries_default
       where id >= platform.uuid_at(month) and id < platform.uuid_at(after));
    execute format('create table books.%I partition of books.entries for values from (%L) to (%L)',
      partition, platform.uuid_at(month), platform.uuid_at(after));
    execute format('call platform.isolate(%L)', 'books.' || partition);
    execute format('call platform.open_to_owner(%L)', 'books.' || partition);
  end loop;
end
$$;

-- How far snapshots reach, and what is added to PostgreSQL's transaction numbers to get positions: they
-- begin anew in a database that was restored from a dump, positions never do.
create table books.horizon (
  only_one boolean primary key default true check (only_one),
  position bigint not null,
  base bigint not null
);
insert into books.horizon (position, base) values (pg_current_xact_id()::text::bigint, 0);
grant select on books.horizon to tollgate_app;

-- Every entry below it is committed and visible, or never will be.
create function books.settled_position() returns bigint
  language sql stable
  as $$ select pg_snapshot_xmin(pg_current_snapshot())::text::bigint + base from books.horizon $$;

-- What each ledger account of a merchant held when everything below `position` was counted.
create table books.snapshots (
  position bigint not null,
  -- The latest moment among the entries counted: a snapshot answers for moments from it on.
  latest_at timestamptz not null,
  entries bigint not null,
  account_id uuid not null,
  livemode boolean not null,
  currency text not null,
  accounts smallint[] not null,
  balances bigint[] not null,
  primary key (account_id, livemode, currency, position)
);
-- The newest of each: there is nothing between it and the horizon.
create table books.latest_snapshots (like books.snapshots including defaults,
  primary key (account_id, livemode, currency));

-- What becomes available later, summed by the moment at which it does, once per entry.
create table books.maturing (
  due_at timestamptz not null,
  amount bigint not null,
  account_id uuid not null,
  livemode boolean not null,
  part smallint not null,
  currency text not null,
  -- The first entry of the sum; it names the release.
  subject uuid not null,
  primary key (account_id, livemode, subject)
);
create index maturing_due on books.maturing (livemode, due_at);

call platform.isolate('books.snapshots');
call platform.open_to_owner('books.snapshots');
call platform.isolate('books.latest_snapshots');
call platform.open_to_owner('books.latest_snapshots');
call platform.isolate('books.maturing');
call platform.open_to_owner('books.maturing');
grant select on books.snapshots, books.latest_snapshots, books.maturing to tollgate_app;

-- Counts what was posted since the horizon, up to where all is settled, and moves the horizon. One
-- taker at a time. Says how many entries were counted, or null when there is nothing to count.
create function books.take_snapshots(transactions integer) returns bigint
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
    select account_id, livemode, currency, count(*) as entries, max(posted_at) as latest_at
      from fresh group by account_id, livemode, currency
  ), held as (
    select account_id, livemode, currency, account, balance as amount
      from touched join books.latest_snapshots using (account_id, livemode, currency),
           unnest(accounts, balances) as posting(account, balance)
  ), summed as (
    select account_id, livemode, currency, account, sum(amount)::bigint as balance
      from (table moved union all table held) as both_of_them
     group by account_id, livemode, currency, account
  ), taken as (
    select t.account_id, t.livemode, t.currency, t.entries + coalesce(l.entries, 0) as entries,
           greatest(t.latest_at, l.latest_at) as latest_at,
           array_agg(s.account order by s.account) as accounts,
           array_agg(s.balance order by s.account) as balances
      from touched t
      join summed s using (account_id, livemode, currency)
      left join books.latest_snapshots l using (account_id, livemode, currency)
     group by t.account_id, t.livemode, t.currency, t.entries, l.entries, t.latest_at, l.latest_at
  ), kept as (
    insert into books.snapshots (account_id, livemode, currency, entries, latest_at, position, accounts, balances)
    select account_id, livemode, currency, entries, latest_at, upto, accounts, balances from taken
  ), newest as (
    insert into books.latest_snapshots (account_id, livemode, currency, entries, latest_at, position, accounts, balances)
    select account_id, livemode, currency, entries, latest_at, upto, accounts, balances from taken
    on conflict (account_id, livemode, currency) do update
       set entries = excluded.entries, latest_at = excluded.latest_at, position = excluded.position,
           accounts = excluded.accounts, balances = excluded.balances
  ), ripening as (
    insert into books.maturing (account_id, livemode, currency, due_at, subject, part, amount)
    select account_id, livemode, currency, available_at, (array_agg(id order by id))[1],
           (array_agg(part order by id))[1], sum(amount)
      from fresh, unnest(accounts, amounts) as posting(account, amount)
     where available_at is not null and account = 2
     group by account_id, livemode, currency, available_at
    having sum(amount) <> 0
  )
  select coalesce(sum(entries), 0) into counted from touched;

  update books.horizon set position = upto;
  return counted;
end
$$;

-- Moves what has become available from pending to available: one entry for each sum that is due. `due`
-- is by the clock of the caller, since a user of test mode may move it.
create function books.release_due(due timestamptz, mode boolean, at_most integer) returns bigint
  language sql security definer set search_path = pg_catalog
  as $$
    with ripe as (
      delete from books.maturing
       where (account_id, livemode, subject) in (
         select account_id, livemode, subject from books.maturing
          where livemode = mode and due_at <= due
          order by due_at, account_id, subject limit at_most for update skip locked)
      returning *
    ), released as (
      insert into books.entries (posted_at, purpose, part, account_id, livemode, id, subject, currency,
                                 accounts, amounts)
      select due, 40, part, account_id, livemode,
             (left(subject::text, 32) || lpad(to_hex(40 * 256 + part), 4, '0'))::uuid, subject, currency,
             '{2,3}', array[-amount, amount]
        from ripe
      returning 1
    )
    select count(*) from released
  $$;

-- A database restored from a dump counts its transactions from the beginning: positions go on where the
-- books stopped. Says whether anything had to be done.
create function books.align_positions() returns boolean
  language plpgsql security definer set search_path = pg_catalog
  as $$
declare
  highest bigint;
  missing bigint;
begin
  select greatest(h.position, coalesce((select max(upto) from books.seals), 0)),
         greatest(h.position, coalesce((select max(upto) from books.seals), 0))
           - (pg_snapshot_xmin(pg_current_snapshot())::text::bigint + h.base)
    into highest, missing from books.horizon h;
  if missing <= 0 then return false; end if;

  update books.horizon set base = base + missing;
  execute format(
    'alter table books.entries alter column position set default (pg_current_xact_id()::text::bigint + %s)',
    (select base from books.horizon));
  return true;
end
$$;

-- The chain of seals. A seal covers every entry from where the seal before it ended up to `upto`.
create table books.seals (
  number bigint primary key check (number > 0),
  upto bigint not null,
  entries integer not null check (entries > 0),
  root bytea not null,
  previous bytea not null,
  hash bytea not null unique,
  signature bytea not null,
  sealed_at timestamptz not null
);
create trigger append_only before update or delete on books.seals
  for each row execute function platform.refuse_change();
grant select, insert on books.seals to tollgate_app;

-- The sealer and the verifier read entries of all accounts, and only they do.
create function books.entries_between(since bigint, upto bigint) returns setof books.entries
  language sql stable security definer set search_path = pg_catalog
  as $$
    select * from books.entries where position >= since and position < upto order by position, id
  $$;
-- Where the next seal ends: null when nothing is settled since the last one.
create function books.next_seal_end(since bigint, transactions integer) returns bigint
  language sql stable security definer set search_path = pg_catalog
  as $$
    select least(settled, min(position) + transactions)
      from books.entries, books.settled_position() as settled
     where position >= since and position < settled
     group by settled
  $$;

revoke execute on function books.prepare_partitions, books.take_snapshots, books.release_due,
  books.align_positions, books.entries_between, books.next_seal_end from public;
grant execute on function books.prepare_partitions, books.take_snapshots, books.release_due,
  books.align_positions, books.entries_between, books.next_seal_end to tollgate_app;
