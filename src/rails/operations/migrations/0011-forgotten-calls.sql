-- Calls that a send journal knows and this database does not: it was put back to an earlier state, or a server took over
-- that had not heard of them. They are rows, so that every process keeps from sending more for the same payment, and
-- not only the one whose journal it was. A person looks at each at its provider, and lets its payment go.
create table rails.forgotten_calls (
  account_id uuid not null,
  livemode boolean not null,
  -- Of the operation.
  id uuid not null,
  intent_id uuid not null,
  connector_account_id uuid not null,
  -- Lines of older versions do not say it.
  kind smallint,
  amount bigint,
  currency text,
  reference text not null,
  provider_key text not null,
  sent_at timestamptz not null,
  released_at timestamptz,
  primary key (account_id, livemode, id)
);
create index forgotten_calls_open on rails.forgotten_calls (intent_id) where released_at is null;

call platform.isolate('rails.forgotten_calls');
call platform.open_to_owner('rails.forgotten_calls');
grant select, insert, update on rails.forgotten_calls to tollgate_app;

-- Of all accounts: what nothing is sent for.
create function rails.locked_intents() returns setof uuid
  language sql stable security definer set search_path = pg_catalog
  as $$ select distinct intent_id from rails.forgotten_calls where released_at is null $$;
revoke execute on function rails.locked_intents from public;
grant execute on function rails.locked_intents to tollgate_app;
