-- Of an object whose events are told in order, one that could not be handed on (a listener failed, or only a newer version
-- knows its kind) was set aside, and those behind it were told before it.

create or replace function outward.lease_deliveries(
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
                      join outward.deliveries earlier
                        on earlier.account_id = p.account_id and earlier.livemode = p.livemode and earlier.id = p.id
                     where p.endpoint_id = n.endpoint_id and p.object_id = n.object_id and p.event_id <> n.event_id
                       and earlier.sequence < (
                         select o.sequence from outward.deliveries o
                          where o.account_id = n.account_id and o.livemode = n.livemode and o.id = n.id))
            -- One before it that could not be handed on yet is owed to nobody.
            or exists (select from platform.outbox b
                        where b.not_before is not null and b.object_id = n.object_id
                          and b.account_id = n.account_id and b.livemode = n.livemode
                          and b.sequence < (
                            select o.sequence from outward.deliveries o
                             where o.account_id = n.account_id and o.livemode = n.livemode and o.id = n.id))
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
