-- As for charges, and for every month's changes.
create function platform.change_holds(sequence integer, kinds smallint[]) returns boolean
  language plpgsql immutable parallel safe
  as $$
declare
  broken text := case
    when cardinality(kinds) not between 1 and 16 then 'events_kinds_check'
    when sequence <= 0 then 'events_sequence_check'
  end;
begin
  return broken is null or platform.refuse_row('events', broken);
end
$$;

alter table platform.events
  drop constraint events_kinds_check,
  drop constraint events_sequence_check,
  add constraint events_hold check (platform.change_holds(sequence, kinds));
