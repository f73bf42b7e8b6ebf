-- Deliveries that few are, found without looking through those that were delivered.

-- It says again what the state says, of what was given up alone. An index by the state would be written whenever a
-- delivery is delivered; this one never is, and a row that keeps the value is changed in its place.
alter table outward.deliveries add column given_up boolean not null default false;
update outward.deliveries set given_up = true where state = 3;
create index deliveries_given_up on outward.deliveries (account_id, livemode, id) where given_up;
create index deliveries_given_up_of on outward.deliveries (account_id, livemode, endpoint_id, id) where given_up;

-- What waits and is not being told, in the order of events.
create index due_deliveries_of on outward.due_deliveries (endpoint_id, id);

-- Pages by the endpoints that they tell of. A page is summarized when it is full, so that owing a delivery costs no
-- more than the look whether it is.
create index deliveries_endpoint on outward.deliveries
  using brin (endpoint_id uuid_bloom_ops (n_distinct_per_range = 64))
  with (pages_per_range = 128, autosummarize = on);

-- The first or last so many that wait in an account and mode, in no order: what is due, of each endpoint, and what a
-- worker holds just now.
create function outward.waiting_deliveries(
  of_account uuid, of_mode boolean, of_endpoint uuid, id_from uuid, id_before uuid, older boolean,
  at_most integer) returns setof uuid
  language plpgsql stable security definer set search_path = pg_catalog
  set plan_cache_mode = force_generic_plan set enable_seqscan = off
  as $$
begin
  if of_account <> all (platform.accounts()) or of_mode <> platform.livemode() then
    raise exception 'Not in scope' using errcode = 'insufficient_privilege';
  end if;
  if older then
    return query
      select d.id from outward.webhook_endpoints w cross join lateral (
        select n.id from outward.due_deliveries n
         where n.endpoint_id = w.id and n.id >= id_from and n.id < id_before
         order by n.id desc limit at_most) d
       where w.account_id = of_account and w.livemode = of_mode and (of_endpoint is null or w.id = of_endpoint);
  else
    return query
      select d.id from outward.webhook_endpoints w cross join lateral (
        select n.id from outward.due_deliveries n
         where n.endpoint_id = w.id and n.id >= id_from and n.id < id_before
         order by n.id limit at_most) d
       where w.account_id = of_account and w.livemode = of_mode and (of_endpoint is null or w.id = of_endpoint);
  end if;
  return query
    select d.id from outward.leases l
     cross join lateral unnest(l.accounts, l.modes, l.deliveries) as h(account_id, livemode, id)
      join outward.deliveries d
        on d.account_id = h.account_id and d.livemode = h.livemode and d.id = h.id
     where h.account_id = of_account and h.livemode = of_mode and h.id >= id_from and h.id < id_before
       and d.state = 1 and (of_endpoint is null or d.endpoint_id = of_endpoint);
end
$$;

-- What an endpoint was told of, in no order. Said by functions and not by operators, of which other indexes know: it
-- is to be found by its pages alone.
create function outward.deliveries_of_endpoint(
  of_account uuid, of_mode boolean, of_endpoint uuid, id_from uuid, id_before uuid) returns setof uuid
  language sql stable security definer
  set search_path = pg_catalog set plan_cache_mode = force_custom_plan set enable_seqscan = off
  as $$
    select d.id from outward.deliveries d
     where of_account = any(platform.accounts()) and of_mode = platform.livemode()
       and uuid_eq(d.account_id, of_account) and booleq(d.livemode, of_mode)
       and uuid_ge(d.id, id_from) and uuid_lt(d.id, id_before) and d.endpoint_id = of_endpoint
  $$;

revoke execute on function outward.waiting_deliveries, outward.deliveries_of_endpoint from public;
grant execute on function outward.waiting_deliveries, outward.deliveries_of_endpoint to tollgate_app;
