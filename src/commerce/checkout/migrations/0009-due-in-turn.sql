-- What is due of accounts that have had their turn is left out: many sessions of one whose provider is silent keep nobody
-- else's waiting. The version before goes on asking with two arguments, of all.
create function commerce.due_checkout_sessions(due_before timestamptz, at_most integer, but_of uuid[])
  returns table (account_id uuid, livemode boolean, id uuid)
  language sql stable security definer set search_path = pg_catalog
  as $$
    select s.account_id, s.livemode, s.id from commerce.checkout_sessions s
     where s.due_at <= due_before and s.account_id <> all (but_of)
     order by s.due_at limit at_most
  $$;
revoke execute on function commerce.due_checkout_sessions(timestamptz, integer, uuid[]) from public;
grant execute on function commerce.due_checkout_sessions(timestamptz, integer, uuid[]) to tollgate_app;
