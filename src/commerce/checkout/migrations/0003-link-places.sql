-- Of a payment link that may be paid so often and no more: how often it may, and how many sessions have a
-- place. A session takes one before anybody is asked for money, and gives it back when nothing comes of it.

create table commerce.link_places (
  account_id uuid not null,
  livemode boolean not null,
  link_id uuid not null,
  -- Null: as many as come.
  places integer check (places > 0),
  taken integer not null default 0 check (taken >= 0),
  -- How many the last write let in, for that write to say which.
  admitted integer not null default 0,
  constraint link_places_exact check (taken <= places),
  primary key (account_id, livemode, link_id)
) with (fillfactor = 50);

call platform.isolate('commerce.link_places');
call platform.open_to_owner('commerce.link_places');
grant select, insert, update on commerce.link_places to tollgate_app;

update commerce.checkout_sessions
   set details = (details::jsonb - 'sessionsMax'
                  || jsonb_build_object('confirmationText', null,
                                         'hasPlace', link_id is not null and status = 2))::json;
