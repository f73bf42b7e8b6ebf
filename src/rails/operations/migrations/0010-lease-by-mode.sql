-- Without live mode while it is not safe: a worker whose clock is wrong would take its operations, and keep them from one
-- whose clock is right.
drop function rails.lease_operations(timestamptz, integer, double precision);

create function rails.lease_operations(due_before timestamptz, at_most integer, lease_ms double precision,
                                       with_live boolean default true)
  returns table (account_id uuid, livemode boolean, id uuid, lease_epoch integer)
  language sql security definer set search_path = pg_catalog
  as $$
    update rails.operations o
       set lease_epoch = o.lease_epoch + 1,
           leased_until = clock_timestamp() + make_interval(secs => lease_ms / 1000)
      from (select d.account_id, d.livemode, d.id from rails.operations d
             where d.due_at <= due_before
               and (d.leased_until is null or d.leased_until < clock_timestamp())
               and (with_live or not d.livemode)
             order by d.due_at limit at_most for update skip locked) due
     where o.account_id = due.account_id and o.livemode = due.livemode and o.id = due.id
    returning o.account_id, o.livemode, o.id, o.lease_epoch
  $$;
revoke execute on function rails.lease_operations from public;
grant execute on function rails.lease_operations to tollgate_app;
