-- What a request with an idempotency key was answered. The key is kept as a keyed digest and the
-- answer is sealed: this table, or a dump of it, tells nobody what was asked or answered.

create table platform.answers (
  account_id uuid not null,
  livemode boolean not null,
  key uuid not null,
  fingerprint uuid not null,
  request_id text not null,
  created_at timestamptz not null,
  -- Null while the request that claimed the key is still running.
  status smallint,
  answer bytea,
  -- Whether whoever asks the same may begin anew when the holder of a claim is gone: never once money may
  -- have moved.
  passes_on boolean not null,
  -- What was begun under the key before its answer was there: a payment. Whoever takes the claim over goes
  -- on with it.
  subject uuid,
  constraint answers_complete check ((status is null) = (answer is null)),
  primary key (account_id, livemode, key)
);
create index answers_created_at on platform.answers using brin (created_at);

call platform.isolate('platform.answers');
call platform.open_to_owner('platform.answers');
grant select, insert, update on platform.answers to tollgate_app;

-- Forgets answers of all accounts that are older than the moment given, a few at a time.
create function platform.forget_answers(before timestamptz, at_most integer) returns integer
  language sql security definer set search_path = pg_catalog
  as $$
    with old as (
      select account_id, livemode, key from platform.answers
       where created_at < before limit at_most for update skip locked
    ), gone as (
      delete from platform.answers a using old
       where (a.account_id, a.livemode, a.key) = (old.account_id, old.livemode, old.key)
      returning 1
    )
    select count(*)::integer from gone
  $$;
revoke execute on function platform.forget_answers from public;
grant execute on function platform.forget_answers to tollgate_app;
