-- With a key comes the version of its account, in one question. Processes of before ask by the same name, and for less.

drop function identity.find_api_key(text);
create function identity.find_api_key(wanted text) returns table (
  account_id uuid, livemode boolean, id uuid, kind smallint, hash bytea, hint text, name text, permissions json,
  allowed_addresses cidr[], expires_at timestamptz, revoked_at timestamptz, last_used_at timestamptz, api_version text)
  language sql stable security definer set search_path = pg_catalog
  as $$
    select k.account_id, k.livemode, k.id, k.kind, k.hash, k.hint, k.name, k.permissions, k.allowed_addresses,
           k.expires_at, k.revoked_at, k.last_used_at, a.api_version
      from identity.api_keys k join identity.accounts a on a.id = k.account_id
     where k.lookup = wanted
  $$;
revoke execute on function identity.find_api_key from public;
grant execute on function identity.find_api_key to tollgate_app;
