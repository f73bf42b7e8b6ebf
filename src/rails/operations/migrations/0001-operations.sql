-- The journal of every call that moves money. A row is there before the first byte leaves, and tells
-- from then on what is known of it; what was learned is added to `evidence` and never changed.

create schema if not exists rails;
grant usage on schema rails to tollgate_app;

create table rails.operations (
  account_id uuid not null,
  livemode boolean not null,
  id uuid not null,
  intent_id uuid not null,
  connector_account_id uuid not null,
  kind smallint not null check (kind between 1 and 9),
  ordinal integer not null check (ordinal > 0),
  attempt integer not null check (attempt > 0),
  state smallint not null check (state between 1 and 10),
  amount bigint not null check (amount >= 0),
  currency text not null check (currency ~ '^[a-z]{3}$'),
  reference text not null,
  provider_key text not null,
  sends integer not null check (sends >= 0),
  first_sent_at timestamptz not null,
  deadline_at timestamptz not null,
  code text,
  alerts text[] not null default '{}',
  needs_review boolean not null default false,
  -- Every write is made from the version that was read, under the lease that was taken.
  version integer not null check (version > 0),
  due_at timestamptz,
  tries integer not null default 0,
  lease_epoch integer not null default 0,
  leased_until timestamptz,
  primary key (account_id, livemode, id),
  -- One attempt is one row, and so one key at the provider, whoever comes second.
  unique (account_id, livemode, intent_id, kind, ordinal, attempt),
  -- Whatever may still be alive is looked at again; what is finished is not.
  check ((due_at is null) = (state in (3, 4, 7, 9)))
) with (fillfactor = 70);

-- Beside an attempt that is, or may be, approved there is no other: a sale and an authorization are the
-- same want. What turned out approved although it had ended is under review and must not be hidden.
create unique index operations_one_alive on rails.operations
  (account_id, livemode, intent_id, (case kind when 2 then 1 else kind end), ordinal)
  where state not in (4, 7, 9) and not needs_review;
create index operations_due on rails.operations (due_at) where due_at is not null;
-- What waits for a person.
create index operations_for_person on rails.operations (account_id, livemode, id)
  where state in (8, 10) or needs_review;
create index operations_by_reference on rails.operations (account_id, livemode, connector_account_id, reference);

call platform.isolate('rails.operations');
call platform.open_to_owner('rails.operations');
grant select, insert, update on rails.operations to tollgate_app;

create table rails.evidence (
  account_id uuid not null,
  livemode boolean not null,
  operation_id uuid not null,
  id uuid not null,
  kind smallint not null check (kind between 1 and 6),
  at timestamptz not null,
  -- Which sending it answers.
  send integer,
  -- The event's or the line's own name: one is evidence once, however often it comes.
  source_key text,
  considered uuid[] not null default '{}',
  says json not null,
  primary key (account_id, livemode, operation_id, id),
  unique (account_id, livemode, operation_id, kind, source_key),
  foreign key (account_id, livemode, operation_id) references rails.operations
);

-- Some webhooks name a thing as the provider calls it.
create index evidence_by_provider_id on rails.evidence (account_id, livemode, (says->>'providerId'))
  where says->>'providerId' is not null;

call platform.isolate('rails.evidence');
call platform.open_to_owner('rails.evidence');
grant select, insert on rails.evidence to tollgate_app;

create function rails.refuse_change() returns trigger
  language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end
$$;
create trigger append_only before update or delete on rails.evidence
  for each row execute function rails.refuse_change();
create trigger append_only_whole before truncate on rails.evidence
  for each statement execute function rails.refuse_change();

-- The resolver asks for what is due in all accounts, takes it for a while, and learns only whose it is.
-- Leases go by the database's clock: the clocks of two workers may differ.
create function rails.lease_operations(due_before timestamptz, at_most integer, lease_ms double precision)
  returns table (account_id uuid, livemode boolean, id uuid, lease_epoch integer)
  language sql security definer set search_path = pg_catalog
  as $$
    update rails.operations o
       set lease_epoch = o.lease_epoch + 1,
           leased_until = clock_timestamp() + make_interval(secs => lease_ms / 1000)
      from (select d.account_id, d.livemode, d.id from rails.operations d
             where d.due_at <= due_before
               and (d.leased_until is null or d.leased_until < clock_timestamp())
             order by d.due_at limit at_most for update skip locked) due
     where o.account_id = due.account_id and o.livemode = due.livemode and o.id = due.id
    returning o.account_id, o.livemode, o.id, o.lease_epoch
  $$;
revoke execute on function rails.lease_operations from public;
grant execute on function rails.lease_operations to tollgate_app;

-- For the send journal: which of these calls the database has forgotten.
create function rails.forgotten_operations(wanted uuid[]) returns setof uuid
  language sql stable security definer set search_path = pg_catalog
  as $$
    select w.id from unnest(wanted) as w(id)
     where not exists (select from rails.operations o where o.id = w.id)
  $$;
revoke execute on function rails.forgotten_operations from public;
grant execute on function rails.forgotten_operations to tollgate_app;
