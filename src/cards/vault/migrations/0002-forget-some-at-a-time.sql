-- Names of cards that are gone are looked for so many at a time, from where the last look ended, and from the first again
-- after the last. Each minute all names were held against all cards, which grew with every card that was kept.

create table vault.looks (
  what text primary key,
  after_account uuid not null,
  after_mode boolean not null,
  after_version integer not null,
  after_mac bytea not null
);
insert into vault.looks values ('fingerprints', '00000000-0000-0000-0000-000000000000', false, 0, '');

create or replace function vault.forget_fingerprints(oldest_version integer, seen_before timestamptz)
  returns bigint
  language plpgsql security definer set search_path = pg_catalog
  set plan_cache_mode = force_custom_plan set enable_seqscan = off
  as $$
declare
  at_most constant integer := 10000;
  look vault.looks;
  last record;
  ended bigint;
  forgotten bigint;
begin
  select * into look from vault.looks where what = 'fingerprints' for update skip locked;
  if not found then return 0; end if;

  -- Of a version that has ended.
  delete from vault.fingerprints f using (
    select o.account_id, o.livemode, o.version, o.mac from vault.fingerprints o
     where o.version < oldest_version limit at_most) old
   where (f.account_id, f.livemode, f.version, f.mac) = (old.account_id, old.livemode, old.version, old.mac);
  get diagnostics ended = row_count;

  with looked as materialized (
    select f.account_id, f.livemode, f.version, f.mac, f.name, f.seen_at,
           row_number() over (order by f.account_id, f.livemode, f.version, f.mac) as place
      from vault.fingerprints f
     where (f.account_id, f.livemode, f.version, f.mac)
           > (look.after_account, look.after_mode, look.after_version, look.after_mac)
     order by f.account_id, f.livemode, f.version, f.mac limit at_most),
  gone as (
    delete from vault.fingerprints f using looked s
     where (f.account_id, f.livemode, f.version, f.mac) = (s.account_id, s.livemode, s.version, s.mac)
       and f.seen_at < seen_before and s.seen_at < seen_before
       and not exists (
         select from vault.cards c
          where c.account_id = s.account_id and c.livemode = s.livemode and c.fingerprint = s.name)
    returning 1)
  select s.*, g.count into last
    from (select count(*) as count from gone) g
    left join looked s on s.place = at_most;
  forgotten := last.count;

  update vault.looks
     set after_account = coalesce(last.account_id, '00000000-0000-0000-0000-000000000000'),
         after_mode = coalesce(last.livemode, false),
         after_version = coalesce(last.version, 0),
         after_mac = coalesce(last.mac, '')
   where what = 'fingerprints';
  return ended + forgotten;
end
$$;
