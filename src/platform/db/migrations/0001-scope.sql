-- Whose rows a transaction may see. Without a scope these functions fail, so that a forgotten scope
-- is an error and never an empty or a full answer.

create schema platform;
grant usage on schema platform to tollgate_app;

create function platform.accounts() returns uuid[]
  language sql stable parallel safe
  as $$ select current_setting('app.accounts')::uuid[] $$;

create function platform.livemode() returns boolean
  language sql stable parallel safe
  as $$ select current_setting('app.livemode')::boolean $$;

-- What all processes of an installation must agree on, by name; written by the first.
create table platform.installation (
  name text primary key,
  value text not null
);
grant select, insert on platform.installation to tollgate_app;

-- Row level security for a table of accounts: enabled, forced, and one policy for those who serve.
-- The select around each function makes PostgreSQL call it once per statement, not once per row.
create procedure platform.isolate(target regclass)
  language plpgsql
  as $$
begin
  execute format('alter table %s enable row level security', target);
  execute format('alter table %s force row level security', target);
  execute format(
    'create policy scope on %s to tollgate_app
       using (account_id = any ((select platform.accounts())::uuid[])
              and livemode = (select platform.livemode()))', target);
end
$$;

-- The owner runs migrations and the few functions that must look across accounts (which account a key
-- belongs to, sealing the audit log). It serves no request.
create procedure platform.open_to_owner(target regclass)
  language plpgsql
  as $$
begin
  execute format('create policy owner on %s to current_user using (true)', target);
end
$$;

-- The moment an id was made, in whole seconds since 1970: the first 48 of its bits are milliseconds.
create function platform.id_seconds(id uuid) returns bigint
  language sql immutable parallel safe
  as $$ select ('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint / 1000 $$;
