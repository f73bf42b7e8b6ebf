-- The customers of a merchant. What the API can ask for stands in columns, the rest in one document.

create schema if not exists cards;
grant usage on schema cards to tollgate_app;

create table cards.customers (
  account_id uuid not null,
  livemode boolean not null,
  -- Carries the moment of creation.
  id uuid not null,
  -- Rises with every change, and is the sequence number of the customer's last event.
  version integer not null check (version > 0),
  deleted boolean not null default false,
  email text,
  name text,
  phone text,
  metadata jsonb not null,
  details json not null,
  primary key (account_id, livemode, id)
) with (fillfactor = 80);
create index customers_email on cards.customers (account_id, livemode, email) where email is not null;
create index customers_metadata on cards.customers using gin (metadata jsonb_path_ops)
  where metadata <> '{}';

call platform.isolate('cards.customers');
call platform.open_to_owner('cards.customers');
grant select, insert, update on cards.customers to tollgate_app;
