-- Who wants to hear of what, and what each was told.

create schema if not exists outward;
grant usage on schema outward to tollgate_app;

create table outward.webhook_endpoints (
  account_id uuid not null,
  livemode boolean not null,
  id uuid not null,
  version integer not null check (version > 0),
  -- 1 enabled, 2 disabled, 3 deleted
  state smallint not null check (state between 1 and 3),
  url text not null,
  -- Names; null stands for all.
  enabled_events text[],
  -- One object's events are told one after the other.
  ordered boolean not null default false,
  -- A list of secrets with the moment at which each ends, sealed.
  secrets bytea not null,
  details json not null,
  -- Since when nothing was delivered although it was tried.
  failing_since timestamptz,
  primary key (account_id, livemode, id)
) with (fillfactor = 80);

create index webhook_endpoints_enabled on outward.webhook_endpoints (id) where state = 1;
call platform.isolate('outward.webhook_endpoints');
call platform.open_to_owner('outward.webhook_endpoints');
grant select, insert, update on outward.webhook_endpoints to tollgate_app;

create table outward.deliveries (
  account_id uuid not null,
  livemode boolean not null,
  -- Made from the two below, so that one event is owed to one endpoint once.
  id uuid not null,
  endpoint_id uuid not null,
  event_id uuid not null,
  object_id uuid not null,
  -- Of the event within its object.
  sequence integer not null,
  -- 1 waiting, 2 delivered, 3 given up
  state smallint not null check (state between 1 and 3),
  attempts smallint not null default 0,
  due_at timestamptz,
  leased_until timestamptz,
  lease_epoch integer not null default 0,
  -- What came of the last tries: status, time taken, the beginning of the answer.
  tries json not null default '[]',
  primary key (account_id, livemode, id),
  check ((due_at is null) = (state <> 1))
) with (fillfactor = 70);

create index deliveries_due on outward.deliveries (endpoint_id, due_at) where due_at is not null;
create index deliveries_unordered on outward.deliveries (endpoint_id, object_id, event_id) where due_at is not null;
create index deliveries_by_event on outward.deliveries (account_id, livemode, event_id, id);
call platform.isolate('outward.deliveries');
call platform.open_to_owner('outward.deliveries');
grant select, insert, update on outward.deliveries to tollgate_app;

-- The same events as a feed that a program reads instead of being told: numbered in each account and mode
-- without a gap, in the order in which they became visible.
create table outward.feed (
  account_id uuid not null,
  livemode boolean not null,
  position bigint not null check (position > 0),
  event_id uuid not null,
  sequence integer not null,
  primary key (account_id, livemode, position)
);
call platform.isolate('outward.feed');
call platform.open_to_owner('outward.feed');
grant select on outward.feed to tollgate_app;

-- In the transaction that empties the outbox. One at a time: whoever reads up to a number must never find
-- a smaller one later.
create function outward.number_events(
  changes uuid[], accounts uuid[], modes boolean[], codes smallint[]) returns void
  language plpgsql security definer set search_path = pg_catalog
  as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('tollgate feed', 0));
  insert into outward.feed (account_id, livemode, position, event_id, sequence)
  select h.account_id, h.livemode,
         coalesce(l.position, 0)
           + row_number() over (partition by h.account_id, h.livemode order by h.event_id),
         h.event_id, h.sequence
    from (
      select e.account_id, e.livemode, (e.sequence + k.place - 1)::integer as sequence,
             (left(e.id::text, 35) || to_hex(k.place - 1))::uuid as event_id
        from unnest(changes, accounts, modes) as o(change_id, account_id, livemode)
        join platform.events e
          on e.account_id = o.account_id and e.livemode = o.livemode and e.id = o.change_id
       cross join lateral unnest(e.kinds) with ordinality as k(code, place)
       where k.code = any (codes)) h
    left join lateral (
      select f.position from outward.feed f
       where f.account_id = h.account_id and f.livemode = h.livemode
       order by f.position desc limit 1) l on true;
end
$$;
revoke execute on function outward.number_events from public;
grant execute on function outward.number_events to tollgate_app;

-- Called in the transaction that empties the outbox, over all accounts. `codes` and `names` say what
-- each kind of event is called.
create function outward.owe_deliveries(
  changes uuid[], accounts uuid[], modes boolean[], codes smallint[], names text[], at timestamptz)
  returns void
  language sql security definer set search_path = pg_catalog
  as $$
    insert into outward.deliveries
      (account_id, livemode, id, endpoint_id, event_id, object_id, sequence, state, due_at)
    select h.account_id, h.livemode, md5(w.id::text || h.event_id::text)::uuid, w.id, h.event_id,
           h.object_id, h.sequence, 1, at
      from (
        select e.account_id, e.livemode, e.object_id, n.name,
               (e.sequence + k.place - 1)::integer as sequence,
               -- The last hexadecimal digit counts the events of a change.
               (left(e.id::text, 35) || to_hex(k.place - 1))::uuid as event_id
          from unnest(changes, accounts, modes) as o(change_id, account_id, livemode)
          join platform.events e
            on e.account_id = o.account_id and e.livemode = o.livemode and e.id = o.change_id
         cross join lateral unnest(e.kinds) with ordinality as k(code, place)
          join unnest(codes, names) as n(code, name) on n.code = k.code) h
      join outward.webhook_endpoints w
        on w.account_id = h.account_id and w.livemode = h.livemode and w.state = 1
       and (w.enabled_events is null or h.name = any (w.enabled_events))
    on conflict do nothing
  $$;
revoke execute on function outward.owe_deliveries from public;
grant execute on function outward.owe_deliveries to tollgate_app;

-- The next ones of each endpoint that has room, beginning behind the endpoint where the last call ended,
-- so that everybody's turn comes. An endpoint with a long queue costs no more than one with a short one.
create function outward.lease_deliveries(
  at timestamptz, known uuid[], rooms integer[], room_of_others integer, beginning_after uuid,
  at_most integer, lease_ms double precision)
  returns table (account_id uuid, livemode boolean, id uuid, endpoint_id uuid, lease_epoch integer)
  language sql security definer set search_path = pg_catalog
  as $$
    update outward.deliveries d
       set lease_epoch = d.lease_epoch + 1,
           leased_until = clock_timestamp() + make_interval(secs => lease_ms / 1000)
      from (
        select t.account_id, t.livemode, t.id
          from (select w.id, w.ordered, coalesce(r.room, room_of_others) as room
                  from outward.webhook_endpoints w
                  left join unnest(known, rooms) as r(id, room) on r.id = w.id
                 where w.state = 1 and coalesce(r.room, room_of_others) > 0
                 order by (w.id <= beginning_after), w.id) w
         cross join lateral (
           select n.account_id, n.livemode, n.id from outward.deliveries n
            where n.endpoint_id = w.id and n.due_at <= at
              and (n.leased_until is null or n.leased_until < clock_timestamp())
              and not (w.ordered and exists (
                select from outward.deliveries p
                 where p.endpoint_id = n.endpoint_id and p.object_id = n.object_id
                   and p.event_id < n.event_id and p.due_at is not null))
            order by n.due_at, n.event_id limit w.room for update skip locked) t
         limit at_most) due
     where d.account_id = due.account_id and d.livemode = due.livemode and d.id = due.id
    returning d.account_id, d.livemode, d.id, d.endpoint_id, d.lease_epoch
  $$;
revoke execute on function outward.lease_deliveries from public;
grant execute on function outward.lease_deliveries to tollgate_app;

-- Forgotten after a while, whatever became of it: events are listed for thirty days.
create function outward.forget_deliveries(before uuid, at_most integer) returns integer
  language sql security definer set search_path = pg_catalog
  as $$
    with old as (
      select account_id, livemode, id from outward.deliveries
       where event_id < before limit at_most for update skip locked),
    gone as (
      delete from outward.deliveries d using old
       where (d.account_id, d.livemode, d.id) = (old.account_id, old.livemode, old.id)
      returning 1)
    select count(*)::integer from gone
  $$;
revoke execute on function outward.forget_deliveries from public;
grant execute on function outward.forget_deliveries to tollgate_app;

-- The newest number stays, because the next one is counted from it.
create function outward.forget_feed(before uuid, at_most integer) returns integer
  language sql security definer set search_path = pg_catalog
  as $$
    with old as (
      select f.account_id, f.livemode, f.position from outward.feed f
       where f.event_id < before
         and exists (select from outward.feed n
                      where n.account_id = f.account_id and n.livemode = f.livemode
                        and n.position > f.position)
       limit at_most),
    gone as (
      delete from outward.feed f using old
       where (f.account_id, f.livemode, f.position) = (old.account_id, old.livemode, old.position)
      returning 1)
    select count(*)::integer from gone
  $$;
revoke execute on function outward.forget_feed from public;
grant execute on function outward.forget_feed to tollgate_app;
