-- What a provider tells of a dispute that nobody here knows waits for a person. It was given up after three days, with a
-- line in the log alone: money may have moved.

alter table rails.dispute_notices
  -- Nobody has known for days what it is about. It is heard on.
  add column for_person boolean not null default false,
  -- What a person found out.
  add column explanation text,
  add column explained_at timestamptz,
  add constraint dispute_notices_explained
    check ((explanation is null) = (explained_at is null) and (explanation is null or state = 3));

create index dispute_notices_for_person on rails.dispute_notices (account_id, livemode, id)
  where for_person and state = 1;

-- Those that were given up until now; of a warning no money has moved.
update rails.dispute_notices set state = 1, due_at = received_at, for_person = true
 where state = 3 and subject not like 'warning %';
