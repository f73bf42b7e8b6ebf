-- What a search finds by an index. The one over metadata that there was compared with case, as no search does, so no
-- query used it, and every payment paid for it.
--
-- `aside` says what became of a charge that few are: 1 failed, 2 disputed, 4 given back or let go, and their sums. As for
-- intents, a charge that is paid on the way of most never has it.
--
-- Row level security lets nothing be looked up by a function that could tell of rows it hides, and an index over
-- an expression is looked up by one. So the owner finds the ids, of the account and the mode that the caller is in;
-- the caller reads the rows, and holds each against all that was asked.
--
-- It reads the table three times, under a lock that lets nobody write: some minutes for ten million charges.

alter table payments.charges add column aside smallint;
create index charges_aside on payments.charges (account_id, livemode, aside, id) where aside is not null;

-- What holds no such words need not be read as JSON.
update payments.charges set aside = given.aside
  from (select c.account_id, c.livemode, c.id,
               case when c.status = 3 then 1 else 0 end
               + case when c.details->>'isDisputed' = 'true' then 2 else 0 end
               + case when c.refunded + c.refunding > 0
                        or (c.captured = 0 and c.capturing = 0 and c.status = 2 and c.details->>'isDirect' = 'true'
                            and c.details->>'isCaptureOver' = 'true') then 4 else 0 end as aside
          from payments.charges c
         where c.status = 3 or c.refunded + c.refunding > 0
            or c.details::text like '%"isDisputed"%'
            or (c.captured = 0 and c.status = 2)) given
 where charges.account_id = given.account_id and charges.livemode = given.livemode and charges.id = given.id
   and given.aside > 0;

drop index payments.charges_metadata;
create index charges_folded on payments.charges using gin (platform.folded(metadata) jsonb_path_ops)
  where metadata <> '{}';

-- Pages by the amounts in them: it tells at once that nothing is above or below, and costs a payment
-- next to nothing, since a page that was summarized is changed only by an amount beyond what it had.
-- The id is not in it, although it would fit: rows by their ids were then looked up in it.
create index charges_amount on payments.charges using brin (amount) with (pages_per_range = 128, autosummarize = on);

create function payments.charges_of_metadata(of_account uuid, of_mode boolean, id_from uuid, id_before uuid,
  asked jsonb) returns setof uuid
  language sql stable security definer
  set search_path = pg_catalog set plan_cache_mode = force_custom_plan set enable_seqscan = off
  as $$
    select i.id from payments.charges i
     where of_account = any(platform.accounts()) and of_mode = platform.livemode()
       and i.account_id = of_account and i.livemode = of_mode
       and i.id >= id_from and i.id < id_before and i.metadata <> '{}'
       and (platform.folded(i.metadata) @> lower(asked::text)::jsonb
            or platform.folded(i.metadata) @> platform.folded_pairs(asked))
  $$;

create function payments.charges_of_amount(of_account uuid, of_mode boolean, id_from uuid, id_before uuid,
  least_asked bigint, most_asked bigint) returns setof uuid
  language sql stable security definer
  set search_path = pg_catalog set plan_cache_mode = force_custom_plan
  set enable_seqscan = off set enable_indexscan = off
  as $$
    select i.id from payments.charges i
     where of_account = any(platform.accounts()) and of_mode = platform.livemode()
       and i.account_id = of_account and i.livemode = of_mode
       and i.id >= id_from and i.id < id_before and i.amount between least_asked and most_asked
  $$;

revoke execute on function payments.charges_of_metadata, payments.charges_of_amount from public;
grant execute on function payments.charges_of_metadata, payments.charges_of_amount to tollgate_app;
