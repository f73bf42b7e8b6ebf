-- Balance transactions that are seldom are found by their purpose. What every payment posts (1), what the
-- merchant is not shown (12, 20, 31, 80) and what releases it (40) never enter.
create index entries_rare on books.entries (account_id, livemode, purpose, position, id)
  where purpose not in (1, 12, 20, 31, 40, 80);

-- The first position with an entry posted at a moment or later, where none was posted earlier than one
-- that came before it. Nearly so it is, which is for whoever asks to allow for. Halves what is left with each look.
create function books.first_position_at(of_account uuid, of_mode boolean, moment timestamptz)
  returns bigint
  language plpgsql stable set search_path = pg_catalog
  as $$
declare
  low bigint;
  high bigint;
  middle bigint;
  seen record;
  found_at bigint;
begin
  select position into low from books.entries
   where account_id = of_account and livemode = of_mode order by position limit 1;
  select position into high from books.entries
   where account_id = of_account and livemode = of_mode order by position desc limit 1;
  while low <= high loop
    middle := low + (high - low) / 2;
    select position, posted_at into seen from books.entries
     where account_id = of_account and livemode = of_mode and position >= middle
     order by position limit 1;
    if seen.posted_at >= moment then
      found_at := seen.position;
      high := middle - 1;
    else
      low := seen.position + 1;
    end if;
  end loop;
  return found_at;
end
$$;
