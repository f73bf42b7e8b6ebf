-- Clocks for single customers, of test mode alone.

create table cards.test_clocks (
  account_id uuid not null,
  livemode boolean not null check (not livemode),
  id uuid not null,
  version integer not null check (version > 0),
  -- How many events were told of it.
  events integer not null check (events > 0),
  deleted boolean not null default false,
  name text,
  -- Whole seconds since 1970.
  frozen_time bigint not null,
  target_time bigint,
  -- 1 ready, 2 advancing, 3 internal failure
  status smallint not null check (status in (1, 2, 3)),
  primary key (account_id, livemode, id),
  check ((status = 2) = (target_time is not null)),
  check (target_time is null or target_time > frozen_time)
) with (fillfactor = 80);

call platform.isolate('cards.test_clocks');
call platform.open_to_owner('cards.test_clocks');
grant select, insert, update on cards.test_clocks to tollgate_app;
