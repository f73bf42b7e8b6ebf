-- A worker whose clock was far ahead started periods that are yet to come, and is gone: what nobody has started for
-- twice as long as it lasts, by this clock, goes on by the clocks of the others.
alter table platform.periods add column claimed_at timestamptz not null default clock_timestamp();
