-- Whose money has become available, and how often that was told: written by the release itself, so that
-- none is forgotten.

create table books.releases (
  account_id uuid not null,
  livemode boolean not null,
  released bigint not null check (released > 0),
  told bigint not null default 0,
  -- How many events that made.
  events integer not null default 0,
  check (told <= released),
  primary key (account_id, livemode)
) with (fillfactor = 70);
create index releases_untold on books.releases (account_id) where told < released;

call platform.isolate('books.releases');
call platform.open_to_owner('books.releases');
grant select, update on books.releases to tollgate_app;

create or replace function books.release_due(due timestamptz, mode boolean, at_most integer) returns bigint
  language sql security definer set search_path = pg_catalog
  as $$
    with ripe as (
      delete from books.maturing
       where (account_id, livemode, subject) in (
         select account_id, livemode, subject from books.maturing
          where livemode = mode and due_at <= due
          order by due_at, account_id, subject limit at_most for update skip locked)
      returning *
    ), released as (
      insert into books.entries (posted_at, purpose, part, account_id, livemode, id, subject, currency,
                                 accounts, amounts)
      select due, 40, part, account_id, livemode,
             (left(subject::text, 32) || lpad(to_hex(40 * 256 + part), 4, '0'))::uuid, subject, currency,
             '{2,3}', array[-amount, amount]
        from ripe
      returning account_id, livemode
    ), noted as (
      insert into books.releases as r (account_id, livemode, released)
      select account_id, livemode, count(*) from released group by account_id, livemode
      on conflict (account_id, livemode) do update set released = r.released + excluded.released
    )
    select count(*) from released
  $$;

create function books.untold_releases(at_most integer)
  returns table (account_id uuid, livemode boolean)
  language sql stable security definer set search_path = pg_catalog
  as $$
    select r.account_id, r.livemode from books.releases r where r.told < r.released limit at_most
  $$;
revoke execute on function books.untold_releases from public;
grant execute on function books.untold_releases to tollgate_app;
