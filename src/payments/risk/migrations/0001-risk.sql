-- Who tries cards from outside, and how far they got. One row for each try of a browser, written before its
-- bank is asked: rows are only added and answered, so nothing is hot; what is older than a week is forgotten.

create schema if not exists payments;
grant usage on schema payments to tollgate_app;

create table payments.card_tries (
  account_id uuid not null,
  livemode boolean not null,
  -- Its first bits are when it was, by the clock that nobody moves.
  id uuid not null,
  -- 1: a card was handed in. 2: a card was tried with its bank.
  kind smallint not null check (kind in (1, 2)),
  -- The payment or setup intent.
  subject uuid,
  -- Keyed digests: an address or a cookie cannot be read back.
  network uuid not null,
  device uuid,
  -- The vault's name of a number over all accounts, and the first digits.
  card text,
  bin text,
  -- 0: let through, 1: slowed down, 2: had to prove work, 3: its holder was asked, 4: blocked.
  step smallint not null check (step between 0 and 4),
  reasons text not null,
  -- 0: not known yet, 1: went well, 2: did not.
  outcome smallint not null default 0 check (outcome between 0 and 2),
  proof uuid,
  constraint card_tries_kind check ((kind = 2) = (subject is not null)),
  primary key (account_id, livemode, id)
);
create index card_tries_network on payments.card_tries (account_id, livemode, network, id);
create index card_tries_device on payments.card_tries (account_id, livemode, device, id)
  where device is not null;
create index card_tries_bin on payments.card_tries (account_id, livemode, bin, id) where bin is not null;
create index card_tries_subject on payments.card_tries (account_id, livemode, subject)
  where subject is not null;
create index card_tries_card on payments.card_tries (livemode, card, id) where card is not null;
-- A proof of work is good for one try.
create unique index card_tries_proof on payments.card_tries (account_id, livemode, proof)
  where proof is not null;

call platform.isolate('payments.card_tries');
call platform.open_to_owner('payments.card_tries');
grant select, insert, update on payments.card_tries to tollgate_app;

-- How often one card was tried in vain, with whichever account: the one question that looks across them.
-- It is answered with a number and nothing else.
create function payments.card_tries_in_vain(of_livemode boolean, of_card text, since uuid, at_most integer)
  returns integer
  language sql stable security definer set search_path = pg_catalog
  as $$
    select count(*)::integer from (
      select 1 from payments.card_tries
       where livemode = of_livemode and card = of_card and id > since and outcome <> 1
       limit at_most) as tries
  $$;
revoke execute on function payments.card_tries_in_vain from public;
grant execute on function payments.card_tries_in_vain to tollgate_app;

create function payments.forget_card_tries(before uuid, at_most integer) returns integer
  language sql security definer set search_path = pg_catalog
  as $$
    with old as (
      select account_id, livemode, id from payments.card_tries
       where id < before limit at_most for update skip locked
    ), gone as (
      delete from payments.card_tries t using old
       where (t.account_id, t.livemode, t.id) = (old.account_id, old.livemode, old.id)
      returning 1
    )
    select count(*)::integer from gone
  $$;
revoke execute on function payments.forget_card_tries from public;
grant execute on function payments.forget_card_tries to tollgate_app;

-- What an account wants of its defence, where that is not the standard.
create table payments.defence_settings (
  account_id uuid not null,
  livemode boolean not null,
  settings jsonb not null,
  primary key (account_id, livemode)
);
call platform.isolate('payments.defence_settings');
grant select, insert, update on payments.defence_settings to tollgate_app;

-- That an account is under attack: at most one row in ten minutes.
create table payments.card_attacks (
  account_id uuid not null,
  livemode boolean not null,
  began_at timestamptz not null,
  tries integer not null,
  in_vain integer not null,
  primary key (account_id, livemode, began_at)
);
call platform.isolate('payments.card_attacks');
grant select, insert on payments.card_attacks to tollgate_app;
