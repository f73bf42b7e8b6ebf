-- What is asked for and happens seldom is found without looking through all that happens always. A payment
-- that is paid at once never enters these indexes, so it pays no more for them than the look whether it does.

-- What happened to an object later: in the first 65 seconds or less ids begin as the object's does, and those
-- are looked through.
create index events_later on platform.events (account_id, livemode, object_id, id)
  where substr(uuid_send(id), 1, 4) <> substr(uuid_send(object_id), 1, 4);

-- Of other kinds than `payment_intent.created`, and `charge.succeeded` with `payment_intent.succeeded`.
create index events_rare on platform.events (account_id, livemode, kinds, id)
  where kinds <> '{201}' and kinds <> '{221,205}';

-- The changes that told one of these kinds, of which none is in those above: so many at most of each set of
-- kinds that is stored, `from_id` included. Whoever asks reads the rows themselves under row level security,
-- under which no index by kinds could be used.
create function platform.changes_of_rare_kinds(
  of_account uuid, of_mode boolean, wanted smallint[], from_id uuid, first_id uuid, before_id uuid,
  older boolean, at_most integer) returns setof uuid
  language plpgsql stable security definer set search_path = pg_catalog
  as $$
declare
  known smallint[] := '{}';
begin
  if of_account <> all (platform.accounts()) or of_mode <> platform.livemode() then
    raise exception 'Not in scope' using errcode = 'insufficient_privilege';
  end if;
  loop
    -- From one set to the next: there are few, however many events there are.
    select kinds into known from platform.events
     where account_id = of_account and livemode = of_mode and kinds > known
       and kinds <> '{201}' and kinds <> '{221,205}'
     order by kinds limit 1;
    exit when not found;
    continue when not known && wanted;
    if older then
      return query
        select id from platform.events
         where account_id = of_account and livemode = of_mode and kinds = known
           and kinds <> '{201}' and kinds <> '{221,205}'
           and id >= first_id and id < before_id and (from_id is null or id <= from_id)
         order by id desc limit at_most;
    else
      return query
        select id from platform.events
         where account_id = of_account and livemode = of_mode and kinds = known
           and kinds <> '{201}' and kinds <> '{221,205}'
           and id >= first_id and id < before_id and (from_id is null or id >= from_id)
         order by id limit at_most;
    end if;
  end loop;
end
$$;
revoke execute on function platform.changes_of_rare_kinds from public;
grant execute on function platform.changes_of_rare_kinds to tollgate_app;
