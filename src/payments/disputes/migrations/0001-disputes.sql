-- Disputes: payments that their holders contest, and warnings that they may.

create schema if not exists payments;
grant usage on schema payments to tollgate_app;

create table payments.disputes (
  account_id uuid not null,
  livemode boolean not null,
  id uuid not null,
  -- Every write is made from the version that was read.
  version integer not null check (version > 0),
  events integer not null default 0,
  charge_id uuid not null,
  intent_id uuid not null,
  connector_account_id uuid not null,
  provider_id text not null check (length(provider_id) between 1 and 200),
  -- 1 warning_needs_response, 2 warning_under_review, 3 warning_closed, 4 needs_response, 5 under_review,
  -- 6 won, 7 lost, 8 prevented.
  status smallint not null check (status between 1 and 8),
  currency text not null check (currency ~ '^[a-z]{3}$'),
  amount bigint not null check (amount > 0),
  -- With the bank, undecided.
  withdrawn bigint not null check (withdrawn >= 0 and withdrawn <= amount),
  -- Of the charge's captured money: undecided or lost, and not refunded before.
  counted bigint not null check (counted >= 0 and counted <= amount),
  needs_review boolean not null default false,
  metadata jsonb not null,
  details json not null,
  constraint disputes_inquiries_move_no_money check (status > 3 or (withdrawn = 0 and counted = 0)),
  constraint disputes_over_hold_nothing check (status not in (3, 6, 7, 8) or withdrawn = 0),
  constraint disputes_won_took_nothing check (status <> 6 or counted = 0),
  primary key (account_id, livemode, id)
) with (fillfactor = 80);
-- A dispute is opened once, however often it is told.
create unique index disputes_by_provider
  on payments.disputes (account_id, livemode, connector_account_id, provider_id);
create index disputes_of_charge on payments.disputes (account_id, livemode, charge_id, id);
create index disputes_of_intent on payments.disputes (account_id, livemode, intent_id, id);

call platform.isolate('payments.disputes');
call platform.open_to_owner('payments.disputes');
grant select, insert, update on payments.disputes to tollgate_app;

create table payments.fraud_warnings (
  account_id uuid not null,
  livemode boolean not null,
  id uuid not null,
  charge_id uuid not null,
  intent_id uuid not null,
  connector_account_id uuid not null,
  provider_id text not null check (length(provider_id) between 1 and 200),
  details json not null,
  primary key (account_id, livemode, id),
  unique (account_id, livemode, connector_account_id, provider_id)
);
create index fraud_warnings_of_charge on payments.fraud_warnings (account_id, livemode, charge_id, id);

call platform.isolate('payments.fraud_warnings');
call platform.open_to_owner('payments.fraud_warnings');
grant select, insert on payments.fraud_warnings to tollgate_app;
