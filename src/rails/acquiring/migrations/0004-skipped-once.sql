-- When the numbers that a restored database has forgotten were left out. Each start left out as many again while the journal
-- lay there, and the tenth gave out the forgotten ones.
alter table rails.trace_counters add column skipped_at timestamptz;
