-- What direct acquiring has to remember: which numbers were given out, what was sent under which of
-- them, what came that nobody waited for, and what the host and we have counted. No card data.

-- Trace numbers are handed out to processes in blocks. The 999,999 numbers are 1,001 blocks of 999; a
-- block is given again only when its last use is older than the host remembers.
create table rails.trace_counters (
  host text primary key,
  taken bigint not null check (taken >= 0)
);
create table rails.trace_blocks (
  host text not null,
  slot integer not null check (slot between 0 and 1000),
  taken_at timestamptz not null,
  primary key (host, slot)
);
grant select, insert, update on rails.trace_counters, rails.trace_blocks to tollgate_app;

create function rails.take_trace_block(wanted_host text, window_ms double precision) returns bigint
  language plpgsql
  as $$
declare
  block bigint;
begin
  insert into rails.trace_counters as c (host, taken) values (wanted_host, 1)
    on conflict (host) do update set taken = c.taken + 1
    returning c.taken - 1 into block;
  insert into rails.trace_blocks as b (host, slot, taken_at)
    values (wanted_host, block % 1001, clock_timestamp())
    on conflict (host, slot) do update set taken_at = excluded.taken_at
      where b.taken_at < clock_timestamp() - make_interval(secs => window_ms / 1000);
  if not found then
    raise exception 'all trace numbers of this host are in use' using errcode = 'TG001';
  end if;
  return block;
end
$$;
revoke execute on function rails.take_trace_block from public;
grant execute on function rails.take_trace_block to tollgate_app;

-- Every message of an operation, committed before its first byte leaves. `part` 0 is the message that
-- asks for money; the reversals that were stored for it follow, from 1.
create table rails.card_messages (
  account_id uuid not null,
  livemode boolean not null,
  operation_id uuid not null,
  part integer not null check (part >= 0),
  key text not null,
  host text not null,
  -- 1 stored: it may have left. 2 taken back: a reversal is stored for it, or it may never leave.
  -- 3 answered late. 4 acknowledged. 5 the host did not know the original yet.
  state smallint not null check (state between 1 and 5),
  mti text not null check (mti ~ '^0[1-8][0-5]0$'),
  stan text not null check (stan ~ '^[0-9]{6}$'),
  rrn text not null check (rrn ~ '^[0-9A-Za-z]{12}$'),
  transmitted_at text not null check (transmitted_at ~ '^[0-9]{10}$'),
  local_time text not null,
  local_date text not null,
  acquirer text not null,
  terminal text not null,
  merchant text not null,
  amount bigint not null check (amount >= 0),
  currency text not null check (currency ~ '^[a-z]{3}$'),
  stored_at timestamptz not null,
  primary key (account_id, livemode, operation_id, part),
  unique (key)
) with (fillfactor = 80);
-- By what an answer says of itself.
create index card_messages_by_trace on rails.card_messages (host, stan, transmitted_at);
create index card_messages_by_numbers on rails.card_messages (account_id, livemode, rrn, stan);

call platform.isolate('rails.card_messages');
call platform.open_to_owner('rails.card_messages');
grant select, insert, update on rails.card_messages to tollgate_app;

-- An answer for which nobody waits names no account: whose message it answers is asked over all.
create function rails.find_card_message(wanted_host text, wanted_stan text, wanted_at text)
  returns table (account_id uuid, livemode boolean, operation_id uuid, part integer)
  language sql stable security definer set search_path = pg_catalog
  as $$
    select m.account_id, m.livemode, m.operation_id, m.part from rails.card_messages m
     where m.host = wanted_host and m.stan = wanted_stan and m.transmitted_at = wanted_at
  $$;
revoke execute on function rails.find_card_message from public;
grant execute on function rails.find_card_message to tollgate_app;

-- What came and fitted nothing. Numbers and codes alone; nothing is ever taken out.
create table rails.dead_letters (
  id uuid primary key,
  host text not null,
  at timestamptz not null,
  problem text not null,
  mti text not null,
  stan text,
  rrn text,
  transmitted_at text,
  code text,
  amount text,
  currency text,
  -- Whose message had these numbers, if anybody's.
  operation_id uuid
);
grant select, insert on rails.dead_letters to tollgate_app;

-- What moved at the host, as it counts: one row for each direction of an operation.
create table rails.clearing_entries (
  account_id uuid not null,
  livemode boolean not null,
  operation_id uuid not null,
  -- 1 debit, 2 debit reversed, 3 credit, 4 credit reversed.
  direction smallint not null check (direction between 1 and 4),
  key text not null,
  host text not null,
  acquirer text not null,
  terminal text not null,
  merchant text not null,
  rrn text not null,
  stan text not null,
  authorization_code text,
  reference text not null,
  amount bigint not null check (amount >= 0),
  currency text not null check (currency ~ '^[a-z]{3}$'),
  -- The host's day, not our midnight.
  business_day date not null,
  at timestamptz not null,
  batch_id uuid,
  file_id uuid,
  primary key (account_id, livemode, operation_id, direction)
);
create index clearing_entries_uncounted on rails.clearing_entries (host, acquirer, currency)
  where batch_id is null;
create index clearing_entries_unfiled on rails.clearing_entries (host, acquirer, business_day)
  where file_id is null;

call platform.isolate('rails.clearing_entries');
call platform.open_to_owner('rails.clearing_entries');
grant select, insert on rails.clearing_entries to tollgate_app;

-- The totals of one acquirer and currency between two cut-overs: ours, then the host's.
create table rails.batches (
  id uuid primary key,
  host text not null,
  acquirer text not null,
  currency text not null,
  business_day date not null,
  -- Of the question, and of the advice that closes the day when the totals differ.
  stan text not null,
  advice_stan text not null,
  rrn text not null,
  transmitted_at text not null,
  terminal text not null,
  merchant text not null,
  -- By direction: how many, and how much.
  ours json not null,
  theirs json,
  agreed boolean,
  begun_at timestamptz not null,
  closed_at timestamptz,
  check ((closed_at is null) = (agreed is null))
);
create unique index batches_one_open on rails.batches (host, acquirer, currency)
  where closed_at is null;
grant select on rails.batches to tollgate_app;

-- A batch takes every entry that none has taken; entries that come meanwhile belong to the next.
create function rails.begin_batch(wanted_id uuid, wanted_host text, wanted_acquirer text,
    wanted_currency text, wanted_day date, wanted_stan text, wanted_advice_stan text,
    wanted_rrn text, wanted_at text,
    wanted_terminal text, wanted_merchant text) returns uuid
  language plpgsql security definer set search_path = pg_catalog
  as $$
declare
  open_id uuid;
begin
  perform pg_advisory_xact_lock(hashtextextended(wanted_host || wanted_acquirer || wanted_currency, 0));
  select id into open_id from rails.batches
   where host = wanted_host and acquirer = wanted_acquirer and currency = wanted_currency
     and closed_at is null;
  if found then return open_id; end if;
  with taken as (
    update rails.clearing_entries e set batch_id = wanted_id
     where e.host = wanted_host and e.acquirer = wanted_acquirer and e.currency = wanted_currency
       and e.batch_id is null
    returning e.direction, e.amount
  ), counted as (
    select d.direction, count(t.direction) as count, coalesce(sum(t.amount), 0) as amount
      from generate_series(1, 4) as d(direction) left join taken t using (direction) group by 1
  )
  insert into rails.batches (id, host, acquirer, currency, business_day, stan, advice_stan, rrn,
      transmitted_at, terminal, merchant, ours, begun_at)
  select wanted_id, wanted_host, wanted_acquirer, wanted_currency, wanted_day, wanted_stan, wanted_advice_stan,
         wanted_rrn, wanted_at, wanted_terminal, wanted_merchant,
         (select json_object_agg(direction, json_build_object('count', count, 'amount', amount::text))
            from counted), clock_timestamp();
  return wanted_id;
end
$$;
revoke execute on function rails.begin_batch from public;
grant execute on function rails.begin_batch to tollgate_app;

-- In which currencies anything was ever counted there.
create function rails.counted_currencies(wanted_host text, wanted_acquirer text) returns setof text
  language sql stable security definer set search_path = pg_catalog
  as $$
    select distinct currency from rails.clearing_entries
     where host = wanted_host and acquirer = wanted_acquirer order by 1
  $$;
revoke execute on function rails.counted_currencies from public;
grant execute on function rails.counted_currencies to tollgate_app;

create function rails.close_batch(wanted_id uuid, their_totals json, is_agreed boolean) returns boolean
  language sql security definer set search_path = pg_catalog
  as $$
    update rails.batches set theirs = their_totals, agreed = is_agreed, closed_at = clock_timestamp()
     where id = wanted_id and closed_at is null
    returning true
  $$;
revoke execute on function rails.close_batch from public;
grant execute on function rails.close_batch to tollgate_app;

-- The file of a day, as it was written: whoever asks again gets the same bytes.
create table rails.clearing_files (
  id uuid primary key,
  host text not null,
  acquirer text not null,
  business_day date not null,
  body text not null,
  lines integer not null,
  written_at timestamptz not null,
  unique (host, acquirer, business_day)
);
grant select on rails.clearing_files to tollgate_app;

-- Takes every entry up to that day which is in no file yet: what came late is in the next one.
create function rails.take_entries(wanted_id uuid, wanted_host text, wanted_acquirer text, wanted_day date)
  returns setof rails.clearing_entries
  language plpgsql security definer set search_path = pg_catalog
  as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('file' || wanted_host || wanted_acquirer, 0));
  if exists (select from rails.clearing_files f where f.host = wanted_host
                and f.acquirer = wanted_acquirer and f.business_day = wanted_day) then
    return;
  end if;
  return query
    with taken as (
      update rails.clearing_entries e set file_id = wanted_id
       where e.host = wanted_host and e.acquirer = wanted_acquirer
         and e.business_day <= wanted_day and e.file_id is null
      returning e.*
    )
    select * from taken t order by t.at, t.operation_id, t.direction;
end
$$;
revoke execute on function rails.take_entries from public;
grant execute on function rails.take_entries to tollgate_app;

create function rails.keep_file(wanted_id uuid, wanted_host text, wanted_acquirer text, wanted_day date,
    wanted_body text, wanted_lines integer) returns table (id uuid, body text)
  language plpgsql security definer set search_path = pg_catalog
  as $$
begin
  insert into rails.clearing_files (id, host, acquirer, business_day, body, lines, written_at)
  values (wanted_id, wanted_host, wanted_acquirer, wanted_day, wanted_body, wanted_lines, clock_timestamp())
  on conflict (host, acquirer, business_day) do nothing;
  return query select f.id, f.body from rails.clearing_files f
   where f.host = wanted_host and f.acquirer = wanted_acquirer and f.business_day = wanted_day;
end
$$;
revoke execute on function rails.keep_file from public;
grant execute on function rails.keep_file to tollgate_app;
