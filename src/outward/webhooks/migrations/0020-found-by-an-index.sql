-- What was set aside is found by its index, and not by reading the outbox whole for each delivery because it was one page
-- when that was planned. Leases are few, have no other way to be read than whole, and PostgreSQL before 18 takes what was
-- forbidden for so dear that it compiles the query first, each time, which takes a thousand times as long as to run it.

alter function outward.lease_deliveries set enable_seqscan = off;
alter function outward.lease_deliveries set jit = off;
alter function outward.are_deliveries_due set jit = off;
alter function outward.waiting_deliveries set jit = off;
