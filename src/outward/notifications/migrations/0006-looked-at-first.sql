-- Whether leasing would find anything.

create function outward.are_mails_due(at timestamptz) returns boolean
  language plpgsql stable security definer set search_path = pg_catalog
  set enable_seqscan = off
  as $$
begin
  return exists (select from outward.mails m
                  where m.due_at <= at and (m.leased_until is null or m.leased_until < clock_timestamp()));
end
$$;
revoke execute on function outward.are_mails_due from public;
grant execute on function outward.are_mails_due to tollgate_app;
