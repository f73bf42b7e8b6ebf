-- API keys. Of a key only a hash is kept; its public part finds the row.

create table identity.api_keys (
  account_id uuid not null references identity.accounts,
  livemode boolean not null,
  id uuid not null,
  kind smallint not null check (kind between 1 and 3),
  lookup text not null unique,
  hash bytea not null,
  -- The last four characters, to tell keys apart on a screen.
  hint text not null,
  name text not null,
  permissions json not null default '{}',
  -- Empty: from anywhere.
  allowed_addresses cidr[] not null default '{}',
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  primary key (account_id, livemode, id)
) with (fillfactor = 80);

call platform.isolate('identity.api_keys');
call platform.open_to_owner('identity.api_keys');
grant select, insert, update on identity.api_keys to tollgate_app;

-- A key is shown before its account is known, so this one look-up goes across accounts.
create function identity.find_api_key(wanted text) returns setof identity.api_keys
  language sql stable security definer set search_path = pg_catalog
  as $$ select * from identity.api_keys where lookup = wanted $$;
revoke execute on function identity.find_api_key from public;
grant execute on function identity.find_api_key to tollgate_app;
