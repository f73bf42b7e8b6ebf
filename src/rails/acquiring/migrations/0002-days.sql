-- The days of a host: each is cut over once, and each merchant has one file for it.

create unique index batches_one_a_day on rails.batches (host, acquirer, currency, business_day);

-- The open batch, if there is one, whatever its day; none where the day was cut over before; else a new one,
-- of every entry up to that day which no batch has taken. What moved later belongs to a later day.
create or replace function rails.begin_batch(wanted_id uuid, wanted_host text, wanted_acquirer text,
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
  if exists (select from rails.batches
              where host = wanted_host and acquirer = wanted_acquirer and currency = wanted_currency
                and business_day = wanted_day) then
    return null;
  end if;
  with taken as (
    update rails.clearing_entries e set batch_id = wanted_id
     where e.host = wanted_host and e.acquirer = wanted_acquirer and e.currency = wanted_currency
       and e.business_day <= wanted_day and e.batch_id is null
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

-- Of how many messages that were stored between two moments nobody knows yet what became of them.
create function rails.undecided_messages(wanted_host text, wanted_acquirer text,
    stored_from timestamptz, stored_before timestamptz) returns bigint
  language sql stable security definer set search_path = pg_catalog
  as $$
    select count(*) from rails.operations o
      join rails.card_messages m on m.account_id = o.account_id and m.livemode = o.livemode
                                and m.operation_id = o.id and m.part = 0
     where o.due_at is not null and m.host = wanted_host and m.acquirer = wanted_acquirer
       and m.stored_at >= stored_from and m.stored_at < stored_before
  $$;
revoke execute on function rails.undecided_messages from public;
grant execute on function rails.undecided_messages to tollgate_app;

-- A file is one merchant's. It is handed over as it was written, until the bank has taken it.
drop function rails.take_entries(uuid, text, text, date);
drop function rails.keep_file(uuid, text, text, date, text, integer);
alter table rails.clearing_files
  add account_id uuid not null,
  add livemode boolean not null,
  add merchant text not null,
  add handed_over_at timestamptz,
  -- What the bank says of its lines.
  add answer json,
  add check ((handed_over_at is null) = (answer is null)),
  drop constraint clearing_files_host_acquirer_business_day_key,
  add constraint clearing_files_one_a_day
    unique (account_id, livemode, host, acquirer, merchant, business_day);
call platform.isolate('rails.clearing_files');
call platform.open_to_owner('rails.clearing_files');

-- Takes every entry up to that day which is in no file yet: what came late is in the next one.
create function rails.take_entries(wanted_id uuid, of_account uuid, of_mode boolean, wanted_host text,
    wanted_acquirer text, wanted_merchant text, wanted_day date)
  returns setof rails.clearing_entries
  language plpgsql security definer set search_path = pg_catalog
  as $$
begin
  perform pg_advisory_xact_lock(
    hashtextextended('file' || of_account::text || wanted_host || wanted_acquirer || wanted_merchant, 0));
  if exists (select from rails.clearing_files f
              where f.account_id = of_account and f.livemode = of_mode and f.host = wanted_host
                and f.acquirer = wanted_acquirer and f.merchant = wanted_merchant
                and f.business_day = wanted_day) then
    return;
  end if;
  return query
    with taken as (
      update rails.clearing_entries e set file_id = wanted_id
       where e.account_id = of_account and e.livemode = of_mode and e.host = wanted_host
         and e.acquirer = wanted_acquirer and e.merchant = wanted_merchant
         and e.business_day <= wanted_day and e.file_id is null
      returning e.*
    )
    select * from taken t order by t.at, t.operation_id, t.direction;
end
$$;
revoke execute on function rails.take_entries from public;
grant execute on function rails.take_entries to tollgate_app;

create function rails.keep_file(wanted_id uuid, of_account uuid, of_mode boolean, wanted_host text,
    wanted_acquirer text, wanted_merchant text, wanted_day date, wanted_body text, wanted_lines integer)
  returns uuid
  language plpgsql security definer set search_path = pg_catalog
  as $$
declare
  kept uuid;
begin
  insert into rails.clearing_files (id, account_id, livemode, host, acquirer, merchant, business_day, body,
      lines, written_at)
  values (wanted_id, of_account, of_mode, wanted_host, wanted_acquirer, wanted_merchant, wanted_day,
      wanted_body, wanted_lines, clock_timestamp())
  on conflict on constraint clearing_files_one_a_day do nothing;
  select id into kept from rails.clearing_files f
   where f.account_id = of_account and f.livemode = of_mode and f.host = wanted_host
     and f.acquirer = wanted_acquirer and f.merchant = wanted_merchant and f.business_day = wanted_day;
  return kept;
end
$$;
revoke execute on function rails.keep_file from public;
grant execute on function rails.keep_file to tollgate_app;

create function rails.file_handed_over(wanted_id uuid, of_account uuid, of_mode boolean, bank_answer json)
  returns void
  language sql security definer set search_path = pg_catalog
  as $$
    update rails.clearing_files set handed_over_at = clock_timestamp(), answer = bank_answer
     where id = wanted_id and account_id = of_account and livemode = of_mode and handed_over_at is null
  $$;
revoke execute on function rails.file_handed_over from public;
grant execute on function rails.file_handed_over to tollgate_app;
