-- Processes that send to providers, and each has a send journal. When another server takes over from the database that they
-- work with, it may not have heard of what was sent last: each compares its journal with what that server knows, and
-- says so here. Until all have of which it is known that they were there, nobody sends.
create table rails.senders (
  -- Of the process.
  id uuid primary key,
  -- Where its journal is, for a person who has to look for it.
  place text not null,
  heard_at timestamptz not null default clock_timestamp(),
  -- The timeline of the server that its journal was compared with last.
  compared_with integer not null
);
grant select, insert, update, delete on rails.senders to tollgate_app;
