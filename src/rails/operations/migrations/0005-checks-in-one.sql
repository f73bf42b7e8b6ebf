-- As for charges.
create function rails.operation_holds(
  kind smallint, state smallint, is_due boolean, ordinal integer, attempt integer, sends integer, amount bigint)
  returns boolean
  language plpgsql immutable parallel safe
  as $$
declare
  broken text := case
    when is_due = (state in (3, 4, 7, 9)) then 'operations_check'
    when kind not between 1 and 10 or state not between 1 and 10 then 'operations_codes'
    when least(ordinal, attempt) <= 0 or sends < 0 or amount < 0 then 'operations_counted'
  end;
begin
  return broken is null or platform.refuse_row('operations', broken);
end
$$;

alter table rails.operations
  drop constraint operations_check,
  drop constraint operations_codes,
  drop constraint operations_counted,
  add constraint operations_hold check (rails.operation_holds(
    kind, state, due_at is not null, ordinal, attempt, sends, amount));
