-- What providers say they settled: how far each account's settlement was read, and each line as it came.

create table rails.settlement_feeds (
  account_id uuid not null,
  livemode boolean not null,
  -- The connector account.
  id uuid not null,
  version integer not null default 1,
  -- The provider's own; null before the first page.
  cursor text,
  failures integer not null default 0,
  due_at timestamptz not null,
  leased_until timestamptz,
  primary key (account_id, livemode, id)
);
create index settlement_feeds_due on rails.settlement_feeds (due_at);
call platform.isolate('rails.settlement_feeds');
call platform.open_to_owner('rails.settlement_feeds');
grant select, insert, update on rails.settlement_feeds to tollgate_app;

insert into rails.settlement_feeds (account_id, livemode, id, due_at)
select account_id, livemode, id, clock_timestamp() from rails.connector_accounts where not deleted;

create table rails.settlement_lines (
  account_id uuid not null,
  livemode boolean not null,
  id uuid not null,
  connector_account_id uuid not null,
  -- The provider's own name of it.
  key text not null check (length(key) between 1 and 300),
  kind text not null,
  batch text,
  -- The line, and all that the provider wrote there.
  line json not null,
  received_at timestamptz not null,
  -- 1 waits, 2 fits an operation, 3 fits nothing and waits for a person, 4 is about no operation.
  state smallint not null default 1 check (state between 1 and 4),
  tries integer not null default 0,
  due_at timestamptz,
  leased_until timestamptz,
  -- What a person found out.
  explanation text,
  explained_at timestamptz,
  primary key (account_id, livemode, id),
  check ((due_at is null) = (state <> 1)),
  check ((explanation is null) = (explained_at is null)),
  check (explanation is null or state = 3),
  unique (account_id, livemode, connector_account_id, key)
);
create index settlement_lines_due on rails.settlement_lines (due_at) where due_at is not null;
create index settlement_lines_for_person on rails.settlement_lines (account_id, livemode, id)
  where state = 3 and explanation is null;
call platform.isolate('rails.settlement_lines');
call platform.open_to_owner('rails.settlement_lines');
grant select, insert, update on rails.settlement_lines to tollgate_app;

create function rails.lease_settlement_feeds(
  due_before timestamptz, at_most integer, lease_ms double precision
) returns table (account_id uuid, livemode boolean, id uuid)
  language sql security definer set search_path = pg_catalog
  as $$
    update rails.settlement_feeds f
       set leased_until = clock_timestamp() + make_interval(secs => lease_ms / 1000)
      from (select d.account_id, d.livemode, d.id from rails.settlement_feeds d
             where d.due_at <= due_before
               and (d.leased_until is null or d.leased_until < clock_timestamp())
             order by d.due_at limit at_most for update skip locked) due
     where f.account_id = due.account_id and f.livemode = due.livemode and f.id = due.id
    returning f.account_id, f.livemode, f.id
  $$;
revoke execute on function rails.lease_settlement_feeds from public;
grant execute on function rails.lease_settlement_feeds to tollgate_app;

create function rails.lease_settlement_lines(
  due_before timestamptz, at_most integer, lease_ms double precision
) returns table (account_id uuid, livemode boolean, id uuid)
  language sql security definer set search_path = pg_catalog
  as $$
    update rails.settlement_lines l
       set leased_until = clock_timestamp() + make_interval(secs => lease_ms / 1000)
      from (select d.account_id, d.livemode, d.id from rails.settlement_lines d
             where d.due_at <= due_before
               and (d.leased_until is null or d.leased_until < clock_timestamp())
             order by d.due_at limit at_most for update skip locked) due
     where l.account_id = due.account_id and l.livemode = due.livemode and l.id = due.id
    returning l.account_id, l.livemode, l.id
  $$;
revoke execute on function rails.lease_settlement_lines from public;
grant execute on function rails.lease_settlement_lines to tollgate_app;
