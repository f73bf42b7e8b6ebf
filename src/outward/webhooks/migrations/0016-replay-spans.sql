-- In which parts of the feed an endpoint was disabled: what was handed on there, and nothing else, is what nobody owed it.
-- It was known from the first disabling to the last, by the clock: what its endpoint had not wanted while it was enabled
-- was told as well, and what was being handed on while it was enabled could be missed.

create table outward.disabled_spans (
  account_id uuid not null,
  livemode boolean not null,
  endpoint_id uuid not null,
  -- Numbers of the feed: those above the one and up to the other, which is null as long as it is disabled.
  after bigint not null,
  up_to bigint,
  primary key (account_id, livemode, endpoint_id, after)
);
call platform.isolate('outward.disabled_spans');
call platform.open_to_owner('outward.disabled_spans');
grant select on outward.disabled_spans to tollgate_app;

-- Numbers are given one hand-on at a time, each of which looks at endpoints once it holds the feed's lock. So whoever
-- holds it knows of every number whether it was given before or will be after: what is being handed on is awaited. Not for
-- long, since others may be written in the same transaction: then what it may give numbers to counts as handed on while
-- the endpoint was disabled. What it was owed all the same is not owed twice.
create function outward.note_switch() returns trigger
  language plpgsql security definer set search_path = pg_catalog set lock_timeout = '200ms'
  as $$
declare
  -- More than one hand-on gives out.
  unsure constant bigint := 20000;
  newest bigint;
  last bigint;
begin
  begin
    perform pg_advisory_xact_lock(hashtextextended('tollgate feed', 0));
  exception when lock_not_available then
    last := unsure;
  end;
  newest := coalesce((select f.position from outward.feed f
                       where f.account_id = new.account_id and f.livemode = new.livemode
                       order by f.position desc limit 1), 0);
  last := newest + coalesce(last, 0);
  if new.state = 2 then
    -- One that is not sure to have ended goes on.
    update outward.disabled_spans s set up_to = null
     where s.account_id = new.account_id and s.livemode = new.livemode and s.endpoint_id = new.id
       and s.up_to >= newest;
    if not found then
      insert into outward.disabled_spans (account_id, livemode, endpoint_id, after)
      values (new.account_id, new.livemode, new.id, newest);
    end if;
  else
    update outward.disabled_spans s set up_to = last
     where s.account_id = new.account_id and s.livemode = new.livemode and s.endpoint_id = new.id
       and s.up_to is null;
  end if;
  -- In which nothing happened, of which the feed has forgotten all, and of which nobody will ask any more.
  delete from outward.disabled_spans s
   where s.account_id = new.account_id and s.livemode = new.livemode and s.endpoint_id = new.id
     and (new.state = 3 or s.up_to = s.after
          or s.up_to < (select f.position from outward.feed f
                         where f.account_id = new.account_id and f.livemode = new.livemode
                         order by f.position limit 1));
  return null;
end
$$;
revoke execute on function outward.note_switch from public;

create trigger note_switch after update of state on outward.webhook_endpoints
  for each row when (old.state is distinct from new.state) execute function outward.note_switch();

-- As far as it was known until now: a day around it.
with known as (
  select w.account_id, w.livemode, w.id, w.state,
         (w.details->'disabled'->>'fromMs')::float8 - 86400000 as from_ms,
         (w.details->'disabled'->>'toMs')::float8 + 86400000 as to_ms
    from outward.webhook_endpoints w
   where w.state = 2 or w.state = 1 and w.details->'disabled'->>'toMs' is not null),
-- Read once: no index knows the feed by events.
spans as materialized (
  select k.account_id, k.livemode, k.id, k.state,
         coalesce((select min(f.position) - 1 from outward.feed f
                    where f.account_id = k.account_id and f.livemode = k.livemode
                      and (k.from_ms is null
                           or f.event_id >= rpad(lpad(to_hex(k.from_ms::bigint), 12, '0'), 32, '0')::uuid)),
                  (select max(f.position) from outward.feed f
                    where f.account_id = k.account_id and f.livemode = k.livemode), 0) as after,
         case when k.state = 1 then
           coalesce((select max(f.position) from outward.feed f
                      where f.account_id = k.account_id and f.livemode = k.livemode
                        and f.event_id < rpad(lpad(to_hex(k.to_ms::bigint), 12, '0'), 32, '0')::uuid), 0) end as up_to
    from known k)
insert into outward.disabled_spans (account_id, livemode, endpoint_id, after, up_to)
select s.account_id, s.livemode, s.id, s.after, s.up_to
  from spans s where s.state = 2 or s.up_to > s.after;

-- From where on the feed is still to be looked at. What was asked for before begins anew: nothing is owed twice.
alter table outward.replays add column next_position bigint not null default 0;

create or replace function outward.replay_piece(at timestamptz, at_most integer, due_max integer) returns integer
  language plpgsql security definer set search_path = pg_catalog
  set plan_cache_mode = force_custom_plan set enable_seqscan = off
  as $$
declare
  -- Of the feed, so many numbers at once: few of those of a long span may lie in the range.
  looked_max constant integer := 20 * at_most;
  r outward.replays;
  wanted uuid[];
  missed uuid[];
  next uuid;
  first_change uuid;
  last_change uuid;
  looked record;
begin
  select p.* into r
    from outward.replays_due(at, due_max) due
    join outward.replays p
      on p.account_id = due.account_id and p.livemode = due.livemode and p.id = due.id
   order by due.is_over desc, p.pieces, p.id limit 1 for update of p skip locked;
  if not found then return null; end if;

  if not exists (select from outward.webhook_endpoints w
                  where w.account_id = r.account_id and w.livemode = r.livemode and w.id = r.endpoint_id
                    and w.state <> 3) then
    r.codes := null;
  elsif r.also_delivered then
    select array_agg(d.id) filter (where d.is_wanted), (array_agg(d.id order by d.id))[at_most + 1]
      into wanted, next
      from (select o.id, o.endpoint_id = r.endpoint_id and o.state <> 1 as is_wanted from outward.deliveries o
             where o.account_id = r.account_id and o.livemode = r.livemode
               and o.id >= r.next_id and o.id < r.before_id
             order by o.id limit at_most + 1) d;
  else
    select array_agg(d.id), (array_agg(d.id order by d.id))[at_most + 1]
      into wanted, next
      from (select o.id from outward.deliveries o
             where o.account_id = r.account_id and o.livemode = r.livemode and o.endpoint_id = r.endpoint_id
               and o.given_up and o.id >= r.next_id and o.id < r.before_id
             order by o.id limit at_most + 1) d;
  end if;

  if cardinality(r.codes) > 0 then
    -- Deliveries are kept for thirty days.
    r.owed_from := greatest(r.owed_from, platform.uuid_at((at - interval '28 days')::date));
    -- The first so many of the range, and of them those that come before the next delivery: so both are told in
    -- the order of their events. Numbers follow those nearly, and what comes late is told late again.
    with numbers as (
      select f.position, f.event_id, f.event_id >= r.owed_from and f.event_id < r.owed_before as is_within
        from outward.disabled_spans s
       cross join lateral (
         select n.position, n.event_id from outward.feed n
          where n.account_id = r.account_id and n.livemode = r.livemode
            and n.position > greatest(s.after, r.next_position) and n.position <= coalesce(s.up_to, n.position)
          order by n.position limit looked_max) f
       where s.account_id = r.account_id and s.livemode = r.livemode and s.endpoint_id = r.endpoint_id
         and (s.up_to is null or s.up_to > r.next_position)
       order by f.position limit looked_max),
    counted as (
      select *, count(*) filter (where is_within) over (order by position) as place from numbers),
    stops as (
      select min(position) filter (where place > at_most) as full,
             min(position) filter (where is_within and event_id >= next) as ahead
        from counted)
    select count(c.position) = looked_max as is_more, s.full, s.ahead, max(c.position) as newest,
           array_agg(c.event_id) filter (
             where c.is_within and (least(s.full, s.ahead) is null or c.position < least(s.full, s.ahead))) as events
      into looked
      from stops s left join counted c on true
     group by s.full, s.ahead;

    select (left((array_agg(e.id order by e.id))[1]::text, 35) || '0')::uuid, (array_agg(e.id order by e.id desc))[1]
      into first_change, last_change
      from unnest(looked.events) as e(id);
    with numbered as materialized (
      select u.id, (left(u.id::text, 35) || '0')::uuid as change_id,
             ('x' || right(u.id::text, 1))::bit(4)::integer as place
        from unnest(looked.events) as u(id)),
    heard as (
      select e.object_id, (e.sequence + n.place)::integer as sequence, n.id as event_id,
             (left(n.id::text, 18) || right(n.id::text, 1)
               || right(md5(r.endpoint_id::text || n.id::text), 15))::uuid as id
        from numbered n
        join platform.events e
          on e.account_id = r.account_id and e.livemode = r.livemode
         and e.id = n.change_id and e.id >= first_change and e.id <= last_change
       where e.kinds[n.place + 1] = any (r.codes)),
    owed as (
      insert into outward.deliveries
        (account_id, livemode, id, endpoint_id, event_id, object_id, sequence, state, due_at)
      select r.account_id, r.livemode, h.id, r.endpoint_id, h.event_id, h.object_id, h.sequence, 1, at
        from heard h order by h.id
      on conflict do nothing
      returning id, event_id, object_id),
    due as (
      insert into outward.due_deliveries (account_id, livemode, id, endpoint_id, event_id, object_id, due_at)
      select r.account_id, r.livemode, o.id, r.endpoint_id, o.event_id, o.object_id, at from owed o)
    select array_agg(o.id) into missed from owed o;

    if least(looked.full, looked.ahead) is not null or looked.is_more then
      r.next_position := coalesce(least(looked.full, looked.ahead) - 1, looked.newest);
      -- Behind what was looked at here, no delivery is, unless it is the next one's turn.
      if looked.ahead is null or looked.full < looked.ahead then
        next := least(next, greatest(r.next_id, (left(last_change::text, 18) || repeat('f', 16))::uuid));
      end if;
    else
      r.next_position := greatest(r.next_position, looked.newest);
    end if;
  end if;
  wanted := array(select w.id from unnest(wanted) as w(id) where next is null or w.id < next);

  -- The lease moves on, so that who is telling one just now does not write over this.
  with again as (
    update outward.deliveries d
       set state = 1, given_up = false, attempts = 0, due_at = at, lease_epoch = d.lease_epoch + 1
     where d.account_id = r.account_id and d.livemode = r.livemode and d.id = any (wanted) and d.state <> 1
    returning d.id, d.endpoint_id, d.event_id, d.object_id)
  insert into outward.due_deliveries (account_id, livemode, id, endpoint_id, event_id, object_id, due_at)
  select r.account_id, r.livemode, a.id, a.endpoint_id, a.event_id, a.object_id, at from again a
  on conflict (endpoint_id, object_id, event_id)
    do update set due_at = excluded.due_at, leased_until = null;

  if next is null then
    delete from outward.replays p
     where p.account_id = r.account_id and p.livemode = r.livemode and p.id = r.id;
  else
    update outward.replays p set next_id = next, next_position = r.next_position, pieces = p.pieces + 1
     where p.account_id = r.account_id and p.livemode = r.livemode and p.id = r.id;
  end if;
  return cardinality(wanted) + coalesce(cardinality(missed), 0);
end
$$;

-- How many events of a range nobody owed an endpoint, looking at so many of those that were handed on while it was
-- disabled, and whether those are all. It sees what its caller may.
drop function outward.count_missed;
create function outward.count_missed(of_account uuid, of_mode boolean, of_endpoint uuid, id_from uuid, id_before uuid,
                                     wanted smallint[], at_most integer, out count double precision, out is_all boolean)
  language sql stable set search_path = pg_catalog
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
  as $$
    with heard as materialized (
      select (left(f.event_id::text, 35) || '0')::uuid as change_id,
             ('x' || right(f.event_id::text, 1))::bit(4)::integer as place,
             (left(f.event_id::text, 18) || right(f.event_id::text, 1)
               || right(md5(of_endpoint::text || f.event_id::text), 15))::uuid as delivery_id
        from outward.disabled_spans s
       cross join lateral (
         select n.event_id from outward.feed n
          where n.account_id = of_account and n.livemode = of_mode
            and n.position > s.after and n.position <= coalesce(s.up_to, n.position)
            and n.event_id >= id_from and n.event_id < id_before
          order by n.position limit at_most + 1) f
       where s.account_id = of_account and s.livemode = of_mode and s.endpoint_id = of_endpoint
       limit at_most + 1)
    select count(*) filter (where e.kinds[h.place + 1] = any (wanted) and d.id is null)::float8, count(*) <= at_most
      from heard h
      left join platform.events e
        on e.account_id = of_account and e.livemode = of_mode and e.id = h.change_id
      left join outward.deliveries d
        on d.account_id = of_account and d.livemode = of_mode and d.id = h.delivery_id
  $$;
revoke execute on function outward.count_missed from public;
grant execute on function outward.count_missed to tollgate_app;
