-- How far ahead of the real time this installation lives. One row, read by every process several times a
-- second. What the code promises is kept here: time never goes back, and where live mode has run nobody
-- moves it again.

create table platform.clock (
  one boolean primary key default true check (one),
  offset_ms bigint not null default 0 check (offset_ms between 0 and 315576000000),
  -- Live mode has run here: money is real, and so is the time.
  is_real boolean not null default false,
  moved_at timestamptz,
  moved_by text,
  check (not is_real or offset_ms = 0)
);
insert into platform.clock default values;
grant select, update (offset_ms, is_real, moved_at, moved_by) on platform.clock to tollgate_app;

create function platform.keep_clock() returns trigger
  language plpgsql
  as $$
begin
  if tg_op = 'DELETE' then
    raise exception 'The clock stays' using errcode = 'restrict_violation';
  end if;
  if new.offset_ms < old.offset_ms then
    raise exception 'Time does not go back' using errcode = 'restrict_violation';
  end if;
  if old.is_real and not new.is_real then
    raise exception 'Where live mode has run the time stays real' using errcode = 'restrict_violation';
  end if;
  return new;
end
$$;

create trigger keep_clock before update or delete on platform.clock
  for each row execute function platform.keep_clock();
