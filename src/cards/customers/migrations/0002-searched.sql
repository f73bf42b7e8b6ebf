-- As for payments: metadata is searched without case, and no query used the index that compared it with case.

drop index cards.customers_metadata;
create index customers_folded on cards.customers using gin (platform.folded(metadata) jsonb_path_ops)
  where metadata <> '{}';

create function cards.customers_of_metadata(of_account uuid, of_mode boolean, id_from uuid, id_before uuid,
  asked jsonb) returns setof uuid
  language sql stable security definer
  set search_path = pg_catalog set plan_cache_mode = force_custom_plan set enable_seqscan = off
  as $$
    select c.id from cards.customers c
     where of_account = any(platform.accounts()) and of_mode = platform.livemode()
       and c.account_id = of_account and c.livemode = of_mode
       and c.id >= id_from and c.id < id_before and c.metadata <> '{}'
       and (platform.folded(c.metadata) @> lower(asked::text)::jsonb
            or platform.folded(c.metadata) @> platform.folded_pairs(asked))
  $$;
revoke execute on function cards.customers_of_metadata from public;
grant execute on function cards.customers_of_metadata to tollgate_app;
