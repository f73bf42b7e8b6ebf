-- Which calls of the send journal the database has forgotten, asked by account, mode and id, as the key of operations
-- begins. By the id alone each thousand of them read all operations: a gateway with millions did not start any more.
drop function rails.forgotten_operations(uuid[]);

create function rails.forgotten_operations(accounts uuid[], modes boolean[], ids uuid[])
  returns setof uuid
  language sql stable security definer set search_path = pg_catalog
  as $$
    select w.id from unnest(accounts, modes, ids) as w(account_id, livemode, id)
     where (select true from rails.operations o
             where o.account_id = w.account_id and o.livemode = w.livemode and o.id = w.id) is null
  $$;
revoke execute on function rails.forgotten_operations from public;
grant execute on function rails.forgotten_operations to tollgate_app;
