-- What happens is owed to each endpoint of its account under the lock under which events are numbered. One merchant with two
-- thousand endpoints kept the events of all others waiting, for ever once some hundred of their own happened at once: what
-- these owed took longer than a statement may. So an account has sixteen in each mode, as at Stripe. Who has more keeps them.

-- Those that were deleted stay, for what is known of their deliveries, and are not passed over each time.
create index webhook_endpoints_kept on outward.webhook_endpoints (account_id, livemode, id) where state <> 3;

-- Those of one statement count too. Whoever makes one beside this waits, and sees it.
create function outward.limit_endpoints() returns trigger
  language plpgsql security definer set search_path = pg_catalog
  as $$
declare
  -- Beside that of `endpoint.ts`.
  endpoints_max constant integer := 16;
begin
  perform pg_advisory_xact_lock(hashtextextended('tollgate endpoints ' || new.account_id::text || new.livemode::text, 0));
  if (select count(*) from (
        select from outward.webhook_endpoints w
         where w.account_id = new.account_id and w.livemode = new.livemode and w.state <> 3
         limit endpoints_max) kept) < endpoints_max then
    return new;
  end if;
  return null;
end $$;
revoke execute on function outward.limit_endpoints from public;
create trigger limit_endpoints before insert on outward.webhook_endpoints
  for each row when (new.state <> 3) execute function outward.limit_endpoints();
