-- What requests that name no version are answered as: the SDKs of some languages named none by themselves until 2023,
-- and read what the answers of their account's version held. Null: today's.

alter table identity.accounts add column api_version text
  check (api_version ~ '^\d{4}-\d{2}-\d{2}(\.[a-z][a-z0-9_]{0,30})?$');
