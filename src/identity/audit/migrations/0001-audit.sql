-- Who did what, when, from where, to what, and whether it worked. Entries are only ever added. A job
-- seals them in batches: each seal carries the Merkle root of its entries and the hash of the seal
-- before it, so that a changed, removed or inserted entry breaks the chain.

create table identity.audit_entries (
  id uuid primary key,
  -- Null: the act concerns the installation, not one account.
  account_id uuid,
  livemode boolean,
  at timestamptz not null,
  actor_kind text not null,
  actor_id text not null,
  action text not null,
  target text,
  succeeded boolean not null,
  origin text,
  request_id text,
  details json not null,
  -- The order of insertion, which tells the sealer where to look for what is new.
  position bigint generated always as identity unique
);
create index audit_entries_account on identity.audit_entries (account_id, id);

create table identity.audit_seals (
  number bigint primary key check (number > 0),
  entries integer not null check (entries > 0),
  root bytea not null,
  previous bytea not null,
  hash bytea not null unique,
  -- The highest position among its entries.
  upto bigint not null,
  signature bytea not null,
  sealed_at timestamptz not null
);

-- Which entry stands at which leaf of which seal.
create table identity.audit_leaves (
  entry_id uuid primary key references identity.audit_entries,
  seal bigint not null references identity.audit_seals,
  leaf integer not null,
  unique (seal, leaf)
);

alter table identity.audit_entries enable row level security;
alter table identity.audit_entries force row level security;
-- Acts on the installation itself belong to no account.
create policy scope on identity.audit_entries to tollgate_app
  using (account_id is null or account_id = any ((select platform.accounts())::uuid[]));
call platform.open_to_owner('identity.audit_entries');

create trigger append_only before update or delete on identity.audit_entries
  for each row execute function platform.refuse_change();
create trigger append_only before update or delete on identity.audit_seals
  for each row execute function platform.refuse_change();
create trigger append_only before update or delete on identity.audit_leaves
  for each row execute function platform.refuse_change();

grant select, insert on identity.audit_entries, identity.audit_seals, identity.audit_leaves
  to tollgate_app;

-- The sealer and the verifier read entries of all accounts, and only they do.
create function identity.unsealed_audit_entries(after_position bigint, at_most integer)
  returns setof identity.audit_entries
  language sql stable security definer set search_path = pg_catalog
  as $$
    select e.* from identity.audit_entries e
     where e.position > after_position
       and not exists (select from identity.audit_leaves l where l.entry_id = e.id)
     order by e.position limit at_most
  $$;
create function identity.sealed_audit_entries(first_seal bigint, last_seal bigint)
  returns table (seal bigint, leaf integer, entry identity.audit_entries)
  language sql stable security definer set search_path = pg_catalog
  as $$
    select l.seal, l.leaf, e from identity.audit_leaves l
      left join identity.audit_entries e on e.id = l.entry_id
     where l.seal between first_seal and last_seal
     order by l.seal, l.leaf
  $$;
revoke execute on function identity.unsealed_audit_entries, identity.sealed_audit_entries from public;
grant execute on function identity.unsealed_audit_entries, identity.sealed_audit_entries to tollgate_app;
