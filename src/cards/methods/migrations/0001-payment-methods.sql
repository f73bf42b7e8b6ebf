-- What a payer pays with. Of a card only what may be shown stands here; its number is in the vault, under
-- the id in card_id, and this schema's role cannot read it.

create schema if not exists cards;
grant usage on schema cards to tollgate_app;

create table cards.payment_methods (
  account_id uuid not null,
  livemode boolean not null,
  id uuid not null,
  version integer not null check (version > 0),
  type text not null,
  -- 1 unattached, 2 attached, 3 detached; detached is final.
  state smallint not null check (state between 1 and 3),
  customer_id uuid,
  -- In the vault. Null for methods that are no cards, and for cards that were shredded.
  card_id uuid,
  metadata jsonb not null,
  details json not null,
  constraint payment_methods_attached check ((state = 2) = (customer_id is not null)),
  primary key (account_id, livemode, id)
) with (fillfactor = 80);
create index payment_methods_customer
  on cards.payment_methods (account_id, livemode, customer_id, id) where customer_id is not null;

-- A token stands for a card once. What it becomes takes over its card.
create table cards.tokens (
  account_id uuid not null,
  livemode boolean not null,
  id uuid not null,
  type text not null,
  used boolean not null default false,
  card_id uuid,
  details json not null,
  primary key (account_id, livemode, id)
) with (fillfactor = 80);

call platform.isolate('cards.payment_methods');
call platform.open_to_owner('cards.payment_methods');
call platform.isolate('cards.tokens');
call platform.open_to_owner('cards.tokens');
grant select, insert, update on cards.payment_methods, cards.tokens to tollgate_app;
