-- A range that is told again tells also what nobody owed its endpoint: it was disabled then. The log knows it.

alter table outward.replays
  -- The kinds that the endpoint wanted when it was asked for. Null where it was not disabled in that time, and in what
  -- was asked for before there were any.
  add column codes smallint[],
  -- The part of the range in which it was disabled.
  add column owed_from uuid,
  add column owed_before uuid;

create or replace function outward.replay_piece(at timestamptz, at_most integer, due_max integer) returns integer
  language plpgsql security definer set search_path = pg_catalog
  set plan_cache_mode = force_custom_plan set enable_seqscan = off
  as $$
declare
  r outward.replays;
  wanted uuid[];
  missed uuid[];
  next uuid;
  looked_to uuid;
  -- Within these lie the events whose deliveries lie within the piece: the ids of both begin with the same moment.
  first_event uuid;
  last_event uuid;
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

  if cardinality(r.codes) > 0 and r.next_id < r.owed_before then
    -- Deliveries are kept for thirty days.
    r.owed_from := greatest(r.owed_from, r.next_id, platform.uuid_at((at - interval '28 days')::date));
    first_event := (left(r.owed_from::text, 18) || repeat('0', 16))::uuid;
    select (left(e.id::text, 18) || repeat('0', 16))::uuid into looked_to
      from platform.events e
     where e.account_id = r.account_id and e.livemode = r.livemode
       and e.id >= first_event and e.id < r.owed_before
     order by e.id offset at_most limit 1;
    if looked_to <= r.next_id then
      -- So many at one moment go together.
      last_event := (left(looked_to::text, 18) || repeat('f', 16))::uuid;
      select (left(e.id::text, 18) || repeat('0', 16))::uuid into looked_to
        from platform.events e
       where e.account_id = r.account_id and e.livemode = r.livemode
         and e.id > last_event and e.id < r.owed_before
       order by e.id limit 1;
    end if;
    next := least(next, looked_to);
    last_event := (left(least(next, r.owed_before)::text, 18) || repeat('f', 16))::uuid;

    -- Of what is not handed on yet it is decided then whom it is owed to.
    with log as (
      select (left(e.id::text, 35) || to_hex(k.place - 1))::uuid as event_id, e.object_id,
             (e.sequence + k.place - 1)::integer as sequence
        from platform.events e
       cross join lateral unnest(e.kinds) with ordinality as k(code, place)
       where e.account_id = r.account_id and e.livemode = r.livemode
         and e.id >= first_event and e.id <= last_event and e.id < r.owed_before
         and k.code = any (r.codes)
         and not exists (select from platform.outbox o
                          where o.event_id = e.id and o.event_id >= first_event and o.event_id <= last_event)),
    told as (
      select l.*, (left(l.event_id::text, 18) || right(l.event_id::text, 1)
                    || right(md5(r.endpoint_id::text || l.event_id::text), 15))::uuid as id
        from log l),
    owed as (
      insert into outward.deliveries
        (account_id, livemode, id, endpoint_id, event_id, object_id, sequence, state, due_at)
      select r.account_id, r.livemode, t.id, r.endpoint_id, t.event_id, t.object_id, t.sequence, 1, at
        from told t
       where t.id >= r.owed_from and (next is null or t.id < next)
         and not exists (select from outward.deliveries d
                          where d.account_id = r.account_id and d.livemode = r.livemode and d.id = t.id
                            and d.id >= r.owed_from and d.id < least(next, r.owed_before))
       order by t.id
      on conflict do nothing
      returning id, event_id, object_id),
    due as (
      insert into outward.due_deliveries (account_id, livemode, id, endpoint_id, event_id, object_id, due_at)
      select r.account_id, r.livemode, o.id, r.endpoint_id, o.event_id, o.object_id, at from owed o)
    select array_agg(o.id) into missed from owed o;
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
    update outward.replays p set next_id = next, pieces = p.pieces + 1
     where p.account_id = r.account_id and p.livemode = r.livemode and p.id = r.id;
  end if;
  return cardinality(wanted) + coalesce(cardinality(missed), 0);
end
$$;

-- How many events of a time nobody owed an endpoint. It sees what its caller may.
create function outward.count_missed(of_account uuid, of_mode boolean, of_endpoint uuid, id_from uuid, id_before uuid,
                                     wanted smallint[]) returns double precision
  language sql stable set search_path = pg_catalog
  as $$
    select count(*)::float8 from platform.events e
     cross join lateral unnest(e.kinds) with ordinality as k(code, place)
     where e.account_id = of_account and e.livemode = of_mode and e.id >= id_from and e.id < id_before
       and k.code = any (wanted)
       and not exists (select from platform.outbox o
                        where o.event_id = e.id and o.event_id >= id_from and o.event_id < id_before)
       and not exists (
         select from outward.deliveries d
          where d.account_id = of_account and d.livemode = of_mode and d.endpoint_id = of_endpoint
            and d.id >= id_from and d.id < id_before
            and d.event_id = (left(e.id::text, 35) || to_hex(k.place - 1))::uuid)
  $$;
revoke execute on function outward.count_missed from public;
grant execute on function outward.count_missed to tollgate_app;
