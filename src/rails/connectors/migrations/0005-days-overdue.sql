-- Since when a day is over that is not ended: whoever watches sees it without asking a provider.

alter table rails.day_ends add column over_at timestamptz;
comment on column rails.day_ends.over_at is
  'When the next day is over, by the clock of the house; null where none is to be ended.';
update rails.day_ends set over_at = due_at where next_day is not null and failures = 0;

create index ended_days_at on rails.ended_days (ended_at);

create function rails.count_day_ends(ended_after timestamptz, over_before timestamptz)
  returns table (livemode boolean, ended bigint, differing bigint, overdue bigint)
  language sql stable security definer set search_path = pg_catalog
  as $$
    select mode.livemode,
           (select count(*) from rails.ended_days e
             where e.livemode = mode.livemode and e.ended_at > ended_after),
           (select count(*) from rails.ended_days e
             where e.livemode = mode.livemode and e.needs_review),
           (select count(*) from rails.day_ends d
             where d.livemode = mode.livemode and d.over_at < over_before)
      from (values (false), (true)) mode (livemode)
  $$;
revoke execute on function rails.count_day_ends from public;
grant execute on function rails.count_day_ends to tollgate_app;
