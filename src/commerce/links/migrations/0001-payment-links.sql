-- Payment links: what a page is to sell, again and again.

create table commerce.payment_links (
  account_id uuid not null,
  livemode boolean not null,
  -- Carries the moment of creation.
  id uuid not null,
  -- Every write is made from the version that was read.
  version integer not null check (version > 0),
  active boolean not null,
  -- How many sessions may be completed; null: as many as come.
  sessions_max integer check (sessions_max > 0),
  details json not null,
  primary key (account_id, livemode, id)
);

call platform.isolate('commerce.payment_links');
call platform.open_to_owner('commerce.payment_links');
grant select, insert, update on commerce.payment_links to tollgate_app;
