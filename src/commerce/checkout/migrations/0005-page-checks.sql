-- Whether payers get the page of this release, as the last look at it from outside has found.

create table commerce.page_checks (
  only_one boolean primary key check (only_one),
  checked_at timestamptz not null,
  -- Names of what differed; none where all is as it should be.
  differences text[] not null
);
grant select, insert, update on commerce.page_checks to tollgate_app;
