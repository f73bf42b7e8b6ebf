-- The caps on money, and the rest, in one check: see platform/db. It reads the table once, under a lock that nobody
-- passes: some seconds for a million charges.
create function payments.charge_holds(
  status smallint, has_operation boolean, amount bigint, captured bigint, capturing bigint, refunded bigint,
  refunding bigint, charged_back bigint, charged_back_beyond bigint) returns boolean
  language plpgsql immutable parallel safe
  as $$
declare
  broken text := case
    when captured + capturing > amount then 'charges_captured_at_most_authorized'
    when (status = 2) <> has_operation then 'charges_have_their_operation'
    when status <> 2 and captured + capturing <> 0 then 'charges_moved_only_if_succeeded'
    when charged_back_beyond <> 0 and refunded + refunding + charged_back <> captured
      then 'charges_nothing_left_beside_what_was_taken'
    when least(captured, capturing, refunded, refunding, charged_back, charged_back_beyond) < 0
      then 'charges_nothing_negative'
    when refunded + refunding + charged_back > captured then 'charges_refunded_at_most_captured'
    when status not between 1 and 3 then 'charges_status_check'
  end;
begin
  return broken is null or platform.refuse_row('charges', broken);
end
$$;

alter table payments.charges
  drop constraint charges_captured_at_most_authorized,
  drop constraint charges_have_their_operation,
  drop constraint charges_moved_only_if_succeeded,
  drop constraint charges_nothing_left_beside_what_was_taken,
  drop constraint charges_nothing_negative,
  drop constraint charges_refunded_at_most_captured,
  drop constraint charges_status_check,
  add constraint charges_hold check (payments.charge_holds(
    status, operation_id is not null, amount, captured, capturing, refunded, refunding, charged_back,
    charged_back_beyond));
