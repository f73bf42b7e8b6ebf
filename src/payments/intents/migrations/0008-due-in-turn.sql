-- What is due of accounts that have had their turn is left out: many payments of one whose provider is silent keep nobody
-- else's waiting. The version before goes on asking with two arguments, of all.
create function payments.due_intents(due_before timestamptz, at_most integer, but_of uuid[])
  returns table (account_id uuid, livemode boolean, id uuid)
  language sql stable security definer set search_path = pg_catalog
  as $$
    select i.account_id, i.livemode, i.id from payments.intents i
     where i.due_at <= due_before and i.account_id <> all (but_of)
     order by i.due_at limit at_most
  $$;
revoke execute on function payments.due_intents(timestamptz, integer, uuid[]) from public;
grant execute on function payments.due_intents(timestamptz, integer, uuid[]) to tollgate_app;
