-- A delivery that goes well is written twice: when it is owed, at once leased by the worker that is about to
-- tell it, and when it was told. It was written three times, the last with new entries in all four indexes.
--
-- What a worker holds from the beginning stands in one row of `leases`. What nobody holds yet, is to be tried
-- again or has an order to keep waits in `due_deliveries`. A delivery that waits is in one of the two.

create table outward.due_deliveries (
  account_id uuid not null,
  livemode boolean not null,
  id uuid not null,
  endpoint_id uuid not null,
  event_id uuid not null,
  object_id uuid not null,
  due_at timestamptz not null,
  leased_until timestamptz,
  -- In the order in which the events of one object are told, where that is asked for.
  primary key (endpoint_id, object_id, event_id)
) with (fillfactor = 70);

create index due_deliveries_next on outward.due_deliveries (endpoint_id, due_at, event_id);
call platform.isolate('outward.due_deliveries');
call platform.open_to_owner('outward.due_deliveries');
grant select, insert, update, delete on outward.due_deliveries to tollgate_app;

insert into outward.due_deliveries
  (account_id, livemode, id, endpoint_id, event_id, object_id, due_at, leased_until)
select account_id, livemode, id, endpoint_id, event_id, object_id, due_at, leased_until
  from outward.deliveries where due_at is not null;

drop index outward.deliveries_due;
drop index outward.deliveries_unordered;
-- No index knows what changes in a row any more, so it changes in its place.
alter table outward.deliveries drop column leased_until;

-- References only, of any account: the functions below write it.
create table outward.leases (
  id uuid primary key,
  until timestamptz not null,
  accounts uuid[] not null,
  modes boolean[] not null,
  deliveries uuid[] not null,
  endpoints uuid[] not null
);

drop function outward.number_events;
drop function outward.owe_deliveries;
drop function outward.lease_deliveries;

-- Called in the transaction that empties the outbox, over all accounts: numbers the events for the feed, owes
-- them to the endpoints that want them, and leases of those as many as there is room for. `codes` and
-- `names` say what each kind of event is called.
create function outward.hear_changes(
  changes uuid[], accounts uuid[], modes boolean[], codes smallint[], names text[], at timestamptz,
  known uuid[], rooms integer[], room_of_others integer, at_most integer,
  lease uuid, lease_ms double precision, ended uuid[])
  returns table (account_id uuid, livemode boolean, id uuid, endpoint_id uuid, event_id uuid,
                 object_id uuid, sequence integer)
  language plpgsql security definer set search_path = pg_catalog
  as $$
#variable_conflict use_column
begin
  delete from outward.leases l where l.id = any (ended);

  -- One at a time: whoever reads the feed up to a number must never find a smaller one later.
  perform pg_advisory_xact_lock(hashtextextended('tollgate feed', 0));
  return query
  with heard as materialized (
    select e.account_id, e.livemode, e.object_id, k.code,
           (e.sequence + k.place - 1)::integer as sequence,
           -- The last hexadecimal digit counts the events of a change.
           (left(e.id::text, 35) || to_hex(k.place - 1))::uuid as event_id
      from unnest(changes, accounts, modes) as o(change_id, account_id, livemode)
      join platform.events e
        on e.account_id = o.account_id and e.livemode = o.livemode and e.id = o.change_id
     cross join lateral unnest(e.kinds) with ordinality as k(code, place)
     where k.code = any (codes)),
  concerned as materialized (select distinct h.account_id, h.livemode from heard h),
  numbered as (
    insert into outward.feed (account_id, livemode, position, event_id, sequence)
    select h.account_id, h.livemode,
           coalesce(l.position, 0)
             + row_number() over (partition by h.account_id, h.livemode order by h.event_id),
           h.event_id, h.sequence
      from heard h
      join (select c.account_id, c.livemode,
                   (select f.position from outward.feed f
                     where f.account_id = c.account_id and f.livemode = c.livemode
                     order by f.position desc limit 1) as position
              from concerned c) l
        on l.account_id = h.account_id and l.livemode = h.livemode),
  -- Who keeps an order, or has older ones that wait, is served from those that wait.
  wanting as materialized (
    select w.account_id, w.livemode, w.id, w.enabled_events,
           case when w.ordered or exists (
                  select from outward.due_deliveries d
                   where d.endpoint_id = w.id and d.due_at <= at and d.leased_until is null)
                then 0 else coalesce(r.room, room_of_others) end as room
      from concerned c
      join outward.webhook_endpoints w
        on w.account_id = c.account_id and w.livemode = c.livemode and w.state = 1
      left join unnest(known, rooms) as r(id, room) on r.id = w.id),
  owed as (
    insert into outward.deliveries
      (account_id, livemode, id, endpoint_id, event_id, object_id, sequence, state, due_at)
    select h.account_id, h.livemode,
           -- The moment of the event comes first, so that new rows lie at the end of the index.
           (left(replace(h.event_id::text, '-', ''), 12) || '7'
             || substr(md5(w.id::text || h.event_id::text), 14))::uuid,
           w.id, h.event_id, h.object_id, h.sequence, 1, at
      from heard h
      join wanting w
        on w.account_id = h.account_id and w.livemode = h.livemode
       and (w.enabled_events is null or names[array_position(codes, h.code)] = any (w.enabled_events))
    on conflict do nothing
    returning account_id, livemode, id, endpoint_id, event_id, object_id, sequence),
  placed as (
    select o.*, w.room, row_number() over (partition by o.endpoint_id order by o.event_id) as place
      from owed o join wanting w on w.id = o.endpoint_id),
  judged as materialized (
    select p.*,
           p.place <= p.room
             and row_number() over (order by p.place > p.room, p.place, p.event_id) <= at_most as is_held
      from placed p),
  waiting as (
    insert into outward.due_deliveries
      (account_id, livemode, id, endpoint_id, event_id, object_id, due_at)
    select j.account_id, j.livemode, j.id, j.endpoint_id, j.event_id, j.object_id, at
      from judged j where not j.is_held),
  held as (
    insert into outward.leases (id, until, accounts, modes, deliveries, endpoints)
    select lease, clock_timestamp() + make_interval(secs => lease_ms / 1000),
           array_agg(j.account_id), array_agg(j.livemode), array_agg(j.id), array_agg(distinct j.endpoint_id)
      from judged j where j.is_held having count(*) > 0)
  select j.account_id, j.livemode, j.id, j.endpoint_id, j.event_id, j.object_id, j.sequence
    from judged j where j.is_held order by j.event_id;
end
$$;
revoke execute on function outward.hear_changes from public;
grant execute on function outward.hear_changes to tollgate_app;

-- What was held to the end is not held any more.
create function outward.end_leases(ended uuid[]) returns void
  language sql security definer set search_path = pg_catalog
  as $$ delete from outward.leases l where l.id = any (ended) $$;
revoke execute on function outward.end_leases from public;
grant execute on function outward.end_leases to tollgate_app;

-- The next ones of each endpoint that has room, beginning behind the endpoint where the last call ended,
-- so that everybody's turn comes. An endpoint with a long queue costs no more than one with a short one.
create function outward.lease_deliveries(
  at timestamptz, known uuid[], rooms integer[], room_of_others integer, beginning_after uuid,
  at_most integer, lease_ms double precision)
  returns table (account_id uuid, livemode boolean, id uuid, endpoint_id uuid, event_id uuid,
                 object_id uuid, sequence integer, state smallint, attempts smallint,
                 due_at timestamptz, lease_epoch integer, tries json)
  language plpgsql security definer set search_path = pg_catalog
  as $$
#variable_conflict use_column
begin
  -- Whoever held these has died or slept. What was told meanwhile, or failed, has been noted. The new epoch
  -- keeps a worker that wakes up from noting anything.
  if exists (select from outward.leases l where l.until < clock_timestamp()) then
    with over as (
      delete from outward.leases l
       where l.id in (select o.id from outward.leases o
                       where o.until < clock_timestamp() for update skip locked)
      returning l.accounts, l.modes, l.deliveries),
    freed as (
      update outward.deliveries d
         set lease_epoch = d.lease_epoch + 1
        from over cross join lateral unnest(over.accounts, over.modes, over.deliveries)
               as h(account_id, livemode, id)
       where d.account_id = h.account_id and d.livemode = h.livemode and d.id = h.id and d.state = 1
         and not exists (select from outward.due_deliveries w
                          where w.endpoint_id = d.endpoint_id and w.object_id = d.object_id
                            and w.event_id = d.event_id)
      returning d.account_id, d.livemode, d.id, d.endpoint_id, d.event_id, d.object_id, d.due_at)
    insert into outward.due_deliveries
      (account_id, livemode, id, endpoint_id, event_id, object_id, due_at)
    select f.account_id, f.livemode, f.id, f.endpoint_id, f.event_id, f.object_id, f.due_at from freed f
    on conflict do nothing;
  end if;

  return query
  with due as materialized (
    select t.account_id, t.livemode, t.id, t.endpoint_id, t.object_id, t.event_id
      from (select w.id, w.ordered, coalesce(r.room, room_of_others) as room
              from outward.webhook_endpoints w
              left join unnest(known, rooms) as r(id, room) on r.id = w.id
             where w.state = 1 and coalesce(r.room, room_of_others) > 0
             order by (w.id <= beginning_after), w.id) w
     cross join lateral (
       select n.account_id, n.livemode, n.id, n.endpoint_id, n.object_id, n.event_id
         from outward.due_deliveries n
        where n.endpoint_id = w.id and n.due_at <= at
          and (n.leased_until is null or n.leased_until < clock_timestamp())
          and not (w.ordered and (
            exists (select from outward.due_deliveries p
                     where p.endpoint_id = n.endpoint_id and p.object_id = n.object_id
                       and p.event_id < n.event_id)
            -- Held by somebody since a time when no order was asked for.
            or exists (select from outward.leases l where n.endpoint_id = any (l.endpoints))))
        order by n.due_at, n.event_id limit w.room for update skip locked) t
     limit at_most),
  held as (
    update outward.due_deliveries n
       set leased_until = clock_timestamp() + make_interval(secs => lease_ms / 1000)
      from due
     where n.endpoint_id = due.endpoint_id and n.object_id = due.object_id
       and n.event_id = due.event_id)
  update outward.deliveries d
     set lease_epoch = d.lease_epoch + 1
    from due
   where d.account_id = due.account_id and d.livemode = due.livemode and d.id = due.id
  returning d.account_id, d.livemode, d.id, d.endpoint_id, d.event_id, d.object_id, d.sequence,
            d.state, d.attempts, d.due_at, d.lease_epoch, d.tries;
end
$$;
revoke execute on function outward.lease_deliveries from public;
grant execute on function outward.lease_deliveries to tollgate_app;

create or replace function outward.forget_deliveries(before uuid, at_most integer) returns integer
  language sql security definer set search_path = pg_catalog
  as $$
    with old as (
      select account_id, livemode, id from outward.deliveries
       where event_id < before limit at_most for update skip locked),
    gone as (
      delete from outward.deliveries d using old
       where (d.account_id, d.livemode, d.id) = (old.account_id, old.livemode, old.id)
      returning d.endpoint_id, d.object_id, d.event_id),
    not_due as (
      delete from outward.due_deliveries w using gone
       where (w.endpoint_id, w.object_id, w.event_id) = (gone.endpoint_id, gone.object_id, gone.event_id))
    select count(*)::integer from gone
  $$;
