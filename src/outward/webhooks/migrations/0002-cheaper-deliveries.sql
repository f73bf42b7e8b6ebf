-- The same deliveries and the same feed, for less: names of events are looked for only where an endpoint
-- chooses by them, the last number of an account's feed is asked for once and not for each event, and what
-- is leased comes with the lease.

create or replace function outward.number_events(
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
    join (
      select a.account_id, a.livemode,
             (select f.position from outward.feed f
               where f.account_id = a.account_id and f.livemode = a.livemode
               order by f.position desc limit 1) as position
        from (select distinct * from unnest(accounts, modes)) as a(account_id, livemode)) l
      on l.account_id = h.account_id and l.livemode = h.livemode;
end
$$;

create or replace function outward.owe_deliveries(
  changes uuid[], accounts uuid[], modes boolean[], codes smallint[], names text[], at timestamptz)
  returns void
  language sql security definer set search_path = pg_catalog
  as $$
    insert into outward.deliveries
      (account_id, livemode, id, endpoint_id, event_id, object_id, sequence, state, due_at)
    select h.account_id, h.livemode, md5(w.id::text || h.event_id::text)::uuid, w.id, h.event_id,
           h.object_id, h.sequence, 1, at
      from (
        select e.account_id, e.livemode, e.object_id, k.code,
               (e.sequence + k.place - 1)::integer as sequence,
               -- The last hexadecimal digit counts the events of a change.
               (left(e.id::text, 35) || to_hex(k.place - 1))::uuid as event_id
          from unnest(changes, accounts, modes) as o(change_id, account_id, livemode)
          join platform.events e
            on e.account_id = o.account_id and e.livemode = o.livemode and e.id = o.change_id
         cross join lateral unnest(e.kinds) with ordinality as k(code, place)
         where k.code = any (codes)) h
      join outward.webhook_endpoints w
        on w.account_id = h.account_id and w.livemode = h.livemode and w.state = 1
       and (w.enabled_events is null or names[array_position(codes, h.code)] = any (w.enabled_events))
    on conflict do nothing
  $$;

drop function outward.lease_deliveries(timestamptz, uuid[], integer[], integer, uuid, integer, double precision);
create function outward.lease_deliveries(
  at timestamptz, known uuid[], rooms integer[], room_of_others integer, beginning_after uuid,
  at_most integer, lease_ms double precision)
  returns table (account_id uuid, livemode boolean, id uuid, endpoint_id uuid, event_id uuid,
                 object_id uuid, sequence integer, state smallint, attempts smallint,
                 due_at timestamptz, lease_epoch integer, tries json)
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
    returning d.account_id, d.livemode, d.id, d.endpoint_id, d.event_id, d.object_id, d.sequence,
              d.state, d.attempts, d.due_at, d.lease_epoch, d.tries
  $$;
revoke execute on function outward.lease_deliveries from public;
grant execute on function outward.lease_deliveries to tollgate_app;
