-- What was written last is summarized by the next autovacuum, and not only when a fifth of the table is new:
-- forgetting reads every range that has no summary.
alter index platform.answers_created_at set (autosummarize = on);
