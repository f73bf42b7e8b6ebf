-- Two workers that start at one moment both found a month without its table, and the one that waited for
-- the other failed at a table that was there by then: what is missing is looked at again under the lock.
-- It is taken as writers take theirs, the whole before its part: in the other order, each could wait for the other.

create or replace function books.prepare_partitions(first_month date, months integer) returns void
  language plpgsql security definer set search_path = pg_catalog
  as $$
declare
  month date;
  after date;
  partition text;
begin
  for n in 0 .. months - 1 loop
    month := (date_trunc('month', first_month) + make_interval(months => n))::date;
    after := (month + interval '1 month')::date;
    partition := format('entries_%s', to_char(month, 'YYYY_MM'));
    continue when to_regclass('books.' || partition) is not null;
    lock table only books.entries in access exclusive mode;
    lock table books.entries_default in access exclusive mode;
    continue when to_regclass('books.' || partition) is not null;
    -- A month that already has rows in the default partition stays there.
    continue when exists (
      select from books.entries_default
       where id >= platform.uuid_at(month) and id < platform.uuid_at(after));
    execute format('create table books.%I partition of books.entries for values from (%L) to (%L)',
      partition, platform.uuid_at(month), platform.uuid_at(after));
    execute format('call platform.isolate(%L)', 'books.' || partition);
    execute format('call platform.open_to_owner(%L)', 'books.' || partition);
  end loop;
end
$$;
