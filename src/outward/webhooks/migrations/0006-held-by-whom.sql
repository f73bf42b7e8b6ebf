-- By which worker deliveries are held: what a worker held that has died is told by the others at once, and not
-- when its lease has ended. Workers of the release before name none, and their leases go by time alone.

alter table outward.leases add column holder uuid;
alter table outward.due_deliveries add column holder uuid;

drop function outward.hear_changes;
create function outward.hear_changes(
  changes uuid[], accounts uuid[], modes boolean[], codes smallint[], names text[], at timestamptz,
  known uuid[], rooms integer[], room_of_others integer, at_most integer,
  lease uuid, lease_ms double precision, ended uuid[], worker uuid default null)
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
  concerned as materialized (
    select c.account_id, c.livemode,
           (select f.position from outward.feed f
             where f.account_id = c.account_id and f.livemode = c.livemode
             order by f.position desc limit 1) as position
      from (select distinct h.account_id, h.livemode from heard h) c),
  numbered as (
    insert into outward.feed (account_id, livemode, position, event_id, sequence)
    select h.account_id, h.livemode,
           coalesce(c.position, 0)
             + row_number() over (partition by h.account_id, h.livemode order by h.event_id),
           h.event_id, h.sequence
      from heard h
      join concerned c on c.account_id = h.account_id and c.livemode = h.livemode),
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
    insert into outward.leases (id, until, holder, accounts, modes, deliveries, endpoints)
    select lease, clock_timestamp() + make_interval(secs => lease_ms / 1000), worker,
           array_agg(j.account_id), array_agg(j.livemode), array_agg(j.id), array_agg(distinct j.endpoint_id)
      from judged j where j.is_held having count(*) > 0)
  select j.account_id, j.livemode, j.id, j.endpoint_id, j.event_id, j.object_id, j.sequence
    from judged j where j.is_held order by j.event_id;
end
$$;
revoke execute on function outward.hear_changes from public;
grant execute on function outward.hear_changes to tollgate_app;

drop function outward.lease_deliveries;
create function outward.lease_deliveries(
  at timestamptz, known uuid[], rooms integer[], room_of_others integer, beginning_after uuid,
  at_most integer, lease_ms double precision, worker uuid default null)
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
       set leased_until = clock_timestamp() + make_interval(secs => lease_ms / 1000), holder = worker
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

-- They have died: what they held is due again. Whoever takes it raises the epoch, so that one who lives all
-- the same notes nothing.
create function outward.take_over_deliveries(dead uuid[]) returns void
  language sql security definer set search_path = pg_catalog
  as $$
    update outward.leases set until = '-infinity' where holder = any (dead);
    update outward.due_deliveries set leased_until = null
     where holder = any (dead) and leased_until is not null;
  $$;
revoke execute on function outward.take_over_deliveries from public;
grant execute on function outward.take_over_deliveries to tollgate_app;
