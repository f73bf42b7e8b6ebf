-- Warnings of one payment are listed by it, as its disputes are.
create index fraud_warnings_of_intent on payments.fraud_warnings (account_id, livemode, intent_id, id);
