-- Where an order is kept, what stands behind a delivery that is tried again later was looked at in each round, for up to
-- three days: ten thousand of them took half a second each time, and a hundred thousand the time that a statement has, so
-- that nobody was told again. Now each is looked at once and put off to the time at which the one before it is tried again.
-- Its delivery keeps its own time, so that it is known what was put off.

create index webhook_endpoints_ordered on outward.webhook_endpoints (id) where state = 1 and ordered;

-- Says of which endpoints so many were put off that the others are better looked at in the next round.
create function outward.put_off_deliveries(
  at timestamptz, known uuid[], rooms integer[], room_of_others integer)
  returns setof uuid
  language plpgsql volatile security definer set search_path = pg_catalog
  set enable_seqscan = off set jit = off as $$
declare
  -- A few tell whether there are many.
  few constant integer := 32;
  many constant integer := 1000;
  found uuid[];
  busy uuid[] := '{}';
  looked_max integer;
begin
  foreach looked_max in array array[few, many] loop
    with ordered as materialized (
      -- It may be giving up its order just now: then nothing is put off any more.
      select w.id from outward.webhook_endpoints w
       where w.state = 1 and w.ordered and (looked_max = few or w.id = any (busy))
         and coalesce(rooms[array_position(known, w.id)], room_of_others) > 0
         and exists (select from outward.due_deliveries n where n.endpoint_id = w.id and n.due_at > at)
         for share skip locked),
    looked as materialized (
      select t.* from ordered o cross join lateral (
        select n.account_id, n.livemode, n.id, n.endpoint_id, n.object_id, n.event_id
          from outward.due_deliveries n
         where n.endpoint_id = o.id and n.due_at <= at
           and (n.leased_until is null or n.leased_until < clock_timestamp())
         order by n.due_at, n.event_id limit looked_max for update skip locked) t),
    behind as materialized (
      select l.endpoint_id, l.object_id, l.event_id, b.due_at
        from looked l
       cross join lateral (
         select p.id, p.event_id from outward.due_deliveries p
          where p.endpoint_id = l.endpoint_id and p.object_id = l.object_id
          order by p.event_id limit 1) oldest
        join outward.deliveries earlier
          on earlier.account_id = l.account_id and earlier.livemode = l.livemode and earlier.id = oldest.id
        join outward.deliveries own
          on own.account_id = l.account_id and own.livemode = l.livemode and own.id = l.id
         and own.sequence > earlier.sequence
       -- It may be asked for just now: who does so takes back what was put off behind it by then.
       cross join lateral (
         select p.due_at from outward.due_deliveries p
          where p.endpoint_id = l.endpoint_id and p.object_id = l.object_id and p.event_id = oldest.event_id
            and p.due_at > at for share skip locked) b),
    put_off as (
      update outward.due_deliveries n set due_at = b.due_at from behind b
       where n.endpoint_id = b.endpoint_id and n.object_id = b.object_id and n.event_id = b.event_id
      returning n.endpoint_id)
    select array_agg(p.endpoint_id) into found
      from (select endpoint_id from put_off group by endpoint_id having count(*) > looked_max / 2) p;
    busy := coalesce(found, '{}');
    exit when cardinality(busy) = 0;
  end loop;
  return query select b from unnest(busy) as b;
end $$;
revoke execute on function outward.put_off_deliveries from public;
grant execute on function outward.put_off_deliveries to tollgate_app;

-- Who gives up the order waits for nobody any more. Those that somebody holds were not put off.
create function outward.take_back_put_off() returns trigger
  language plpgsql security definer set search_path = pg_catalog
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  with put_off as (
    select n.endpoint_id, n.object_id, n.event_id, d.due_at
      from outward.due_deliveries n
      join outward.deliveries d on d.account_id = n.account_id and d.livemode = n.livemode and d.id = n.id
     where n.endpoint_id = new.id and n.due_at > d.due_at
       for update of n skip locked)
  update outward.due_deliveries n set due_at = p.due_at from put_off p
   where n.endpoint_id = p.endpoint_id and n.object_id = p.object_id and n.event_id = p.event_id;
  return null;
end $$;
revoke execute on function outward.take_back_put_off from public;
create trigger take_back_put_off after update of ordered on outward.webhook_endpoints
  for each row when (old.ordered and not new.ordered) execute function outward.take_back_put_off();
