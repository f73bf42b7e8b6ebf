-- The operations of which a provider spoke by its own id. Under row level security the index over what evidence
-- says could not be used: reading the id out of it is not known to keep to itself what it reads, so every
-- look-up read all evidence of a merchant. It is asked as its owner, for the account and mode of the caller.
create function rails.operations_by_provider_id(of_account uuid, of_mode boolean, provider_id text)
  returns setof uuid
  language sql stable security definer set search_path = pg_catalog
  as $$
    select operation_id from rails.evidence
     where account_id = of_account and livemode = of_mode and says->>'providerId' = provider_id
       and of_account = any (platform.accounts()) and of_mode = platform.livemode()
  $$;
revoke execute on function rails.operations_by_provider_id from public;
grant execute on function rails.operations_by_provider_id to tollgate_app;
