-- Links count their places with the sessions that take them.

insert into commerce.link_places (account_id, livemode, link_id, places, taken)
select l.account_id, l.livemode, l.id, greatest(l.sessions_max, s.completed), s.completed
  from commerce.payment_links l
 cross join lateral (select count(*)::integer as completed from commerce.checkout_sessions s
                      where s.account_id = l.account_id and s.livemode = l.livemode
                        and s.link_id = l.id and s.status = 2) s;
