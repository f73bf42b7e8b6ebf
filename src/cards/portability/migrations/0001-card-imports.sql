-- What was moved in, so that moving it in again changes nothing. A row is written in the commit that
-- writes the payment method: there is never one without the other. No card data stands here.

create schema if not exists cards;
grant usage on schema cards to tollgate_app;

create table cards.imports (
  account_id uuid not null,
  livemode boolean not null,
  -- Where the cards come from, as the merchant calls it: ids of two providers may be alike.
  source text not null,
  -- `id:` and the card's id there; `row:`, the import and the number of the row where it has none.
  row_key text not null,
  -- The file: the first half of its SHA-256, as it came, encrypted.
  import_id text not null,
  row_number integer not null check (row_number > 0),
  external_id text,
  method_id uuid not null,
  customer_id uuid not null,
  imported_at timestamptz not null,
  primary key (account_id, livemode, source, row_key)
);

-- Customers that were made for an import, by their id where they come from.
create table cards.imported_customers (
  account_id uuid not null,
  livemode boolean not null,
  source text not null,
  external_id text not null,
  customer_id uuid not null,
  primary key (account_id, livemode, source, external_id)
);

call platform.isolate('cards.imports');
call platform.open_to_owner('cards.imports');
call platform.isolate('cards.imported_customers');
call platform.open_to_owner('cards.imported_customers');
grant select, insert on cards.imports, cards.imported_customers to tollgate_app;
