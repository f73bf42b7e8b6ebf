-- Found by the card that was charged: by its last four digits, and by its fingerprint, of which a few bits stand in the row
-- (a search compares the whole). An index of rows would be written by each payment; this one knows pages, and a page is
-- summarized when it is full. Rows of before say it in their details alone, which are read where the columns say nothing;
-- of what is no card they say -1 and 0.

alter table payments.charges add column last4 smallint, add column card integer;

create function payments.card_bits(fingerprint text) returns integer
  language sql immutable parallel safe
  as $$ select coalesce(('x' || left(encode(sha256(convert_to(lower(fingerprint), 'UTF8')), 'hex'), 8))::bit(32)::integer, 0) $$;

-- Not in SQL: each statement that writes a charge would put their bodies into the index's expressions anew, which took
-- half as long as the writing.
create function payments.last4_in(details json) returns smallint
  language plpgsql immutable parallel safe
  as $$ begin return coalesce(details->'method'->'card'->>'last4', '-1')::smallint; end $$;

create function payments.card_in(details json) returns integer
  language plpgsql immutable parallel safe
  as $$ begin return payments.card_bits(details->'method'->'card'->>'fingerprint'); end $$;

create index charges_card on payments.charges using brin (
    (coalesce(last4, payments.last4_in(details))) int2_bloom_ops
      (n_distinct_per_range = 400, false_positive_rate = 0.001),
    (coalesce(card, payments.card_in(details))) int4_bloom_ops
      (n_distinct_per_range = 400, false_positive_rate = 0.001))
  with (pages_per_range = 64, autosummarize = on);

-- Account, mode and id are asked for by functions, of which other indexes do not know: all of an account would be read.
create function payments.charges_of_last4(of_account uuid, of_mode boolean, id_from uuid, id_before uuid,
  asked smallint) returns setof uuid
  language sql stable security definer
  set search_path = pg_catalog set plan_cache_mode = force_custom_plan set enable_seqscan = off
  as $$
    select i.id from payments.charges i
     where of_account = any(platform.accounts()) and of_mode = platform.livemode()
       and uuid_eq(i.account_id, of_account) and booleq(i.livemode, of_mode)
       and uuid_ge(i.id, id_from) and uuid_lt(i.id, id_before)
       and coalesce(i.last4, payments.last4_in(i.details)) = asked
  $$;

create function payments.charges_of_card(of_account uuid, of_mode boolean, id_from uuid, id_before uuid,
  fingerprint text) returns setof uuid
  language sql stable security definer
  set search_path = pg_catalog set plan_cache_mode = force_custom_plan set enable_seqscan = off
  as $$
    select i.id from payments.charges i
     where of_account = any(platform.accounts()) and of_mode = platform.livemode()
       and uuid_eq(i.account_id, of_account) and booleq(i.livemode, of_mode)
       and uuid_ge(i.id, id_from) and uuid_lt(i.id, id_before)
       and coalesce(i.card, payments.card_in(i.details)) = payments.card_bits(fingerprint)
  $$;

revoke execute on function payments.charges_of_last4, payments.charges_of_card from public;
grant execute on function payments.charges_of_last4, payments.charges_of_card to tollgate_app;
