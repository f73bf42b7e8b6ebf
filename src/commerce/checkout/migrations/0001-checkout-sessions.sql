-- Checkout sessions: what a payer is to pay for at a page of ours, from its making to its end.

create schema if not exists commerce;
grant usage on schema commerce to tollgate_app;

create table commerce.checkout_sessions (
  account_id uuid not null,
  livemode boolean not null,
  -- Carries the moment of creation.
  id uuid not null,
  -- Every write is made from the version that was read.
  version integer not null check (version > 0),
  -- The sequence number of the session's last event.
  events integer not null default 0,
  -- 1 open, 2 complete, 3 expired.
  status smallint not null check (status between 1 and 3),
  -- The random part of its id: whoever has all of it may pay.
  secret text not null check (length(secret) = 22),
  currency text check (currency ~ '^[a-z]{3}$'),
  amount bigint not null check (amount >= 0),
  -- Made with the first try; there is never a second one.
  intent_id uuid,
  customer_id uuid,
  link_id uuid,
  order_reference text check (length(order_reference) between 1 and 200),
  email text,
  expires_at timestamptz not null,
  -- When it has to be looked at although nobody asks.
  due_at timestamptz,
  tries integer not null default 0 check (tries >= 0),
  failed_tries integer not null default 0,
  details json not null,
  constraint checkout_sessions_tries check (failed_tries between 0 and tries),
  constraint checkout_sessions_due_while_open check ((due_at is not null) = (status = 1)),
  primary key (account_id, livemode, id)
) with (fillfactor = 70);
create unique index checkout_sessions_intent
  on commerce.checkout_sessions (account_id, livemode, intent_id) where intent_id is not null;
-- An order has one session that can be paid or was; only an expired one makes room for another.
create unique index checkout_sessions_order
  on commerce.checkout_sessions (account_id, livemode, order_reference)
  where order_reference is not null and status <> 3;
create index checkout_sessions_customer
  on commerce.checkout_sessions (account_id, livemode, customer_id, id) where customer_id is not null;
create index checkout_sessions_link
  on commerce.checkout_sessions (account_id, livemode, link_id, id) where link_id is not null;
create index checkout_sessions_email
  on commerce.checkout_sessions (account_id, livemode, email, id) where email is not null;
create index checkout_sessions_due on commerce.checkout_sessions (due_at) where due_at is not null;

call platform.isolate('commerce.checkout_sessions');
call platform.open_to_owner('commerce.checkout_sessions');
grant select, insert, update on commerce.checkout_sessions to tollgate_app;

-- What is due in all accounts; whoever looks at it writes from the version it reads, so two do no harm.
create function commerce.due_checkout_sessions(due_before timestamptz, at_most integer)
  returns table (account_id uuid, livemode boolean, id uuid)
  language sql stable security definer set search_path = pg_catalog
  as $$
    select s.account_id, s.livemode, s.id from commerce.checkout_sessions s
     where s.due_at <= due_before order by s.due_at limit at_most
  $$;
revoke execute on function commerce.due_checkout_sessions from public;
grant execute on function commerce.due_checkout_sessions to tollgate_app;
