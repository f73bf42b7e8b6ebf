-- Which ways to pay an account at a provider takes. Null: all of its connector that need not be switched
-- on at the provider, which is what every account took so far.
alter table rails.connector_accounts add column methods text[]
  check (methods <> '{}' and array_position(methods, null) is null);
