-- The log of what happened. One row is one change of one object, with the compact snapshot from which
-- each event it means is rendered, byte-identical every time. Rows are only ever added.

create table platform.events (
  account_id uuid not null,
  livemode boolean not null,
  -- Carries the time of the change; its last four bits are zero and count the events of the change.
  id uuid not null,
  object_id uuid not null,
  -- Rises by one with each event of the object, so that a receiver can see a gap.
  sequence integer not null check (sequence > 0),
  kinds smallint[] not null check (cardinality(kinds) between 1 and 16),
  renderer smallint not null,
  request_id text,
  idempotency_key text,
  snapshot json not null,
  primary key (account_id, livemode, id)
) partition by range (id);

create table platform.events_default partition of platform.events default;

call platform.isolate('platform.events');
call platform.open_to_owner('platform.events');
call platform.isolate('platform.events_default');
call platform.open_to_owner('platform.events_default');
grant select, insert on platform.events to tollgate_app;

create function platform.refuse_change() returns trigger
  language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end
$$;
create trigger append_only before update or delete on platform.events
  for each row execute function platform.refuse_change();

-- Monthly partitions ahead of time. The serving role may ask for them but creates nothing itself.
create function platform.prepare_event_partitions(first_month date, months integer) returns void
  language plpgsql security definer set search_path = pg_catalog
  as $$
declare
  month date;
  partition text;
begin
  for n in 0 .. months - 1 loop
    month := (date_trunc('month', first_month) + make_interval(months => n))::date;
    partition := format('events_%s', to_char(month, 'YYYY_MM'));
    continue when to_regclass('platform.' || partition) is not null;
    -- A month that already has rows in the default partition stays there.
    continue when exists (
      select from platform.events_default
       where id >= platform.uuid_at(month) and id < platform.uuid_at((month + interval '1 month')::date));
    execute format('create table platform.%I partition of platform.events for values from (%L) to (%L)',
      partition, platform.uuid_at(month), platform.uuid_at((month + interval '1 month')::date));
    execute format('call platform.isolate(%L)', 'platform.' || partition);
    execute format('call platform.open_to_owner(%L)', 'platform.' || partition);
  end loop;
end
$$;

create function platform.uuid_at(day date) returns uuid
  language sql immutable
  as $$ select (rpad(lpad(to_hex((extract(epoch from day) * 1000)::bigint), 12, '0'), 32, '0'))::uuid $$;

revoke execute on function platform.prepare_event_partitions from public;
grant execute on function platform.prepare_event_partitions to tollgate_app;

-- What was written and not yet handed on. It holds references only, so it needs no row level security:
-- the worker declares the accounts of what it took and reads their events under it.
create table platform.outbox (
  event_id uuid primary key,
  account_id uuid not null,
  livemode boolean not null
);
grant select, insert, update, delete on platform.outbox to tollgate_app;
