-- Refunds: money of a charge on its way back. What is asked for is reserved at the charge, whose row says
-- that no more than was captured can ever be given back.

create schema if not exists payments;
grant usage on schema payments to tollgate_app;

create table payments.refunds (
  account_id uuid not null,
  livemode boolean not null,
  id uuid not null,
  version integer not null check (version > 0),
  events integer not null default 0,
  charge_id uuid not null,
  intent_id uuid not null,
  -- Which refund of the payment it is: the second is not a repetition of the first.
  ordinal integer not null check (ordinal > 0),
  -- 1 pending, 2 requires_action, 3 succeeded, 4 failed, 5 canceled.
  status smallint not null check (status between 1 and 5),
  currency text not null check (currency ~ '^[a-z]{3}$'),
  amount bigint not null check (amount > 0),
  metadata jsonb not null,
  details json not null,
  primary key (account_id, livemode, id)
) with (fillfactor = 80);
create unique index refunds_of_intent on payments.refunds (account_id, livemode, intent_id, ordinal);
create index refunds_of_charge on payments.refunds (account_id, livemode, charge_id, id);

call platform.isolate('payments.refunds');
call platform.open_to_owner('payments.refunds');
grant select, insert, update on payments.refunds to tollgate_app;
