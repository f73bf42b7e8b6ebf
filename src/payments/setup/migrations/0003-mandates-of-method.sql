-- What was agreed for a method ends with it.
create index mandates_of_method on payments.mandates (account_id, livemode, (details->>'methodId'));
