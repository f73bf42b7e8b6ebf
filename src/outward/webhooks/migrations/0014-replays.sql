-- Time ranges that are told again, and how far each has come. A range may hold millions: it goes in pieces, each a
-- transaction of its own, and goes on where it was, whoever dies.

create table outward.replays (
  account_id uuid not null,
  livemode boolean not null,
  id uuid not null,
  endpoint_id uuid not null,
  -- Deliveries from the one on and before the other are still to be looked at.
  next_id uuid not null,
  before_id uuid not null,
  also_delivered boolean not null,
  -- Those that have moved least go first.
  pieces integer not null default 0,
  primary key (account_id, livemode, id)
);
call platform.isolate('outward.replays');
call platform.open_to_owner('outward.replays');
grant select, insert on outward.replays to tollgate_app;

-- Those of endpoints that have little left to be told: what happens now would wait behind all that is told again. And
-- those of endpoints that are told no more.
create function outward.replays_due(at timestamptz, due_max integer)
  returns table (account_id uuid, livemode boolean, id uuid, is_over boolean)
  language sql stable security definer set search_path = pg_catalog
  as $$
    select r.account_id, r.livemode, r.id, w.id is null
      from outward.replays r
      left join outward.webhook_endpoints w
        on w.account_id = r.account_id and w.livemode = r.livemode and w.id = r.endpoint_id and w.state <> 3
     where w.id is null
        or w.state = 1
           and (select count(*) from (select from outward.due_deliveries d
                 where d.endpoint_id = w.id and d.due_at <= at limit due_max) due) < due_max
     order by r.pieces, r.id
  $$;

-- Asked by idle workers together with what others ask. Mostly there is none.
create function outward.are_replays_due(at timestamptz, due_max integer) returns boolean
  language plpgsql stable security definer set search_path = pg_catalog
  as $$
begin
  return exists (select from outward.replays) and exists (select from outward.replays_due(at, due_max));
end
$$;

-- A piece of one of them, which are so many deliveries at most. Null where there is none; else how many are told again.
create function outward.replay_piece(at timestamptz, at_most integer, due_max integer) returns integer
  language plpgsql security definer set search_path = pg_catalog
  set plan_cache_mode = force_custom_plan set enable_seqscan = off
  as $$
declare
  r outward.replays;
  wanted uuid[];
  next uuid;
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
    next := null;
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
  wanted := array_remove(wanted, next);

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
  return coalesce(cardinality(wanted), 0);
end
$$;

revoke execute on function outward.replays_due, outward.are_replays_due, outward.replay_piece from public;
grant execute on function outward.are_replays_due, outward.replay_piece to tollgate_app;
