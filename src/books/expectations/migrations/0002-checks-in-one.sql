-- As for charges.
create function books.expectation_holds(kind smallint, state smallint, part smallint, currency text) returns boolean
  language plpgsql immutable parallel safe
  as $$
declare
  broken text := case
    when currency !~ '^[a-z]{3}$' then 'expectations_currency_check'
    when kind not between 1 and 7 then 'expectations_kind_check'
    when part not between 0 and 255 then 'expectations_part_check'
    when state not between 1 and 4 then 'expectations_state_check'
  end;
begin
  return broken is null or platform.refuse_row('expectations', broken);
end
$$;

alter table books.expectations
  drop constraint expectations_currency_check,
  drop constraint expectations_kind_check,
  drop constraint expectations_part_check,
  drop constraint expectations_state_check,
  add constraint expectations_hold check (books.expectation_holds(kind, state, part, currency));
