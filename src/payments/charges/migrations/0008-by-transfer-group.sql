-- Found by their transfer group, which few charges have: they alone enter the index, and one that stays as it
-- is does not keep a row from being changed in its place.
alter table payments.charges add column transfer_group text;
update payments.charges set transfer_group = details->>'transferGroup'
 where details->>'transferGroup' is not null;
create index charges_transfer_group on payments.charges (account_id, livemode, transfer_group, id)
  where transfer_group is not null;
