-- Hearing of a payment's three events was a fifth of what PostgreSQL did for it. The outbox says by now what happened,
-- and in which order it is numbered is known before; here it is only written down.
--
-- The id of a delivery goes as the id of its event does: both begin with the moment, the count within it and the
-- number within the change. So a list by ids is a list by events, and what is owed of an event is found between
-- two ids: one index less.

-- Where a moment's deliveries lie, also of those that were owed before this.
update outward.due_deliveries
   set id = (left(replace(event_id::text, '-', ''), 12) || '7' || substr(md5(id::text), 14))::uuid
 where left(id::text, 13) <> left(event_id::text, 13);
update outward.deliveries
   set id = (left(replace(event_id::text, '-', ''), 12) || '7' || substr(md5(id::text), 14))::uuid
 where left(id::text, 13) <> left(event_id::text, 13);

drop index outward.deliveries_by_event;
drop function outward.hear_changes;

-- Called in the transaction that empties the outbox, over all accounts: numbers the events for the feed, owes
-- them to the endpoints that want them, and leases of those as many as there is room for. `places` numbers the
-- events of an account and mode from one; they come in the order of account, mode and id.
create function outward.hear_events(
  events uuid[], accounts uuid[], modes boolean[], objects uuid[], sequences integer[], kinds text[],
  places integer[], at timestamptz,
  known uuid[], rooms integer[], room_of_others integer, at_most integer,
  lease uuid, lease_ms double precision, ended uuid[], worker uuid)
  returns table (account_id uuid, livemode boolean, id uuid, endpoint_id uuid, event_id uuid,
                 object_id uuid, sequence integer)
  language plpgsql security definer set search_path = pg_catalog
  as $$
#variable_conflict use_column
begin
  if cardinality(ended) > 0 then
    delete from outward.leases l where l.id = any (ended);
  end if;

  -- One at a time: whoever reads the feed up to a number must never find a smaller one later.
  perform pg_advisory_xact_lock(hashtextextended('tollgate feed', 0));
  return query
  with heard as materialized (
    select h.event_id, h.account_id, h.livemode, h.object_id, h.sequence, h.kind, h.place
      from unnest(events, accounts, modes, objects, sequences, kinds, places)
        as h(event_id, account_id, livemode, object_id, sequence, kind, place)),
  concerned as materialized (
    select h.account_id, h.livemode,
           coalesce((select f.position from outward.feed f
                      where f.account_id = h.account_id and f.livemode = h.livemode
                      order by f.position desc limit 1), 0) as position
      from heard h where h.place = 1),
  numbered as (
    insert into outward.feed (account_id, livemode, position, event_id, sequence)
    select h.account_id, h.livemode, c.position + h.place, h.event_id, h.sequence
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
  owed as materialized (
    select h.account_id, h.livemode,
           (left(h.event_id::text, 18) || right(h.event_id::text, 1)
             || right(md5(w.id::text || h.event_id::text), 15))::uuid as id,
           w.id as endpoint_id, h.event_id, h.object_id, h.sequence, w.room,
           row_number() over (partition by w.id order by h.event_id) as place
      from heard h
      join wanting w
        on w.account_id = h.account_id and w.livemode = h.livemode
       and (w.enabled_events is null or h.kind = any (w.enabled_events))),
  -- An event leaves the outbox once, so nobody can have owed it before.
  written as (
    insert into outward.deliveries
      (account_id, livemode, id, endpoint_id, event_id, object_id, sequence, state, due_at)
    select o.account_id, o.livemode, o.id, o.endpoint_id, o.event_id, o.object_id, o.sequence, 1, at
      from owed o),
  judged as materialized (
    select o.*,
           o.place <= o.room
             and row_number() over (order by o.place > o.room, o.place, o.event_id) <= at_most as is_held
      from owed o),
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
revoke execute on function outward.hear_events from public;
grant execute on function outward.hear_events to tollgate_app;
