-- Whether leasing would find anything, asked by idle workers together with what others ask. Mostly nobody waits, and
-- then no endpoint is looked at.

create function outward.are_deliveries_due(at timestamptz) returns boolean
  language plpgsql stable security definer set search_path = pg_catalog
  set enable_seqscan = off
  as $$
begin
  return exists (select from outward.leases l where l.until < clock_timestamp())
      or (exists (select from outward.due_deliveries)
          and exists (
            select from outward.webhook_endpoints w
             where w.state = 1 and exists (
               select from outward.due_deliveries d
                where d.endpoint_id = w.id and d.due_at <= at
                  and (d.leased_until is null or d.leased_until < clock_timestamp()))));
end
$$;
revoke execute on function outward.are_deliveries_due from public;
grant execute on function outward.are_deliveries_due to tollgate_app;
