-- What payers are owed by mail, what each merchant wants sent, and the numbers of receipts.

create table outward.mails (
  account_id uuid not null,
  livemode boolean not null,
  id uuid not null,
  -- The event that it is owed for; null when somebody asked for it by hand.
  event_id uuid,
  template text not null,
  locale text not null,
  recipient text not null,
  -- What stands in it. A mail is written from this and its id alone, the same bytes at every try.
  letter json not null,
  -- The object that it tells of, and the payment that this belongs to, as they are spelled.
  about text not null,
  payment text,
  resend_of uuid,
  -- 1 waiting, 2 sent, 3 given up, 4 kept, 5 not needed
  state smallint not null check (state between 1 and 5),
  attempts smallint not null default 0,
  due_at timestamptz,
  leased_until timestamptz,
  lease_epoch integer not null default 0,
  tries json not null default '[]',
  primary key (account_id, livemode, id),
  check ((due_at is null) = (state <> 1))
) with (fillfactor = 70);

create unique index mails_once on outward.mails (account_id, livemode, event_id, template)
  where event_id is not null;
create index mails_due on outward.mails (due_at) where due_at is not null;
create index mails_about on outward.mails (account_id, livemode, about, id);
create index mails_overtaken on outward.mails (account_id, livemode, payment)
  where template in ('payment_checking', 'payment_failed');
create index mails_of_test_mode on outward.mails (id) where not livemode;
call platform.isolate('outward.mails');
call platform.open_to_owner('outward.mails');
grant select, insert, update on outward.mails to tollgate_app;

create table outward.mail_settings (
  account_id uuid not null,
  livemode boolean not null,
  version integer not null check (version > 0),
  settings json not null,
  primary key (account_id, livemode)
);
call platform.isolate('outward.mail_settings');
call platform.open_to_owner('outward.mail_settings');
grant select, insert, update on outward.mail_settings to tollgate_app;

-- Each charge gets its number when its receipt is first wanted; the counter has one row per account and mode.
create table outward.receipt_counters (
  account_id uuid not null,
  livemode boolean not null,
  last integer not null check (last >= 0),
  primary key (account_id, livemode)
);
call platform.isolate('outward.receipt_counters');
call platform.open_to_owner('outward.receipt_counters');
grant select, insert, update on outward.receipt_counters to tollgate_app;

create table outward.receipt_numbers (
  account_id uuid not null,
  livemode boolean not null,
  charge_id uuid not null,
  number integer not null check (number > 0),
  primary key (account_id, livemode, charge_id),
  unique (account_id, livemode, number)
);
call platform.isolate('outward.receipt_numbers');
call platform.open_to_owner('outward.receipt_numbers');
grant select, insert on outward.receipt_numbers to tollgate_app;

-- Who comes second waits for the counter's row, and then looks again: no number is lost.
create function outward.number_receipt(account uuid, mode boolean, charge uuid) returns integer
  language plpgsql security definer set search_path = pg_catalog
  as $$
declare
  given integer;
begin
  for attempt in 1 .. 2 loop
    select n.number into given from outward.receipt_numbers n
     where n.account_id = account and n.livemode = mode and n.charge_id = charge;
    if found then return given; end if;
    insert into outward.receipt_counters as c (account_id, livemode, last) values (account, mode, 0)
      on conflict (account_id, livemode) do update set last = c.last;
  end loop;
  update outward.receipt_counters c set last = c.last + 1
   where c.account_id = account and c.livemode = mode
  returning c.last into given;
  insert into outward.receipt_numbers (account_id, livemode, charge_id, number)
    values (account, mode, charge, given);
  return given;
end
$$;
revoke execute on function outward.number_receipt from public;
grant execute on function outward.number_receipt to tollgate_app;

-- Of what was just taken from the outbox, the changes that mails are written of.
create function outward.changes_for_mails(changes uuid[], accounts uuid[], modes boolean[], codes smallint[])
  returns table (account_id uuid, livemode boolean, id uuid, object_id uuid, sequence integer,
                 kinds smallint[], renderer smallint, request_id text, idempotency_key text, snapshot json)
  language sql security definer set search_path = pg_catalog
  as $$
    select e.account_id, e.livemode, e.id, e.object_id, e.sequence,
           e.kinds, e.renderer, e.request_id, e.idempotency_key, e.snapshot
      from unnest(changes, accounts, modes) as o(change_id, account_id, livemode)
      join platform.events e
        on e.account_id = o.account_id and e.livemode = o.livemode and e.id = o.change_id
     where e.kinds && codes
     order by e.id
  $$;
revoke execute on function outward.changes_for_mails from public;
grant execute on function outward.changes_for_mails to tollgate_app;

create function outward.owe_mails(owed json) returns void
  language sql security definer set search_path = pg_catalog
  as $$
    insert into outward.mails
      (account_id, livemode, id, event_id, template, locale, recipient, letter, about, payment, state, due_at)
    select o.account_id, o.livemode, o.id, o.event_id, o.template, o.locale, o.recipient, o.letter, o.about,
           o.payment, 1, o.due_at
      from json_to_recordset(owed) as o(
        account_id uuid, livemode boolean, id uuid, event_id uuid, template text, locale text,
        recipient text, letter json, about text, payment text, due_at timestamptz)
    on conflict do nothing
  $$;
revoke execute on function outward.owe_mails from public;
grant execute on function outward.owe_mails to tollgate_app;

-- Something newer is known of a payment: what waits to tell of its failure or of our doubt is told no more.
-- True when the payer was told that we are checking, or is being told just now, and so has to hear the end.
create function outward.overtake_mails(account uuid, mode boolean, of_payment text) returns boolean
  language sql security definer set search_path = pg_catalog
  as $$
    with overtaken as (
      update outward.mails
         set state = 5, due_at = null
       where account_id = account and livemode = mode and payment = of_payment
         and template in ('payment_checking', 'payment_failed')
         and state = 1 and attempts = 0 and leased_until is null
      returning id)
    select exists (
      select from outward.mails
       where account_id = account and livemode = mode and payment = of_payment
         and template = 'payment_checking' and state <> 5 and id not in (select id from overtaken))
  $$;
revoke execute on function outward.overtake_mails from public;
grant execute on function outward.overtake_mails to tollgate_app;

create function outward.lease_mails(at timestamptz, at_most integer, lease_ms double precision)
  returns table (account_id uuid, livemode boolean, id uuid, lease_epoch integer)
  language sql security definer set search_path = pg_catalog
  as $$
    update outward.mails m
       set lease_epoch = m.lease_epoch + 1,
           leased_until = clock_timestamp() + make_interval(secs => lease_ms / 1000)
      from (
        select n.account_id, n.livemode, n.id from outward.mails n
         where n.due_at <= at and (n.leased_until is null or n.leased_until < clock_timestamp())
         order by n.due_at limit at_most for update skip locked) due
     where m.account_id = due.account_id and m.livemode = due.livemode and m.id = due.id
    returning m.account_id, m.livemode, m.id, m.lease_epoch
  $$;
revoke execute on function outward.lease_mails from public;
grant execute on function outward.lease_mails to tollgate_app;

-- Of all accounts, but of test mode alone: what the local page of the quick start shows.
create function outward.caught_mails(only_id uuid, at_most integer)
  returns table (id uuid, locale text, recipient text, letter json, about text, state smallint)
  language sql security definer set search_path = pg_catalog
  as $$
    select m.id, m.locale, m.recipient, m.letter, m.about, m.state from outward.mails m
     where not m.livemode and m.state in (2, 3, 4) and (only_id is null or m.id = only_id)
     order by m.id desc limit at_most
  $$;
revoke execute on function outward.caught_mails from public;
grant execute on function outward.caught_mails to tollgate_app;

create function outward.forget_mails(before uuid, at_most integer) returns integer
  language sql security definer set search_path = pg_catalog
  as $$
    with old as (
      select account_id, livemode, id from outward.mails
       where id < before and state <> 1 limit at_most for update skip locked),
    gone as (
      delete from outward.mails m using old
       where (m.account_id, m.livemode, m.id) = (old.account_id, old.livemode, old.id)
      returning 1)
    select count(*)::integer from gone
  $$;
revoke execute on function outward.forget_mails from public;
grant execute on function outward.forget_mails to tollgate_app;
