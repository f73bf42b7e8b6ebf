-- What is old is found by its id, account by account: ids begin with the moment, and no index has them without their
-- account, so that all was read where nothing was old enough.
create or replace function rails.forget_exchanges(before uuid, at_most integer) returns integer
  language sql security definer set search_path = pg_catalog
  as $$
    with recursive owners as (
      (select account_id, livemode from rails.exchanges order by account_id, livemode limit 1)
      union all
      select next.* from owners o cross join lateral (
        select n.account_id, n.livemode from rails.exchanges n
         where (n.account_id, n.livemode) > (o.account_id, o.livemode)
         order by n.account_id, n.livemode limit 1) as next),
    old as (
      select d.account_id, d.livemode, d.id from owners o cross join lateral (
        select account_id, livemode, id from rails.exchanges
         where account_id = o.account_id and livemode = o.livemode and id < before
         order by id limit at_most for update skip locked) as d
      limit at_most),
    gone as (
      delete from rails.exchanges d using old
       where (d.account_id, d.livemode, d.id) = (old.account_id, old.livemode, old.id)
      returning 1)
    select count(*)::integer from gone
  $$;
