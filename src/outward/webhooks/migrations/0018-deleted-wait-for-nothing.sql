-- What an endpoint that is deleted was owed does not wait any more: it is never told. It was listed as waiting for thirty days.

create or replace function outward.waiting_deliveries(
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
       where w.account_id = of_account and w.livemode = of_mode and w.state <> 3
         and (of_endpoint is null or w.id = of_endpoint);
  else
    return query
      select d.id from outward.webhook_endpoints w cross join lateral (
        select n.id from outward.due_deliveries n
         where n.endpoint_id = w.id and n.id >= id_from and n.id < id_before
         order by n.id limit at_most) d
       where w.account_id = of_account and w.livemode = of_mode and w.state <> 3
         and (of_endpoint is null or w.id = of_endpoint);
  end if;
  return query
    select d.id from outward.leases l
     cross join lateral unnest(l.accounts, l.modes, l.deliveries) as h(account_id, livemode, id)
      join outward.deliveries d
        on d.account_id = h.account_id and d.livemode = h.livemode and d.id = h.id
     where h.account_id = of_account and h.livemode = of_mode and h.id >= id_from and h.id < id_before
       and d.state = 1 and (of_endpoint is null or d.endpoint_id = of_endpoint)
       and exists (select from outward.webhook_endpoints w
                    where w.account_id = of_account and w.livemode = of_mode and w.id = d.endpoint_id and w.state <> 3);
end
$$;
