-- Numbers are given in the order in which changes are handed on, and moments in which they begin: of two changes at
-- about the same time the later number may have the earlier moment. What is forgotten by its moment then left a number
-- behind that lies between two forgotten ones: a gap, as if an event had been lost. So a feed is forgotten from its
-- front, up to the first event that is young enough to be kept.

create or replace function outward.forget_feed(before uuid, at_most integer) returns integer
  language plpgsql security definer set search_path = pg_catalog
  as $$
declare
  front record;
  forgotten integer;
  total integer := 0;
begin
  for front in
    with recursive fronts as (
      (select account_id, livemode, event_id from outward.feed
        order by account_id, livemode, position limit 1)
      union all
      select next.* from fronts f
       cross join lateral (
         select n.account_id, n.livemode, n.event_id from outward.feed n
          where (n.account_id, n.livemode) > (f.account_id, f.livemode)
          order by n.account_id, n.livemode, n.position limit 1) next)
    select account_id, livemode from fronts where event_id < before
  loop
    exit when total >= at_most;
    -- The newest number stays, so that nobody is given it a second time.
    with first as (
      select n.position, n.event_id, lead(n.position) over (order by n.position) is null as is_newest
        from (select position, event_id from outward.feed
               where account_id = front.account_id and livemode = front.livemode
               order by position limit at_most - total + 1) n),
    kept as (select min(position) as position from first where event_id >= before or is_newest)
    delete from outward.feed f using kept
     where f.account_id = front.account_id and f.livemode = front.livemode and f.position < kept.position;
    get diagnostics forgotten = row_count;
    total := total + forgotten;
  end loop;
  return total;
end
$$;
