-- The last number of an account's feed is asked for before its next ones are written. It was asked for with each
-- of them, past all those that the same statement had just written: for 135 events three quarters of the time.

create or replace function outward.hear_changes(
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
    insert into outward.leases (id, until, accounts, modes, deliveries, endpoints)
    select lease, clock_timestamp() + make_interval(secs => lease_ms / 1000),
           array_agg(j.account_id), array_agg(j.livemode), array_agg(j.id), array_agg(distinct j.endpoint_id)
      from judged j where j.is_held having count(*) > 0)
  select j.account_id, j.livemode, j.id, j.endpoint_id, j.event_id, j.object_id, j.sequence
    from judged j where j.is_held order by j.event_id;
end
$$;

-- A lease lives for some milliseconds: ids of chance are not worth trying to compress, nor to be kept elsewhere.
alter table outward.leases alter column deliveries set storage external;
alter table outward.leases set (toast_tuple_target = 8160);
