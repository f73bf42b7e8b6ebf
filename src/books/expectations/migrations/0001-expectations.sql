-- What will settle, written down when it becomes true. Reconciliation asks which of these are not proven
-- yet, instead of searching for what might be missing.
create table books.expectations (
  expected_at timestamptz not null,
  gross bigint not null,
  -- What we expect the provider to keep. Null: not known beforehand.
  cost bigint,
  value_date date not null,
  kind smallint not null check (kind between 1 and 7),
  -- 1 open, 2 proven, 3 explained, 4 dropped
  state smallint not null default 1 check (state between 1 and 4),
  part smallint not null check (part between 0 and 255),
  cost_rules integer,
  account_id uuid not null,
  livemode boolean not null,
  connector_account_id uuid not null,
  currency text not null check (currency ~ '^[a-z]{3}$'),
  reference text not null,
  primary key (account_id, livemode, connector_account_id, reference, kind, currency, part)
) with (fillfactor = 90);
-- What is open, oldest first: also the list of what is late.
create index expectations_open on books.expectations
  (account_id, livemode, connector_account_id, value_date) where state = 1;

call platform.isolate('books.expectations');
call platform.open_to_owner('books.expectations');
grant select, insert on books.expectations to tollgate_app;
-- What was expected is never changed; only what became of it is.
grant update (state) on books.expectations to tollgate_app;
