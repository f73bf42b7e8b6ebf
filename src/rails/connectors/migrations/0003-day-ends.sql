-- The days of accounts at providers whose days end: which one is next, and what became of those before.

create table rails.day_ends (
  account_id uuid not null,
  livemode boolean not null,
  -- The connector account.
  id uuid not null,
  version integer not null default 1,
  -- The first day that is not ended; null until somebody has looked.
  next_day date,
  -- When somebody first set about ending it, by the clock that nobody moves.
  begun_at timestamptz,
  failures integer not null default 0,
  -- Why it is not ended yet.
  problem text,
  due_at timestamptz not null,
  leased_until timestamptz,
  primary key (account_id, livemode, id)
);
create index day_ends_due on rails.day_ends (due_at);
call platform.isolate('rails.day_ends');
call platform.open_to_owner('rails.day_ends');
grant select, insert, update on rails.day_ends to tollgate_app;

insert into rails.day_ends (account_id, livemode, id, due_at)
select account_id, livemode, id, clock_timestamp() from rails.connector_accounts where not deleted;

create table rails.ended_days (
  account_id uuid not null,
  livemode boolean not null,
  connector_account_id uuid not null,
  day date not null,
  key text not null,
  ended_at timestamptz not null,
  -- The provider's own name of the file of that day, if there is one.
  file_id uuid,
  lines integer not null,
  -- What did not fit; a person explains it.
  problems json not null,
  needs_review boolean not null,
  explanation text,
  explained_at timestamptz,
  primary key (account_id, livemode, connector_account_id, day),
  unique (key),
  check ((explanation is null) = (explained_at is null)),
  check (explanation is null or not needs_review)
);
create index ended_days_for_person on rails.ended_days (account_id, livemode, day) where needs_review;
call platform.isolate('rails.ended_days');
call platform.open_to_owner('rails.ended_days');
grant select, insert, update on rails.ended_days to tollgate_app;

create function rails.lease_day_ends(
  due_before timestamptz, at_most integer, lease_ms double precision
) returns table (account_id uuid, livemode boolean, id uuid)
  language sql security definer set search_path = pg_catalog
  as $$
    update rails.day_ends e
       set leased_until = clock_timestamp() + make_interval(secs => lease_ms / 1000)
      from (select d.account_id, d.livemode, d.id from rails.day_ends d
             where d.due_at <= due_before
               and (d.leased_until is null or d.leased_until < clock_timestamp())
             order by d.due_at limit at_most for update skip locked) due
     where e.account_id = due.account_id and e.livemode = due.livemode and e.id = due.id
    returning e.account_id, e.livemode, e.id
  $$;
revoke execute on function rails.lease_day_ends from public;
grant execute on function rails.lease_day_ends to tollgate_app;
