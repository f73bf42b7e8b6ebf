-- Charges: what one attempt at a payment came to, and what became of its money since. What may never be
-- exceeded is said here, so that no code and no race can exceed it: what is being captured or refunded is
-- reserved before it is asked for, and counts as if it were done.

create schema if not exists payments;
grant usage on schema payments to tollgate_app;

create table payments.charges (
  account_id uuid not null,
  livemode boolean not null,
  id uuid not null,
  -- Every write is made from the version that was read.
  version integer not null check (version > 0),
  events integer not null default 0,
  intent_id uuid not null,
  -- Which attempt of the intent's operations it stands for.
  attempt integer not null check (attempt > 0),
  -- 1 pending, 2 succeeded, 3 failed.
  status smallint not null check (status between 1 and 3),
  currency text not null check (currency ~ '^[a-z]{3}$'),
  amount bigint not null check (amount >= 0),
  captured bigint not null default 0 check (captured >= 0),
  capturing bigint not null default 0 check (capturing >= 0),
  refunded bigint not null default 0 check (refunded >= 0),
  refunding bigint not null default 0 check (refunding >= 0),
  -- Taken by disputes that are undecided or lost.
  charged_back bigint not null default 0 check (charged_back >= 0),
  customer_id uuid,
  -- The operation that was approved; null until then.
  operation_id uuid,
  connector_account_id uuid not null,
  metadata jsonb not null,
  details json not null,
  constraint charges_captured_at_most_authorized check (captured + capturing <= amount),
  constraint charges_refunded_at_most_captured
    check (refunded + refunding + charged_back <= captured),
  constraint charges_moved_only_if_succeeded check (status = 2 or captured + capturing + refunded + refunding = 0),
  constraint charges_have_their_operation check ((status = 2) = (operation_id is not null)),
  primary key (account_id, livemode, id)
) with (fillfactor = 70);
create unique index charges_of_intent on payments.charges (account_id, livemode, intent_id, attempt);
create index charges_customer on payments.charges (account_id, livemode, customer_id, id)
  where customer_id is not null;
create index charges_metadata on payments.charges using gin (metadata jsonb_path_ops)
  where metadata <> '{}';

call platform.isolate('payments.charges');
call platform.open_to_owner('payments.charges');
grant select, insert, update on payments.charges to tollgate_app;
