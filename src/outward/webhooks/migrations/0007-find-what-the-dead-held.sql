-- What a worker held that has died is found without reading all that waits, which are millions where an endpoint has been
-- away for days.
create index due_deliveries_held on outward.due_deliveries (holder) where leased_until is not null;
