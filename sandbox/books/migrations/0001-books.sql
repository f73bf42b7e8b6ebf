-- The books of the institutions of this world. They are made from the journal, line by line, and can be
-- made again from it; `world` says up to which line.

create schema sandbox;

create table sandbox.world (
  id boolean primary key default true check (id),
  applied_seq bigint not null check (applied_seq >= 0),
  -- Ties these books to one journal and no other.
  applied_chain text not null
);

create table sandbox.movements (
  seq bigint primary key,
  at timestamptz not null,
  kind text not null,
  reference text not null
);

create table sandbox.postings (
  seq bigint not null references sandbox.movements,
  line smallint not null,
  -- Whose books: each institution's postings of a movement balance by themselves.
  institution text not null,
  account text not null,
  currency text not null,
  amount_minor numeric(30) not null check (amount_minor <> 0),
  primary key (seq, line)
);
create index postings_by_account on sandbox.postings (account, currency);

create table sandbox.accounts (
  account text not null,
  currency text not null,
  balance_minor numeric(30) not null,
  primary key (account, currency)
);

create table sandbox.approvals (
  id text primary key,
  kind text not null,
  card text not null,
  network text not null,
  merchant text not null,
  rrn text not null,
  currency text not null,
  approved_minor numeric(30) not null check (approved_minor > 0),
  held_minor numeric(30) not null check (held_minor >= 0),
  captured_minor numeric(30) not null check (captured_minor >= 0),
  refunded_minor numeric(30) not null check (refunded_minor >= 0),
  charged_back_minor numeric(30) not null check (charged_back_minor >= 0),
  state text not null check (state in ('held', 'captured', 'reversed', 'expired')),
  changed_seq bigint not null,
  check (held_minor + captured_minor <= approved_minor),
  check (refunded_minor + charged_back_minor <= captured_minor),
  check ((state = 'held') = (held_minor > 0))
);
create index approvals_held on sandbox.approvals (id) where state = 'held';

create function sandbox.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'postings are added and never changed';
end $$;
create trigger postings_stay before update or delete on sandbox.postings
  for each row execute function sandbox.refuse_change();

create function sandbox.check_balanced() returns trigger language plpgsql as $$
begin
  if exists (
    select from added group by seq, institution, currency having sum(amount_minor) <> 0
  ) then
    raise exception 'a movement does not balance';
  end if;
  return null;
end $$;
create trigger postings_balance after insert on sandbox.postings
  referencing new table as added for each statement execute function sandbox.check_balanced();
