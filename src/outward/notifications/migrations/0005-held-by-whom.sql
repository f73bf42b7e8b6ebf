-- By which worker a mail is held: what a worker held that has died is sent by another one at once, and not when its
-- lease of ten minutes has ended.

alter table outward.mails add column holder uuid;

drop function outward.lease_mails;
create function outward.lease_mails(
  at timestamptz, at_most integer, lease_ms double precision, worker uuid default null)
  returns table (account_id uuid, livemode boolean, id uuid, lease_epoch integer)
  language sql security definer set search_path = pg_catalog
  as $$
    update outward.mails m
       set lease_epoch = m.lease_epoch + 1,
           leased_until = clock_timestamp() + make_interval(secs => lease_ms / 1000),
           holder = worker
      from (
        select n.account_id, n.livemode, n.id from outward.mails n
         where n.due_at <= at and (n.leased_until is null or n.leased_until < clock_timestamp())
         order by n.due_at limit at_most for update skip locked) due
     where m.account_id = due.account_id and m.livemode = due.livemode and m.id = due.id
    returning m.account_id, m.livemode, m.id, m.lease_epoch
  $$;
revoke execute on function outward.lease_mails from public;
grant execute on function outward.lease_mails to tollgate_app;

-- Of those that wait alone: an index knows them, and there are few.
create function outward.take_over_mails(dead uuid[]) returns void
  language sql security definer set search_path = pg_catalog
  as $$
    update outward.mails set leased_until = null
     where due_at is not null and holder = any (dead) and leased_until is not null
  $$;
revoke execute on function outward.take_over_mails from public;
grant execute on function outward.take_over_mails to tollgate_app;
