-- Tenants. Everything that belongs to a merchant carries the account's id first in its key.

create schema identity;
grant usage on schema identity to tollgate_app;

create table identity.accounts (
  id uuid primary key,
  name text not null check (char_length(name) between 1 and 200),
  -- Where this installation began; there is one such account, and the quick start uses it.
  is_first boolean not null default false
);
create unique index accounts_first on identity.accounts (is_first) where is_first;

alter table identity.accounts enable row level security;
alter table identity.accounts force row level security;
create policy scope on identity.accounts to tollgate_app
  using (id = any ((select platform.accounts())::uuid[]));
call platform.open_to_owner('identity.accounts');
grant select, insert, update on identity.accounts to tollgate_app;

-- Ids and names only: for jobs that go account by account, and for the operator's list.
create function identity.list_accounts() returns table (id uuid, name text, is_first boolean)
  language sql stable security definer set search_path = pg_catalog
  as $$ select id, name, is_first from identity.accounts order by id $$;
revoke execute on function identity.list_accounts from public;
grant execute on function identity.list_accounts to tollgate_app;
