-- As for charges, and for every month's entries.
create function books.entry_holds(
  id uuid, subject uuid, purpose smallint, part smallint, currency text, has_day boolean, accounts smallint[],
  amounts bigint[]) returns boolean
  language plpgsql immutable parallel safe
  as $$
declare
  broken text := case
    when not books.is_balanced(accounts, amounts) then 'balanced'
    when currency !~ '^[a-z]{3}$' then 'entries_currency_check'
    when part not between 0 and 255 then 'entries_part_check'
    when purpose not between 1 and 255 then 'entries_purpose_check'
    when left(id::text, 32) <> left(subject::text, 32)
      or right(id::text, 4) <> lpad(to_hex(purpose * 256 + part), 4, '0') then 'named_by_its_business_key'
    when not has_day and purpose <> 40 and array_position(accounts, 2::smallint) is not null
      then 'pending_has_its_day'
  end;
begin
  return broken is null or platform.refuse_row('entries', broken);
end
$$;

alter table books.entries
  drop constraint balanced,
  drop constraint entries_currency_check,
  drop constraint entries_part_check,
  drop constraint entries_purpose_check,
  drop constraint named_by_its_business_key,
  drop constraint pending_has_its_day,
  add constraint entries_hold check (books.entry_holds(
    id, subject, purpose, part, currency, available_at is not null, accounts, amounts));
