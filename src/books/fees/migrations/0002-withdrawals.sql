-- A version of the rules that was to begin, and was withdrawn before it did. It keeps its number and its rules: the
-- history says what was planned, and that nothing was ever reckoned by it.
create table books.fee_withdrawals (
  account_id uuid not null,
  livemode boolean not null,
  version integer not null,
  withdrawn_at timestamptz not null,
  primary key (account_id, livemode, version),
  foreign key (account_id, livemode, version) references books.fee_rules
);
call platform.isolate('books.fee_withdrawals');
call platform.open_to_owner('books.fee_withdrawals');
grant select, insert on books.fee_withdrawals to tollgate_app;
create trigger append_only before update or delete on books.fee_withdrawals
  for each row execute function platform.refuse_change();
