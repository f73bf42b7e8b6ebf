-- As for charges.
create function outward.delivery_holds(state smallint, is_due boolean) returns boolean
  language plpgsql immutable parallel safe
  as $$
declare
  broken text := case
    when is_due <> (state = 1) then 'deliveries_check'
    when state not between 1 and 3 then 'deliveries_state_check'
  end;
begin
  return broken is null or platform.refuse_row('deliveries', broken);
end
$$;

alter table outward.deliveries
  drop constraint deliveries_check,
  drop constraint deliveries_state_check,
  add constraint deliveries_hold check (outward.delivery_holds(state, due_at is not null));
