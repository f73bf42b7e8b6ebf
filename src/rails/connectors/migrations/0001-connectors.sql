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
  foreign key (account_id, livemode, operation_id) references rails.operations,
  foreign key (account_id, livemode, original_id) references rails.operations
);
call platform.isolate('rails.requests');
call platform.open_to_owner('rails.requests');
grant select, insert on rails.requests to tollgate_app;
