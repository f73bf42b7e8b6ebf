-- Old deliveries are found by their ids, which begin with their event's moment, account by account: by their
-- events no index has them, and where none was old enough all were read.
create or replace function outward.forget_deliveries(before uuid, at_most integer) returns integer
  language sql security definer set search_path = pg_catalog
  as $$
    with recursive owners as (
      (select account_id, livemode from outward.deliveries order by account_id, livemode limit 1)
      union all
      select next.* from owners o cross join lateral (
        select n.account_id, n.livemode from outward.deliveries n
         where (n.account_id, n.livemode) > (o.account_id, o.livemode)
         order by n.account_id, n.livemode limit 1) as next),
    old as (
      select d.account_id, d.livemode, d.id from owners o cross join lateral (
        select account_id, livemode, id from outward.deliveries
         where account_id = o.account_id and livemode = o.livemode and id < before
         order by id limit at_most for update skip locked) as d
      limit at_most),
    gone as (
      delete from outward.deliveries d using old
       where (d.account_id, d.livemode, d.id) = (old.account_id, old.livemode, old.id)
      returning d.endpoint_id, d.object_id, d.event_id),
    not_due as (
      delete from outward.due_deliveries w using gone
       where (w.endpoint_id, w.object_id, w.event_id) = (gone.endpoint_id, gone.object_id, gone.event_id))
    select count(*)::integer from gone
  $$;
