-- What providers tell of disputes: how far each account's feed was read, and what it said.

create table rails.dispute_feeds (
  account_id uuid not null,
  livemode boolean not null,
  connector_account_id uuid not null,
  version integer not null default 1,
  -- The provider's own; null before the first page.
  cursor text,
  -- How many notices it has given: the order of them all.
  taken bigint not null default 0,
  failures integer not null default 0,
  due_at timestamptz not null,
  leased_until timestamptz,
  primary key (account_id, livemode, connector_account_id)
);
create index dispute_feeds_due on rails.dispute_feeds (due_at);
call platform.isolate('rails.dispute_feeds');
call platform.open_to_owner('rails.dispute_feeds');
grant select, insert, update on rails.dispute_feeds to tollgate_app;

create table rails.dispute_notices (
  account_id uuid not null,
  livemode boolean not null,
  id uuid not null,
  connector_account_id uuid not null,
  key text not null check (length(key) between 1 and 300),
  position bigint not null,
  -- Of what it speaks: notices of one dispute take effect in their order.
  subject text not null,
  notice json not null,
  received_at timestamptz not null,
  -- 1 waits, 2 was taken, 3 was given up on.
  state smallint not null default 1 check (state between 1 and 3),
  tries integer not null default 0,
  due_at timestamptz,
  leased_until timestamptz,
  primary key (account_id, livemode, id),
  check ((due_at is null) = (state <> 1)),
  -- A notice takes effect once, however often it is told.
  unique (account_id, livemode, connector_account_id, key)
);
create index dispute_notices_due on rails.dispute_notices (due_at) where due_at is not null;
create index dispute_notices_waiting
  on rails.dispute_notices (account_id, livemode, connector_account_id, subject, position)
  where state = 1;
call platform.isolate('rails.dispute_notices');
call platform.open_to_owner('rails.dispute_notices');
grant select, insert, update on rails.dispute_notices to tollgate_app;

create function rails.lease_dispute_feeds(
  due_before timestamptz, at_most integer, lease_ms double precision
) returns table (account_id uuid, livemode boolean, id uuid)
  language sql security definer set search_path = pg_catalog
  as $$
    update rails.dispute_feeds f
       set leased_until = clock_timestamp() + make_interval(secs => lease_ms / 1000)
      from (select d.account_id, d.livemode, d.connector_account_id from rails.dispute_feeds d
             where d.due_at <= due_before
               and (d.leased_until is null or d.leased_until < clock_timestamp())
             order by d.due_at limit at_most for update skip locked) due
     where f.account_id = due.account_id and f.livemode = due.livemode
       and f.connector_account_id = due.connector_account_id
    returning f.account_id, f.livemode, f.connector_account_id
  $$;
revoke execute on function rails.lease_dispute_feeds from public;
grant execute on function rails.lease_dispute_feeds to tollgate_app;

-- Only the first that waits of each dispute: a decision is not heard before the opening.
create function rails.lease_dispute_notices(
  due_before timestamptz, at_most integer, lease_ms double precision
) returns table (account_id uuid, livemode boolean, id uuid)
  language sql security definer set search_path = pg_catalog
  as $$
    update rails.dispute_notices n
       set leased_until = clock_timestamp() + make_interval(secs => lease_ms / 1000)
      from (select d.account_id, d.livemode, d.id from rails.dispute_notices d
             where d.due_at <= due_before
               and (d.leased_until is null or d.leased_until < clock_timestamp())
               and not exists (
                 select from rails.dispute_notices e
                  where e.account_id = d.account_id and e.livemode = d.livemode
                    and e.connector_account_id = d.connector_account_id and e.subject = d.subject
                    and e.state = 1 and e.position < d.position)
             order by d.due_at, d.position limit at_most for update skip locked) due
     where n.account_id = due.account_id and n.livemode = due.livemode and n.id = due.id
    returning n.account_id, n.livemode, n.id
  $$;
revoke execute on function rails.lease_dispute_notices from public;
grant execute on function rails.lease_dispute_notices to tollgate_app;
