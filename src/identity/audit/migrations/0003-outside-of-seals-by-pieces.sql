-- Whether something stands outside the seals was asked of the whole log in one statement, which read every entry ever
-- written and, with some millions of them, took longer than a statement may. Now it is asked piece by piece.

-- Of the next so many entries: how far they reach, and the first of them that is in no seal.
create function identity.audit_entries_outside(after_position bigint, at_most integer)
  returns table (upto bigint, id uuid, at timestamptz)
  language sql stable security definer set search_path = pg_catalog
  as $$
    with piece as materialized (
      select e.id, e.position, e.at from identity.audit_entries e
       where e.position > after_position order by e.position limit at_most
    ), outside as (
      select p.id, p.at from piece p
       where not exists (select from identity.audit_leaves l where l.entry_id = p.id)
       order by p.position limit 1
    )
    select (select max(position) from piece), (select id from outside), (select at from outside)
  $$;

revoke execute on function identity.audit_entries_outside from public;
grant execute on function identity.audit_entries_outside to tollgate_app;
