-- Payment intents: what a merchant wants to be paid, from its registration to its end.

create schema if not exists payments;
grant usage on schema payments to tollgate_app;

create table payments.intents (
  account_id uuid not null,
  livemode boolean not null,
  -- Carries the moment of creation.
  id uuid not null,
  -- Every write is made from the version that was read.
  version integer not null check (version > 0),
  -- The sequence number of the intent's last event.
  events integer not null default 0,
  -- 1 requires_payment_method, 2 requires_confirmation, 3 requires_action, 4 processing,
  -- 5 requires_capture, 6 succeeded, 7 canceled.
  status smallint not null check (status between 1 and 7),
  currency text not null check (currency ~ '^[a-z]{3}$'),
  amount bigint not null check (amount >= 0),
  received bigint not null default 0 check (received >= 0),
  capturable bigint not null default 0 check (capturable >= 0),
  customer_id uuid,
  latest_charge_id uuid,
  order_reference text check (length(order_reference) between 1 and 200),
  -- The older API's charges have an intent that nobody sees.
  direct boolean not null default false,
  -- When it has to be looked at although nobody asks: an authorization ends, an attempt was left behind.
  due_at timestamptz,
  metadata jsonb not null,
  details json not null,
  constraint intents_received_at_most_asked check (received + capturable <= amount),
  constraint intents_capturable_only_while_authorized check (capturable = 0 or status in (4, 5)),
  constraint intents_ended_without_open_money check (status not in (6, 7) or capturable = 0),
  primary key (account_id, livemode, id)
) with (fillfactor = 70);
-- An order is registered exactly once, also without an idempotency key.
create unique index intents_order on payments.intents (account_id, livemode, order_reference)
  where order_reference is not null;
create index intents_customer on payments.intents (account_id, livemode, customer_id, id)
  where customer_id is not null;
create index intents_due on payments.intents (due_at) where due_at is not null;
create index intents_metadata on payments.intents using gin (metadata jsonb_path_ops)
  where metadata <> '{}';

call platform.isolate('payments.intents');
call platform.open_to_owner('payments.intents');
grant select, insert, update on payments.intents to tollgate_app;

-- What is due in all accounts; whoever looks at it writes from the version it reads, so two do no harm.
create function payments.due_intents(due_before timestamptz, at_most integer)
  returns table (account_id uuid, livemode boolean, id uuid)
  language sql stable security definer set search_path = pg_catalog
  as $$
    select i.account_id, i.livemode, i.id from payments.intents i
     where i.due_at <= due_before order by i.due_at limit at_most
  $$;
revoke execute on function payments.due_intents from public;
grant execute on function payments.due_intents to tollgate_app;
