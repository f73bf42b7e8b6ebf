-- Whether leasing would find anything.

create function rails.are_webhooks_due(at timestamptz) returns boolean
  language plpgsql stable security definer set search_path = pg_catalog
  set enable_seqscan = off
  as $$
begin
  return exists (select from rails.inbound_webhooks w
                  where w.due_at <= at and (w.leased_until is null or w.leased_until < clock_timestamp()));
end
$$;

create function rails.are_disputes_due(at timestamptz) returns boolean
  language plpgsql stable security definer set search_path = pg_catalog
  set enable_seqscan = off
  as $$
begin
  return exists (select from rails.dispute_feeds f
                  where f.due_at <= at and (f.leased_until is null or f.leased_until < clock_timestamp()))
      or exists (select from rails.dispute_notices n
                  where n.due_at <= at and (n.leased_until is null or n.leased_until < clock_timestamp()));
end
$$;

revoke execute on function rails.are_webhooks_due, rails.are_disputes_due from public;
grant execute on function rails.are_webhooks_due, rails.are_disputes_due to tollgate_app;
