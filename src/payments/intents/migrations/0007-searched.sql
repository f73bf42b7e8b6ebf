-- What a search finds by an index. The one over metadata that there was compared with case, as no search does, so no
-- query used it, and every payment paid for it.
--
-- `aside` says which payments are neither under way nor paid (the number of their status). A payment that is paid on
-- the way of most never has it: an index that told of the status itself would be entered anew when a payment ends, and
-- PostgreSQL could not write the new row beside the old one without touching every index.
--
-- Row level security lets nothing be looked up by a function that could tell of rows it hides, and an index over
-- an expression is looked up by one. So the owner finds the ids, of the account and the mode that the caller is in;
-- the caller reads the rows, and holds each against all that was asked.
--
-- It reads the table three times, under a lock that lets nobody write: some minutes for ten million payments.

alter table payments.intents add column aside smallint;
create index intents_aside on payments.intents (account_id, livemode, aside, id) where aside is not null;

update payments.intents set aside = status where status not in (4, 6);

drop index payments.intents_metadata;
create index intents_folded on payments.intents using gin (platform.folded(metadata) jsonb_path_ops)
  where metadata <> '{}';

-- Pages by the amounts in them: it tells at once that nothing is above or below, and costs a payment
-- next to nothing, since a page that was summarized is changed only by an amount beyond what it had.
-- The id is not in it, although it would fit: rows by their ids were then looked up in it.
create index intents_amount on payments.intents using brin (amount) with (pages_per_range = 64, autosummarize = on);

create function payments.intents_of_metadata(of_account uuid, of_mode boolean, id_from uuid, id_before uuid,
  asked jsonb) returns setof uuid
  language sql stable security definer
  set search_path = pg_catalog set plan_cache_mode = force_custom_plan set enable_seqscan = off
  as $$
    select i.id from payments.intents i
     where of_account = any(platform.accounts()) and of_mode = platform.livemode()
       and i.account_id = of_account and i.livemode = of_mode
       and i.id >= id_from and i.id < id_before and i.metadata <> '{}'
       and (platform.folded(i.metadata) @> lower(asked::text)::jsonb
            or platform.folded(i.metadata) @> platform.folded_pairs(asked))
  $$;

create function payments.intents_of_amount(of_account uuid, of_mode boolean, id_from uuid, id_before uuid,
  least_asked bigint, most_asked bigint) returns setof uuid
  language sql stable security definer
  set search_path = pg_catalog set plan_cache_mode = force_custom_plan
  set enable_seqscan = off set enable_indexscan = off
  as $$
    select i.id from payments.intents i
     where of_account = any(platform.accounts()) and of_mode = platform.livemode()
       and i.account_id = of_account and i.livemode = of_mode
       and i.id >= id_from and i.id < id_before and i.amount between least_asked and most_asked
  $$;

revoke execute on function payments.intents_of_metadata, payments.intents_of_amount from public;
grant execute on function payments.intents_of_metadata, payments.intents_of_amount to tollgate_app;
