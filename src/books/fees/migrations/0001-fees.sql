-- What a merchant pays, by version. A version is written once; a movement remembers by which it was
-- reckoned, so an old fee can be explained for ever. Version 0 is the built-in one and has no row.
create table books.fee_rules (
  account_id uuid not null,
  livemode boolean not null,
  version integer not null check (version > 0),
  valid_from timestamptz not null,
  rules json not null,
  primary key (account_id, livemode, version)
);
call platform.isolate('books.fee_rules');
call platform.open_to_owner('books.fee_rules');
grant select, insert on books.fee_rules to tollgate_app;
create trigger append_only before update or delete on books.fee_rules
  for each row execute function platform.refuse_change();
