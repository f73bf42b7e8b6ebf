-- Setup intents: the wish to keep a card for later, the attempts at it, and what payers agreed to.

create schema if not exists payments;
grant usage on schema payments to tollgate_app;

create table payments.setup_intents (
  account_id uuid not null,
  livemode boolean not null,
  id uuid not null,
  -- Every write is made from the version that was read.
  version integer not null check (version > 0),
  events integer not null default 0,
  -- 1 requires_payment_method, 2 requires_confirmation, 3 requires_action, 4 processing, 5 succeeded,
  -- 6 canceled.
  status smallint not null check (status between 1 and 6),
  customer_id uuid,
  method_id text,
  metadata jsonb not null,
  details json not null,
  constraint setup_intents_succeeded_with_a_method check (status <> 5 or method_id is not null),
  primary key (account_id, livemode, id)
) with (fillfactor = 80);
create index setup_intents_customer on payments.setup_intents (account_id, livemode, customer_id, id)
  where customer_id is not null;
create index setup_intents_method on payments.setup_intents (account_id, livemode, method_id, id)
  where method_id is not null;
call platform.isolate('payments.setup_intents');
call platform.open_to_owner('payments.setup_intents');
grant select, insert, update on payments.setup_intents to tollgate_app;

create table payments.setup_attempts (
  account_id uuid not null,
  livemode boolean not null,
  id uuid not null,
  version integer not null check (version > 0),
  setup_id uuid not null,
  attempt integer not null check (attempt > 0),
  details json not null,
  primary key (account_id, livemode, id),
  unique (account_id, livemode, setup_id, attempt)
);
call platform.isolate('payments.setup_attempts');
call platform.open_to_owner('payments.setup_attempts');
grant select, insert, update on payments.setup_attempts to tollgate_app;

create table payments.mandates (
  account_id uuid not null,
  livemode boolean not null,
  id uuid not null,
  details json not null,
  primary key (account_id, livemode, id)
);
call platform.isolate('payments.mandates');
call platform.open_to_owner('payments.mandates');
grant select, insert on payments.mandates to tollgate_app;
