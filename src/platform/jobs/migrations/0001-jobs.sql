-- Work to be done later, at least once. A row holds references, never content: neither card data nor
-- an account's data may be in a payload, and so queues need no row level security.

create table platform.jobs (
  id uuid primary key,
  name text not null,
  payload json not null,
  run_at timestamptz not null,
  -- Whoever leased last owns the row; an older owner that wakes up again can no longer end the job.
  lease_epoch integer not null default 0,
  leased_until timestamptz,
  attempts integer not null default 0,
  -- One waiting job per key, for work that need not be queued twice.
  once_key text unique,
  -- Given up on: it waits for a person, and is never dropped.
  failed_at timestamptz,
  last_error text
) with (fillfactor = 70);
create index jobs_due on platform.jobs (run_at) where failed_at is null;
grant select, insert, update, delete on platform.jobs to tollgate_app;

-- The last period for which a periodic job was started: however many workers there are, one starts it.
create table platform.periods (
  name text primary key,
  period bigint not null
);
grant select, insert, update on platform.periods to tollgate_app;

-- Which processes are alive, by the database's own clock.
create table platform.heartbeats (
  id uuid primary key,
  role text not null,
  version text not null,
  seen_at timestamptz not null default clock_timestamp()
);
grant select, insert, update, delete on platform.heartbeats to tollgate_app;
