-- What a provider says by a webhook of something that nobody here knows waits for a person. It was given up after three
-- days, with a line in the log alone: money may have moved.

alter table rails.inbound_webhooks
  -- Nobody has known for days what it is about. It is heard on.
  add column for_person boolean not null default false,
  -- What it is about, and what it says of that; null as long as nobody was asked.
  add column subject text,
  add column told jsonb,
  -- What a person found out.
  add column explanation text,
  add column explained_at timestamptz,
  add constraint inbound_webhooks_explained
    check ((explanation is null) = (explained_at is null) and (explanation is null or state = 3));

create index inbound_webhooks_for_person on rails.inbound_webhooks (account_id, livemode, id)
  where for_person and state = 1;

-- Those that were given up until now.
update rails.inbound_webhooks set state = 1, due_at = received_at, for_person = true where state = 3;
