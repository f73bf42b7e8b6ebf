-- The sealer looked again at the last ten thousand entries every two seconds, for one whose transaction took
-- its position early and committed late: 12 ms each time, also when nothing had happened. A seal now says
-- which positions it has seen nothing at, and the next one looks at these and at what is newer. It is only
-- where to look, and no part of what is sealed. Null: the seal is older than this, or of an older gateway.
--
-- Leaves are written for entries that were just read, together with their seal: two foreign keys looked for
-- both again, and locked them. `tollgate verify` names every entry and every seal that is gone.
--
-- Nothing is read or rewritten here; the locks are taken for a moment.

alter table identity.audit_seals add column open_positions bigint[];

alter table identity.audit_leaves
  drop constraint audit_leaves_entry_id_fkey,
  drop constraint audit_leaves_seal_fkey;

create function identity.audit_entries_to_seal(open_positions bigint[], after_position bigint, at_most integer)
  returns setof identity.audit_entries
  language sql stable security definer set search_path = pg_catalog
  as $$
    select * from (
      select e.* from identity.audit_entries e where e.position = any (open_positions)
      union all
      (select e.* from identity.audit_entries e
        where e.position > after_position order by e.position limit at_most)
    ) found
     order by position limit at_most
  $$;

-- For the first seal after one that does not say it.
create function identity.open_audit_positions(after_position bigint, upto_position bigint) returns bigint[]
  language sql stable security definer set search_path = pg_catalog
  as $$
    select array(
      select p from generate_series(after_position + 1, upto_position) as p
       where not exists (select from identity.audit_entries e where e.position = p))
  $$;

revoke execute on function identity.audit_entries_to_seal, identity.open_audit_positions from public;
grant execute on function identity.audit_entries_to_seal, identity.open_audit_positions to tollgate_app;
