-- A merchant's accounts at providers, and what each operation asked of one.

create table rails.connector_accounts (
  account_id uuid not null,
  livemode boolean not null,
  id uuid not null,
  version integer not null check (version > 0),
  connector text not null,
  label text not null,
  -- Lower is asked first.
  priority integer not null,
  enabled boolean not null,
  deleted boolean not null default false,
  settings json not null,
  -- AES-256-GCM, bound to account, mode, id and connector. Empty once the account is deleted.
  secrets bytea not null,
  secret_names text[] not null,
  primary key (account_id, livemode, id),
  check (not (deleted and enabled)),
  check (not deleted or length(secrets) = 0)
);
call platform.isolate('rails.connector_accounts');
call platform.open_to_owner('rails.connector_accounts');
grant select, insert, update on rails.connector_accounts to tollgate_app;

-- What was asked, so that any process can go on with it. No card data: a card stands here by its id.
create table rails.requests (
  account_id uuid not null,
  livemode boolean not null,
  operation_id uuid not null,
  original_id uuid,
  request json not null,
  primary key (account_id, livemode, operation_id),
  -- Looked at when all is written: an operation that loses against another is no error, and takes its
  -- request with it.
  foreign key (account_id, livemode, operation_id) references rails.operations
    deferrable initially deferred,
  foreign key (account_id, livemode, original_id) references rails.operations
);
call platform.isolate('rails.requests');
call platform.open_to_owner('rails.requests');
grant select, insert on rails.requests to tollgate_app;

-- What was said over the wire, for support: card data and secrets are out of it before it comes here.
create table rails.exchanges (
  account_id uuid not null,
  livemode boolean not null,
  id uuid not null,
  connector_account_id uuid not null,
  operation_id uuid,
  at timestamptz not null,
  duration_ms integer not null,
  method text not null,
  url text not null check (length(url) <= 2000),
  request text not null check (length(request) <= 20000),
  status integer,
  -- Null where there was no whole answer; then `ended` says how it ended.
  response text check (length(response) <= 20000),
  ended text not null,
  primary key (account_id, livemode, id)
);
create index exchanges_of_operation on rails.exchanges (account_id, livemode, operation_id);
call platform.isolate('rails.exchanges');
call platform.open_to_owner('rails.exchanges');
grant select, insert on rails.exchanges to tollgate_app;

-- They are kept for a while. The ids are made in the order of time.
create function rails.forget_exchanges(before uuid, at_most integer) returns integer
  language sql security definer set search_path = pg_catalog
  as $$
    with gone as (
      delete from rails.exchanges e using (
        select x.account_id, x.livemode, x.id from rails.exchanges x where x.id < before limit at_most
      ) old
       where (e.account_id, e.livemode, e.id) = (old.account_id, old.livemode, old.id)
      returning 1
    ) select count(*)::integer from gone
  $$;
revoke execute on function rails.forget_exchanges from public;
grant execute on function rails.forget_exchanges to tollgate_app;

create unique index connector_accounts_by_id on rails.connector_accounts (id);

-- Whom an address belongs to that a provider calls: the caller has no key.
create function rails.owner_of_connector_account(wanted uuid)
  returns table (account_id uuid, livemode boolean)
  language sql stable security definer set search_path = pg_catalog
  as $$ select a.account_id, a.livemode from rails.connector_accounts a where a.id = wanted $$;
revoke execute on function rails.owner_of_connector_account from public;
grant execute on function rails.owner_of_connector_account to tollgate_app;

-- What providers sent and signed, as it came, sealed: payers may have typed into it.
create table rails.inbound_webhooks (
  account_id uuid not null,
  livemode boolean not null,
  id uuid not null,
  connector_account_id uuid not null,
  event_id text not null check (length(event_id) between 1 and 300),
  received_at timestamptz not null,
  sealed bytea not null,
  -- 1 waits, 2 was understood, 3 was given up on.
  state smallint not null default 1 check (state between 1 and 3),
  tries integer not null default 0,
  due_at timestamptz,
  leased_until timestamptz,
  primary key (account_id, livemode, id),
  check ((due_at is null) = (state <> 1)),
  -- One event takes effect once, however often it comes.
  unique (account_id, livemode, connector_account_id, event_id)
);
create index inbound_webhooks_due on rails.inbound_webhooks (due_at) where due_at is not null;
call platform.isolate('rails.inbound_webhooks');
call platform.open_to_owner('rails.inbound_webhooks');
grant select, insert, update on rails.inbound_webhooks to tollgate_app;

create function rails.lease_webhooks(due_before timestamptz, at_most integer, lease_ms double precision)
  returns table (account_id uuid, livemode boolean, id uuid)
  language sql security definer set search_path = pg_catalog
  as $$
    update rails.inbound_webhooks w
       set leased_until = clock_timestamp() + make_interval(secs => lease_ms / 1000)
      from (select d.account_id, d.livemode, d.id from rails.inbound_webhooks d
             where d.due_at <= due_before
               and (d.leased_until is null or d.leased_until < clock_timestamp())
             order by d.due_at limit at_most for update skip locked) due
     where w.account_id = due.account_id and w.livemode = due.livemode and w.id = due.id
    returning w.account_id, w.livemode, w.id
  $$;
revoke execute on function rails.lease_webhooks from public;
grant execute on function rails.lease_webhooks to tollgate_app;
