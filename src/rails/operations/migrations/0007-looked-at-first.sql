-- Whether leasing would find anything.

create function rails.are_operations_due(at timestamptz) returns boolean
  language plpgsql stable security definer set search_path = pg_catalog
  set enable_seqscan = off
  as $$
begin
  return exists (select from rails.operations o
                  where o.due_at <= at and (o.leased_until is null or o.leased_until < clock_timestamp()));
end
$$;
revoke execute on function rails.are_operations_due from public;
grant execute on function rails.are_operations_due to tollgate_app;
