-- Whoever hears of a change mostly wants to know of what object it is and what happened, and looked it up in the
-- log for that: every listener again, through the tables of all months.

alter table platform.outbox
  add column object_id uuid,
  add column sequence integer,
  add column kinds smallint[],
  -- Whether any address of a payer stands in it, and not which.
  add column has_address boolean;

update platform.outbox o
   set object_id = e.object_id, sequence = e.sequence, kinds = e.kinds,
       has_address = strpos(e.snapshot::text, '@') > 0
  from platform.events e
 where e.account_id = o.account_id and e.livemode = o.livemode and e.id = o.event_id;

alter table platform.outbox
  alter column object_id set not null,
  alter column sequence set not null,
  alter column kinds set not null,
  alter column has_address set not null;
