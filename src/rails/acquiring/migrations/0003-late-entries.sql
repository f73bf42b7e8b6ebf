-- What is heard of a day after it was closed belongs to that day where the host had counted more than we: in
-- the totals of the next it would be one that the host does not have, and two days would differ for one payment.

alter table rails.batches add late json;

-- How many, or how much, of a direction the host had counted in a batch, and nobody here has.
create function rails.missing_in(batch rails.batches, direction smallint, what text) returns numeric
  language sql stable set search_path = pg_catalog
  as $$
    select coalesce((batch.theirs #>> array[direction::text, what])::numeric, 0)
         - coalesce((batch.ours #>> array[direction::text, what])::numeric, 0)
         - coalesce((batch.late #>> array[direction::text, what])::numeric, 0)
  $$;
revoke execute on function rails.missing_in from public;

-- Takes every entry that none has taken into the oldest closed batch in which the host counted that much more
-- of its kind, entries that were taken so before included. What fits none is left for the next batch.
create function rails.take_late_entries(wanted_host text, wanted_acquirer text, wanted_currency text)
  returns void
  language plpgsql security definer set search_path = pg_catalog
  as $$
declare
  entry record;
  place uuid;
begin
  for entry in
    select e.account_id, e.livemode, e.operation_id, e.direction, e.amount, e.business_day
      from rails.clearing_entries e
     where e.host = wanted_host and e.acquirer = wanted_acquirer and e.currency = wanted_currency
       and e.batch_id is null
       and e.business_day <= (select max(b.business_day) from rails.batches b
                               where b.host = wanted_host and b.acquirer = wanted_acquirer
                                 and b.currency = wanted_currency and not b.agreed)
     order by e.business_day, e.at, e.operation_id, e.direction
  loop
    select b.id into place from rails.batches b
     where b.host = wanted_host and b.acquirer = wanted_acquirer and b.currency = wanted_currency
       and not b.agreed and b.business_day >= entry.business_day
       and rails.missing_in(b, entry.direction, 'count') >= 1
       and rails.missing_in(b, entry.direction, 'amount') >= entry.amount
     order by b.business_day limit 1;
    continue when not found;
    update rails.clearing_entries e set batch_id = place
     where e.account_id = entry.account_id and e.livemode = entry.livemode
       and e.operation_id = entry.operation_id and e.direction = entry.direction;
    update rails.batches b
       set late = (coalesce(b.late::jsonb, '{}') || jsonb_build_object(entry.direction::text,
             jsonb_build_object(
               'count', coalesce((b.late #>> array[entry.direction::text, 'count'])::bigint, 0) + 1,
               'amount', (coalesce((b.late #>> array[entry.direction::text, 'amount'])::numeric, 0)
                            + entry.amount)::text)))::json
     where b.id = place;
  end loop;
end
$$;
revoke execute on function rails.take_late_entries from public;

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
  perform rails.take_late_entries(wanted_host, wanted_acquirer, wanted_currency);
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
