-- A change that a listener cannot take is tried again later, and the others go on: it stood first, and kept everything
-- of every merchant from being told.

alter table platform.outbox
  add column failures smallint,
  add column not_before timestamptz;
