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

-- Where what was put off is to be taken back: of an object whose front is asked for again, or of an endpoint that gives up
-- its order. There may be hundred thousands: who asks writes one row here, and workers take back some at a time.
create table outward.take_backs (
  account_id uuid not null,
  livemode boolean not null,
  endpoint_id uuid not null,
  -- The endpoint's own where all that it waits for is meant.
  object_id uuid not null,
  -- When to look at it.
  due_at timestamptz not null,
  -- How far an endpoint has come.
  after_due_at timestamptz not null default '-infinity',
  after_event_id uuid not null default '00000000-0000-0000-0000-000000000000',
  primary key (account_id, livemode, endpoint_id, object_id)
);
create index take_backs_next on outward.take_backs (due_at);
call platform.isolate('outward.take_backs');
call platform.open_to_owner('outward.take_backs');
grant select, insert, update on outward.take_backs to tollgate_app;

create function outward.note_order_given_up() returns trigger
  language plpgsql security definer set search_path = pg_catalog
  as $$
begin
  insert into outward.take_backs (account_id, livemode, endpoint_id, object_id, due_at)
  values (new.account_id, new.livemode, new.id, new.id, '-infinity')
  on conflict (account_id, livemode, endpoint_id, object_id)
    do update set due_at = excluded.due_at, after_due_at = default, after_event_id = default;
  return null;
end $$;
revoke execute on function outward.note_order_given_up from public;
create trigger note_order_given_up after update of ordered on outward.webhook_endpoints
  for each row when (old.ordered and not new.ordered) execute function outward.note_order_given_up();

-- What somebody holds is passed over: it is told, asked for or forgotten just now.
create function outward.take_back_put_off(at timestamptz) returns void
  language plpgsql volatile security definer set search_path = pg_catalog
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  notes_max constant integer := 8;
  piece constant integer := 1000;
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
           order by n.event_id limit piece),
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
          when seen < piece then null
          -- Until some of it have been told.
          when note.state = 1 then at + interval '1 second'
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
revoke execute on function outward.take_back_put_off from public;
grant execute on function outward.take_back_put_off to tollgate_app;

create or replace function outward.are_deliveries_due(at timestamptz) returns boolean
  language plpgsql stable security definer set search_path = pg_catalog
  set enable_seqscan = off set jit = off
  as $$
begin
  return exists (select from outward.leases l where l.until < clock_timestamp())
      or exists (select from outward.take_backs t where t.due_at <= at)
      or (exists (select from outward.due_deliveries)
          and exists (
            select from outward.webhook_endpoints w
             where w.state = 1 and exists (
               select from outward.due_deliveries d
                where d.endpoint_id = w.id and d.due_at <= at
                  and (d.leased_until is null or d.leased_until < clock_timestamp()))));
end
$$;
