-- How the pages of an account look, in whose name they speak, and who may show them in a frame.

create table commerce.checkout_settings (
  account_id uuid not null,
  livemode boolean not null,
  -- Every write is made from the version that was read.
  version integer not null check (version > 0),
  settings json not null,
  primary key (account_id, livemode)
);

call platform.isolate('commerce.checkout_settings');
call platform.open_to_owner('commerce.checkout_settings');
grant select, insert, update on commerce.checkout_settings to tollgate_app;
