-- Where card numbers live, sealed. The role that serves the API has no right on anything here; the
-- vault's own role has none elsewhere, but for the scope of row level security and for adding to the
-- audit log.

do $$ begin
  if not exists (select from pg_roles where rolname = 'tollgate_vault') then
    create role tollgate_vault login nosuperuser nocreatedb nocreaterole nobypassrls;
  end if;
exception when duplicate_object or unique_violation then null;
end $$;

create schema vault;
revoke all on schema vault from public;
grant usage on schema vault, platform to tollgate_vault;

-- As platform.isolate, for the vault's role and no other.
create procedure vault.isolate(target regclass)
  language plpgsql
  as $$
begin
  execute format('alter table %s enable row level security', target);
  execute format('alter table %s force row level security', target);
  execute format(
    'create policy scope on %s to tollgate_vault
       using (account_id = any ((select platform.accounts())::uuid[])
              and livemode = (select platform.livemode()))', target);
end
$$;
revoke execute on procedure vault.isolate from public;

-- The keys of an account, each wrapped by a key-encryption key that is never in the database.
create table vault.data_keys (
  account_id uuid not null,
  livemode boolean not null,
  id uuid not null,
  epoch integer not null check (epoch > 0),
  -- Names the key-encryption key; without that key this row opens nothing.
  key_id text not null,
  sealed bytea not null,
  -- Reserved in blocks ahead of use, so it is never less than what was really used.
  uses bigint not null default 0 check (uses >= 0),
  created_at timestamptz not null,
  retired_at timestamptz,
  primary key (account_id, livemode, id),
  unique (account_id, livemode, epoch)
);
create unique index data_keys_current on vault.data_keys (account_id, livemode)
  where retired_at is null;
create index data_keys_key on vault.data_keys (key_id);

-- Neither BIN nor last four digits stand here: beside a hash they would halve a thief's work.
create table vault.cards (
  account_id uuid not null,
  livemode boolean not null,
  id uuid not null,
  number bytea not null,
  -- Expiry and the name on the card.
  details bytea not null,
  fingerprint text not null check (fingerprint ~ '^[0-9A-Za-z]{16}$'),
  fingerprint_version integer not null check (fingerprint_version > 0),
  created_at timestamptz not null,
  -- By the day: often enough for retention, and seldom enough to cost nothing.
  used_at timestamptz not null,
  primary key (account_id, livemode, id)
);
create index cards_used on vault.cards (used_at);
create index cards_fingerprint on vault.cards (account_id, livemode, fingerprint);
create index cards_fingerprint_version on vault.cards (fingerprint_version);

-- One small key per card, in a table of its own: rotation touches these 61 bytes and never the card,
-- and a card is shredded by forgetting its key. An operator may keep backups of this table for a
-- shorter time than of the others.
create table vault.card_keys (
  account_id uuid not null,
  livemode boolean not null,
  card_id uuid not null,
  id uuid not null,
  data_key_id uuid not null,
  sealed bytea not null,
  primary key (account_id, livemode, card_id),
  foreign key (account_id, livemode, card_id) references vault.cards on delete cascade,
  -- A data key cannot be destroyed while a card still needs it, whatever the code believes.
  foreign key (account_id, livemode, data_key_id) references vault.data_keys
);
create index card_keys_data_key on vault.card_keys (account_id, livemode, data_key_id);

-- One name per card number and account, under every version of the fingerprint key that is in use: a
-- rotated key finds the name that merchants already know.
create table vault.fingerprints (
  account_id uuid not null,
  livemode boolean not null,
  version integer not null check (version > 0),
  mac bytea not null check (octet_length(mac) = 32),
  name text not null check (name ~ '^[0-9A-Za-z]{16}$'),
  -- Renewed when a card of this number is sealed: a name in use cannot be forgotten at that moment.
  seen_at timestamptz not null,
  primary key (account_id, livemode, version, mac)
);
create index fingerprints_name on vault.fingerprints (account_id, livemode, name);
create index fingerprints_version on vault.fingerprints (version);

-- Keys of the installation: fingerprints, risk, and the day's key for browsers.
create table vault.shared_keys (
  kind text not null check (kind in ('fingerprint', 'risk', 'browser')),
  -- Counts up; for browsers it is the day since 1970.
  version integer not null check (version > 0),
  kid text not null unique,
  key_id text not null,
  sealed bytea not null,
  public_key json,
  created_at timestamptz not null,
  expires_at timestamptz,
  primary key (kind, version)
);

-- What a browser sealed is opened once, whichever process opens it.
create table vault.opened_messages (
  kid text not null,
  jti text not null,
  expires_at timestamptz not null,
  primary key (kid, jti)
);
create index opened_messages_expiry on vault.opened_messages (expires_at);

call vault.isolate('vault.data_keys');
call vault.isolate('vault.cards');
call vault.isolate('vault.card_keys');
call vault.isolate('vault.fingerprints');
call platform.open_to_owner('vault.data_keys');
call platform.open_to_owner('vault.cards');
call platform.open_to_owner('vault.card_keys');
call platform.open_to_owner('vault.fingerprints');

grant select, insert, update, delete
  on vault.data_keys, vault.cards, vault.card_keys, vault.fingerprints,
     vault.shared_keys, vault.opened_messages
  to tollgate_vault;

-- Every access to a card is an entry of the one audit log, under its seals: a log of the vault's own
-- would be outside the chain that shows tampering. The role may add entries and learn the ids of those
-- of its scope; it can read none.
grant usage on schema identity to tollgate_vault;
grant insert on identity.audit_entries to tollgate_vault;
grant select (id) on identity.audit_entries to tollgate_vault;
create policy vault on identity.audit_entries to tollgate_vault
  using (account_id is null or account_id = any ((select platform.accounts())::uuid[]));

-- What background work must find across accounts: whose rows and which, never what is in them.
-- `skip` names keys and cards that could not be done lately, so that those behind them are found.
create function vault.data_keys_under_other(current_key text, skip uuid[], at_most integer)
  returns table (account_id uuid, livemode boolean, id uuid)
  language sql stable security definer set search_path = pg_catalog
  as $$
    select k.account_id, k.livemode, k.id from vault.data_keys k
     where k.key_id <> current_key and k.id <> all (skip) limit at_most
  $$;

create function vault.cards_under_retired_keys(skip uuid[], at_most integer)
  returns table (account_id uuid, livemode boolean, id uuid)
  language sql stable security definer set search_path = pg_catalog
  as $$
    select c.account_id, c.livemode, c.card_id
      from vault.data_keys k
      join vault.card_keys c
        on c.account_id = k.account_id and c.livemode = k.livemode and c.data_key_id = k.id
     where k.retired_at is not null and k.id <> all (skip) and c.card_id <> all (skip)
     limit at_most
  $$;

create function vault.retired_keys_without_cards(at_most integer)
  returns table (account_id uuid, livemode boolean, id uuid)
  language sql stable security definer set search_path = pg_catalog
  as $$
    select k.account_id, k.livemode, k.id from vault.data_keys k
     where k.retired_at is not null
       and not exists (
         select from vault.card_keys c
          where c.account_id = k.account_id and c.livemode = k.livemode and c.data_key_id = k.id)
     limit at_most
  $$;

-- Every account begins a new data key at its next card.
create function vault.retire_data_keys(at timestamptz) returns bigint
  language sql security definer set search_path = pg_catalog
  as $$
    with retired as (
      update vault.data_keys set retired_at = at where retired_at is null returning 1)
    select count(*) from retired
  $$;

create function vault.cards_with_older_fingerprints(
  current_version integer, skip uuid[], at_most integer)
  returns table (account_id uuid, livemode boolean, id uuid)
  language sql stable security definer set search_path = pg_catalog
  as $$
    select c.account_id, c.livemode, c.id from vault.cards c
     where c.fingerprint_version < current_version and c.id <> all (skip)
       and not exists (
         select from vault.card_keys k
          where k.account_id = c.account_id and k.livemode = c.livemode and k.card_id = c.id
            and k.data_key_id = any (skip))
     limit at_most
  $$;

create function vault.cards_unused_since(before timestamptz, at_most integer)
  returns table (account_id uuid, livemode boolean, id uuid)
  language sql stable security definer set search_path = pg_catalog
  as $$
    select c.account_id, c.livemode, c.id from vault.cards c
     where c.used_at < before limit at_most
  $$;

-- Names of card numbers that no card bears any more, and those of versions that are gone.
create function vault.forget_fingerprints(oldest_version integer, seen_before timestamptz) returns bigint
  language sql security definer set search_path = pg_catalog
  as $$
    with gone as (
      delete from vault.fingerprints f
       where f.version < oldest_version
          or (f.seen_at < seen_before and not exists (
            select from vault.cards c
             where c.account_id = f.account_id and c.livemode = f.livemode
               and c.fingerprint = f.name))
      returning 1)
    select count(*) from gone
  $$;

revoke execute on function
  vault.data_keys_under_other, vault.cards_under_retired_keys, vault.retired_keys_without_cards,
  vault.retire_data_keys, vault.cards_with_older_fingerprints, vault.cards_unused_since,
  vault.forget_fingerprints from public;
grant execute on function
  vault.data_keys_under_other, vault.cards_under_retired_keys, vault.retired_keys_without_cards,
  vault.retire_data_keys, vault.cards_with_older_fingerprints, vault.cards_unused_since,
  vault.forget_fingerprints to tollgate_vault;
