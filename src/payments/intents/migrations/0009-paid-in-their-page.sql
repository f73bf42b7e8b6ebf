-- As for charges.
alter table payments.intents set (fillfactor = 50);
