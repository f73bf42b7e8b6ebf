-- What a payer's page collected to confirm with: used once, within hours.

create schema if not exists payments;
grant usage on schema payments to tollgate_app;

create table payments.confirmation_tokens (
  account_id uuid not null,
  livemode boolean not null,
  id uuid not null,
  -- The payment or setup intent that was confirmed with it.
  used_by text,
  details json not null,
  primary key (account_id, livemode, id)
);
call platform.isolate('payments.confirmation_tokens');
call platform.open_to_owner('payments.confirmation_tokens');
grant select, insert, update on payments.confirmation_tokens to tollgate_app;
