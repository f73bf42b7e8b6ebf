-- The local page shows a mail as its reader sees it, and so has to know whose logo stands in it.

drop function outward.caught_mails(uuid, integer);

create function outward.caught_mails(only_id uuid, at_most integer)
  returns table (account_id uuid, livemode boolean, id uuid, locale text, recipient text, letter json,
                 about text, state smallint)
  language sql security definer set search_path = pg_catalog
  as $$
    select m.account_id, m.livemode, m.id, m.locale, m.recipient, m.letter, m.about, m.state
      from outward.mails m
     where not m.livemode and m.state in (2, 3, 4) and (only_id is null or m.id = only_id)
     order by m.id desc limit at_most
  $$;
revoke execute on function outward.caught_mails from public;
grant execute on function outward.caught_mails to tollgate_app;
