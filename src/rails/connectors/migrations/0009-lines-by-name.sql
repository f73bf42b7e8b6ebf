-- The lines of settlements that fitted nothing, by the operation that they name. Who takes payments elsewhere too, at
-- the same account of a provider, has very many such lines, and each was read whenever an operation was approved late.
-- Under row level security an index over what a line says is not used: reading out of it is not known to keep to itself
-- what it reads. It is asked as its owner, for the account and mode of the caller.
create index settlement_lines_by_reference on rails.settlement_lines
  (account_id, livemode, connector_account_id, (line->>'reference'))
  where state = 3 and explanation is null and line->>'reference' is not null;
create index settlement_lines_by_provider_id on rails.settlement_lines
  (account_id, livemode, connector_account_id, (line->>'providerId'))
  where state = 3 and explanation is null and line->>'reference' is null;

create function rails.lines_that_fit_nothing(
  of_account uuid, of_mode boolean, of_connector_account uuid, of_kind text, reference text, provider_id text
) returns setof uuid
  language sql stable rows 1 security definer set search_path = pg_catalog
  as $$
    select l.id from rails.settlement_lines l
     where l.account_id = of_account and l.livemode = of_mode and l.connector_account_id = of_connector_account
       and l.state = 3 and l.explanation is null and l.kind = of_kind
       and l.line->>'reference' = reference
       and of_account = any (platform.accounts()) and of_mode = platform.livemode()
    union all
    select l.id from rails.settlement_lines l
     where l.account_id = of_account and l.livemode = of_mode and l.connector_account_id = of_connector_account
       and l.state = 3 and l.explanation is null and l.kind = of_kind
       and l.line->>'reference' is null and l.line->>'providerId' = provider_id
       and of_account = any (platform.accounts()) and of_mode = platform.livemode()
  $$;
revoke execute on function rails.lines_that_fit_nothing from public;
grant execute on function rails.lines_that_fit_nothing to tollgate_app;
