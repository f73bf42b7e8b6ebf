-- Leasing leaves out the accounts at providers whose turn it is not: what is not known of one that is dead keeps nobody
-- else's waiting. The version before goes on asking with four arguments, of all.
create function rails.lease_operations(due_before timestamptz, at_most integer, lease_ms double precision,
                                       with_live boolean, but_of uuid[])
  returns table (account_id uuid, livemode boolean, id uuid, lease_epoch integer, connector_account_id uuid)
  language sql security definer set search_path = pg_catalog
  as $$
    update rails.operations o
       set lease_epoch = o.lease_epoch + 1,
           leased_until = clock_timestamp() + make_interval(secs => lease_ms / 1000)
      from (select d.account_id, d.livemode, d.id from rails.operations d
             where d.due_at <= due_before
               and (d.leased_until is null or d.leased_until < clock_timestamp())
               and (with_live or not d.livemode)
               and d.connector_account_id <> all (but_of)
             order by d.due_at limit at_most for update skip locked) due
     where o.account_id = due.account_id and o.livemode = due.livemode and o.id = due.id
    returning o.account_id, o.livemode, o.id, o.lease_epoch, o.connector_account_id
  $$;
revoke execute on function rails.lease_operations(timestamptz, integer, double precision, boolean, uuid[]) from public;
grant execute on function rails.lease_operations(timestamptz, integer, double precision, boolean, uuid[])
  to tollgate_app;
