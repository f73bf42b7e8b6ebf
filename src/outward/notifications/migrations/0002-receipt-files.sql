-- The files of receipts, as they were last written: by a job once the money was taken or given back.

create table outward.receipt_files (
  account_id uuid not null,
  livemode boolean not null,
  charge_id uuid not null,
  locale text not null,
  -- Of all that the file says: one that says something else than the receipt does now is written anew.
  digest bytea not null,
  pdf bytea not null,
  primary key (account_id, livemode, charge_id, locale)
);
create index receipt_files_old on outward.receipt_files (charge_id);
call platform.isolate('outward.receipt_files');
call platform.open_to_owner('outward.receipt_files');
grant select, insert, update on outward.receipt_files to tollgate_app;

create function outward.forget_receipt_files(before uuid, at_most integer) returns integer
  language sql security definer set search_path = pg_catalog
  as $$
    with old as (
      select account_id, livemode, charge_id, locale from outward.receipt_files
       where charge_id < before limit at_most for update skip locked),
    gone as (
      delete from outward.receipt_files f using old
       where (f.account_id, f.livemode, f.charge_id, f.locale)
           = (old.account_id, old.livemode, old.charge_id, old.locale)
      returning 1)
    select count(*)::integer from gone
  $$;
revoke execute on function outward.forget_receipt_files from public;
grant execute on function outward.forget_receipt_files to tollgate_app;
