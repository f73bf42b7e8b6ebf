-- Asking the holder of a card. What the proof is bound to (intent, card, amount, currency, merchant)
-- stands in columns, because the statement that uses a proof compares them.

create schema if not exists cards;
grant usage on schema cards to tollgate_app;

create table cards.authentications (
  account_id uuid not null,
  livemode boolean not null,
  -- Also the transaction id of the 3DS server, in the protocol.
  id uuid not null,
  version integer not null check (version > 0),
  state smallint not null check (state between 1 and 8),
  intent_id uuid not null,
  card_id uuid not null,
  amount bigint not null check (amount >= 0),
  currency text not null check (currency ~ '^[a-z]{3}$'),
  merchant_id text not null,
  -- Afterwards the holder is not waited for, and a proof is not used.
  expires_at timestamptz not null,
  -- When somebody has to look: at what is not ended, and at a sealed value that nobody used.
  due_at timestamptz,
  -- The operation that used the proof. It is used once.
  used_for uuid,
  asked json not null,
  learned json not null,
  primary key (account_id, livemode, id),
  constraint authentications_used check (used_for is null or state = 4),
  constraint authentications_owned check (due_at is not null or state >= 4)
) with (fillfactor = 70);
create index authentications_due on cards.authentications (due_at) where due_at is not null;
create index authentications_intent on cards.authentications (account_id, livemode, intent_id);

call platform.isolate('cards.authentications');
call platform.open_to_owner('cards.authentications');
grant select, insert, update on cards.authentications to tollgate_app;

-- The worker asks for what is due in all accounts, and learns only whose it is.
create function cards.due_authentications(due_before timestamptz, at_most integer)
  returns table (account_id uuid, livemode boolean, id uuid)
  language sql stable security definer set search_path = pg_catalog
  as $$
    select a.account_id, a.livemode, a.id from cards.authentications a
     where a.due_at <= due_before order by a.due_at limit at_most
  $$;
revoke execute on function cards.due_authentications from public;
grant execute on function cards.due_authentications to tollgate_app;
