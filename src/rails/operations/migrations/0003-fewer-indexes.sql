-- Every change of an operation writes all of its indexes anew: its state and when it is due stand in two of
-- them. What few or none ask of the others is taken out of them.
--
-- A reference that the provider does not dictate is the operation's own id, and is found by it. All spelled
-- so begin alike; only the others are indexed.
--
-- Evidence is written together with its operation, or with a change of it: looking for the operation once
-- more, and locking it, told nothing new. `tollgate verify` looks for evidence of nothing. Only what has a
-- name of its own can come twice.
--
-- Checks are read anew for every statement: what the code counts up from one is checked in one. An
-- operation's currency is its payment's; `tollgate verify` looks at it.
--
-- The new indexes and checks read both tables once, under a lock that nobody passes: a few seconds for
-- millions of operations.

drop index rails.operations_by_reference;
create index operations_by_dictated_reference on rails.operations
  (account_id, livemode, connector_account_id, reference) where reference not like 'op\_%';

alter table rails.operations
  drop constraint operations_kind_check,
  drop constraint operations_state_check,
  drop constraint operations_ordinal_check,
  drop constraint operations_attempt_check,
  drop constraint operations_version_check,
  drop constraint operations_sends_check,
  drop constraint operations_amount_check,
  drop constraint operations_currency_check,
  add constraint operations_codes check (kind between 1 and 10 and state between 1 and 10),
  add constraint operations_counted check (least(ordinal, attempt) > 0 and sends >= 0 and amount >= 0);

alter table rails.evidence
  drop constraint evidence_account_id_livemode_operation_id_fkey,
  drop constraint evidence_account_id_livemode_operation_id_kind_source_key_key;
create unique index evidence_once on rails.evidence (account_id, livemode, operation_id, kind, source_key)
  where source_key is not null;
