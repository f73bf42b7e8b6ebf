-- Of an object whose events are told in order only the next ones are looked at, however many wait behind them. Once the
-- first of a hundred thousand was taken at its own time, all of those behind it were due at once, and each round looked
-- through them for a second and more. Now all but those at the front are put off until some of these are told, also
-- where the first one is due or under way.

create or replace function outward.put_off_deliveries(
  at timestamptz, known uuid[], rooms integer[], room_of_others integer)
  returns setof uuid
  language plpgsql volatile security definer set search_path = pg_catalog
  set enable_seqscan = off set jit = off as $$
declare
  -- A few tell whether there are many.
  few constant integer := 32;
  many constant integer := 1000;
  -- Of one object; what lies behind them comes when some of them are told.
  front_max constant integer := 64;
  noted_endpoints uuid[];
  noted_objects uuid[];
  front_ends uuid[];
  blocked uuid[];
  busy uuid[] := '{}';
  looked_max integer;
begin
  foreach looked_max in array array[few, many] loop
    -- Who takes them back is told before any of them is locked, as whoever asks for the first one does: nobody who holds
    -- the one waits for the other.
    with looked as materialized (
      select t.* from outward.webhook_endpoints w cross join lateral (
        select n.account_id, n.livemode, n.endpoint_id, n.object_id, n.event_id
          from outward.due_deliveries n
         where n.endpoint_id = w.id and n.due_at <= at
           and (n.leased_until is null or n.leased_until < clock_timestamp())
         order by n.due_at, n.event_id limit looked_max) t
       where w.state = 1 and w.ordered and (looked_max = few or w.id = any (busy))
         and coalesce(rooms[array_position(known, w.id)], room_of_others) > 0),
    fronts as materialized (
      select o.account_id, o.livemode, o.endpoint_id, o.object_id, f.event_id as front_end, oldest.due_at
        from (select account_id, livemode, endpoint_id, object_id, max(event_id::text)::uuid as last
                from looked group by account_id, livemode, endpoint_id, object_id) o
       cross join lateral (
         select p.event_id from outward.due_deliveries p
          where p.endpoint_id = o.endpoint_id and p.object_id = o.object_id
          order by p.event_id offset front_max - 1 limit 1) f
       cross join lateral (
         select p.due_at from outward.due_deliveries p
          where p.endpoint_id = o.endpoint_id and p.object_id = o.object_id
          order by p.event_id limit 1) oldest
       where o.last > f.event_id),
    noted as (
      insert into outward.take_backs (account_id, livemode, endpoint_id, object_id, due_at)
      select account_id, livemode, endpoint_id, object_id, greatest(due_at, at + interval '250 milliseconds')
        from fronts order by account_id, livemode, endpoint_id, object_id
      on conflict (account_id, livemode, endpoint_id, object_id)
        do update set due_at = least(take_backs.due_at, excluded.due_at)
      returning endpoint_id, object_id)
    select array_agg(f.endpoint_id), array_agg(f.object_id), array_agg(f.front_end)
      into noted_endpoints, noted_objects, front_ends
      from noted join fronts f using (endpoint_id, object_id);

    with looked as materialized (
      select t.* from outward.webhook_endpoints w cross join lateral (
        select n.account_id, n.livemode, n.id, n.endpoint_id, n.object_id, n.event_id
          from outward.due_deliveries n
         where n.endpoint_id = w.id and n.due_at <= at
           and (n.leased_until is null or n.leased_until < clock_timestamp())
         order by n.due_at, n.event_id limit looked_max) t
       where w.state = 1 and w.ordered and (looked_max = few or w.id = any (busy))
         and coalesce(rooms[array_position(known, w.id)], room_of_others) > 0),
    behind as materialized (
      select l.endpoint_id, l.object_id, l.event_id, oldest.event_id as first, oldest.due_at,
             coalesce(l.event_id > (select f.front_end
                                      from unnest(noted_endpoints, noted_objects, front_ends)
                                        as f(endpoint_id, object_id, front_end)
                                     where f.endpoint_id = l.endpoint_id and f.object_id = l.object_id),
                      false) as is_passed
        from looked l
       cross join lateral (
         select p.id, p.event_id, p.due_at from outward.due_deliveries p
          where p.endpoint_id = l.endpoint_id and p.object_id = l.object_id
          order by p.event_id limit 1) oldest
        join outward.deliveries earlier
          on earlier.account_id = l.account_id and earlier.livemode = l.livemode and earlier.id = oldest.id
        join outward.deliveries own
          on own.account_id = l.account_id and own.livemode = l.livemode and own.id = l.id
         and own.sequence > earlier.sequence),
    ordered as materialized (
      -- It may be giving up its order just now: then nothing is put off any more.
      select w.id from outward.webhook_endpoints w
       where w.id = any (array(select endpoint_id from behind where is_passed or due_at > at))
         and w.state = 1 and w.ordered for share skip locked),
    later as materialized (
      select b.endpoint_id, b.object_id, b.event_id, h.due_at
        from behind b
        join ordered o on o.id = b.endpoint_id
       -- It may be asked for just now: who does so takes back what was put off behind it by then.
       cross join lateral (
         select p.due_at from outward.due_deliveries p
          where p.endpoint_id = b.endpoint_id and p.object_id = b.object_id and p.event_id = b.first
            and p.due_at > at for share skip locked) h
       where not b.is_passed and b.due_at > at
      union all
      select b.endpoint_id, b.object_id, b.event_id, 'infinity'
        from behind b join ordered o on o.id = b.endpoint_id where b.is_passed),
    free as materialized (
      select n.endpoint_id, n.object_id, n.event_id, l.due_at
        from later l
        join outward.due_deliveries n
          on n.endpoint_id = l.endpoint_id and n.object_id = l.object_id and n.event_id = l.event_id
       where n.due_at <= at and (n.leased_until is null or n.leased_until < clock_timestamp())
         for update of n skip locked),
    put_off as (
      update outward.due_deliveries n set due_at = f.due_at from free f
       where n.endpoint_id = f.endpoint_id and n.object_id = f.object_id and n.event_id = f.event_id
      returning n.endpoint_id)
    select (select array_agg(b.endpoint_id)
              from (select endpoint_id from behind group by endpoint_id having count(*) > looked_max / 2) b),
           (select array_agg(p.endpoint_id)
              from (select endpoint_id from put_off group by endpoint_id having count(*) > looked_max / 2) p)
      into blocked, busy;
    if looked_max = few then
      busy := blocked;
    end if;
    busy := coalesce(busy, '{}');
    exit when cardinality(busy) = 0;
  end loop;
  return query select b from unnest(busy) as b;
end $$;

-- What somebody holds is passed over: it is told, asked for or forgotten just now.
create or replace function outward.take_back_put_off(at timestamptz) returns void
  language plpgsql volatile security definer set search_path = pg_catalog
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  notes_max constant integer := 8;
  piece constant integer := 1000;
  -- As `put_off_deliveries` has it.
  front_max constant integer := 64;
  note record;
  look_again_at timestamptz;
  seen integer;
  taken integer;
  last_due_at timestamptz;
  last_event_id uuid;
begin
  for note in
    select t.*, coalesce(w.state, 3) as state, w.ordered
      from outward.take_backs t
      left join outward.webhook_endpoints w
        on w.account_id = t.account_id and w.livemode = t.livemode and w.id = t.endpoint_id
     where t.due_at <= at order by t.due_at limit notes_max for update of t skip locked
  loop
    if note.object_id = note.endpoint_id then
      with looked as materialized (
        select n.account_id, n.livemode, n.id, n.endpoint_id, n.object_id, n.event_id, n.due_at
          from outward.due_deliveries n
         where n.endpoint_id = note.endpoint_id and n.due_at > at
           and (n.due_at, n.event_id) > (note.after_due_at, note.after_event_id)
         order by n.due_at, n.event_id limit piece),
      put_off as (
        select n.endpoint_id, n.object_id, n.event_id, d.due_at
          from looked l
          join outward.due_deliveries n
            on n.endpoint_id = l.endpoint_id and n.object_id = l.object_id and n.event_id = l.event_id
          join outward.deliveries d
            on d.account_id = l.account_id and d.livemode = l.livemode and d.id = l.id and d.due_at < n.due_at
           for update of n skip locked),
      taken_back as (
        update outward.due_deliveries n set due_at = p.due_at from put_off p
         where n.endpoint_id = p.endpoint_id and n.object_id = p.object_id and n.event_id = p.event_id)
      select count(*) over (), l.due_at, l.event_id into seen, last_due_at, last_event_id
        from looked l order by l.due_at desc, l.event_id desc limit 1;
      if note.state = 3 or coalesce(seen, 0) < piece then
        look_again_at := null;
      else
        look_again_at := at;
      end if;
    else
      -- Only at the front of the object: the more of it are due, the more are passed over to find whose turn it is.
      select d.due_at into look_again_at
        from (select n.account_id, n.livemode, n.id from outward.due_deliveries n
               where n.endpoint_id = note.endpoint_id and n.object_id = note.object_id
               order by n.event_id limit 1) n
        join outward.deliveries d on d.account_id = n.account_id and d.livemode = n.livemode and d.id = n.id;
      -- Its endpoint has a row of its own once it has given up the order.
      if note.state = 3 or not note.ordered then
        look_again_at := null;
      elsif look_again_at <= at then
        with looked as materialized (
          select n.account_id, n.livemode, n.id, n.endpoint_id, n.object_id, n.event_id, n.due_at
            from outward.due_deliveries n
           where n.endpoint_id = note.endpoint_id and n.object_id = note.object_id
           order by n.event_id limit front_max),
        put_off as (
          select n.endpoint_id, n.object_id, n.event_id, d.due_at
            from looked l
            join outward.due_deliveries n
              on n.endpoint_id = l.endpoint_id and n.object_id = l.object_id and n.event_id = l.event_id
            join outward.deliveries d
              on d.account_id = l.account_id and d.livemode = l.livemode and d.id = l.id and d.due_at < n.due_at
           where l.due_at > at
             for update of n skip locked),
        taken_back as (
          update outward.due_deliveries n set due_at = p.due_at from put_off p
           where n.endpoint_id = p.endpoint_id and n.object_id = p.object_id and n.event_id = p.event_id)
        select (select count(*) from looked), (select count(*) from put_off) into seen, taken;
        look_again_at := case
          when taken > 0 then at
          when seen < front_max then null
          -- Until some of it have been told.
          when note.state = 1 then at + interval '250 milliseconds'
          else at + interval '1 minute' end;
      end if;
    end if;

    if look_again_at is null then
      delete from outward.take_backs t
       where t.account_id = note.account_id and t.livemode = note.livemode
         and t.endpoint_id = note.endpoint_id and t.object_id = note.object_id;
    else
      update outward.take_backs t
         set due_at = look_again_at, after_due_at = coalesce(last_due_at, t.after_due_at),
             after_event_id = coalesce(last_event_id, t.after_event_id)
       where t.account_id = note.account_id and t.livemode = note.livemode
         and t.endpoint_id = note.endpoint_id and t.object_id = note.object_id;
    end if;
    last_due_at := null;
    last_event_id := null;
  end loop;
end $$;

create or replace function outward.lease_deliveries(
  at timestamptz, known uuid[], rooms integer[], room_of_others integer, beginning_after uuid,
  at_most integer, lease_ms double precision, worker uuid default null)
  returns table (account_id uuid, livemode boolean, id uuid, endpoint_id uuid, event_id uuid,
                 object_id uuid, sequence integer, state smallint, attempts smallint,
                 due_at timestamptz, lease_epoch integer, tries json)
  language plpgsql security definer set search_path = pg_catalog
  set enable_seqscan = off set jit = off
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
                     where p.endpoint_id = n.endpoint_id and p.object_id = n.object_id and p.event_id < n.event_id
                       and earlier.sequence < (
                         select o.sequence from outward.deliveries o
                          where o.account_id = n.account_id and o.livemode = n.livemode and o.id = n.id))
            -- The clocks of two machines differ by less than a thousand changes of one object take.
            or exists (select from (
                         select p.account_id, p.livemode, p.id from outward.due_deliveries p
                          where p.endpoint_id = n.endpoint_id and p.object_id = n.object_id and p.event_id > n.event_id
                          order by p.event_id limit 1000) p
                        join outward.deliveries earlier
                          on earlier.account_id = p.account_id and earlier.livemode = p.livemode and earlier.id = p.id
                       where earlier.sequence < (
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
