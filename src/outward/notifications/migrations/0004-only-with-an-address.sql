-- Most payments carry no address, and nobody is written to about them: such a change need not be read, rendered and
-- found to be nobody's.
create or replace function outward.changes_for_mails(
  changes uuid[], accounts uuid[], modes boolean[], codes smallint[])
  returns table (account_id uuid, livemode boolean, id uuid, object_id uuid, sequence integer,
                 kinds smallint[], renderer smallint, request_id text, idempotency_key text, snapshot json)
  language sql security definer set search_path = pg_catalog
  as $$
    select e.account_id, e.livemode, e.id, e.object_id, e.sequence,
           e.kinds, e.renderer, e.request_id, e.idempotency_key, e.snapshot
      from unnest(changes, accounts, modes) as o(change_id, account_id, livemode)
      join platform.events e
        on e.account_id = o.account_id and e.livemode = o.livemode and e.id = o.change_id
     where e.kinds && codes and strpos(e.snapshot::text, '@') > 0
     order by e.id
  $$;
