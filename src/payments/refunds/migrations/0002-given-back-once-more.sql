-- Sales that were cancelled while nobody knew of them, and that nobody was at any more: their merchant refunded them, a
-- dispute took them, or something else of them changed in the same moment. Looked at once more; who is at one already
-- is left alone. Not what is held: its bank lets it go by itself.
insert into platform.jobs (id, name, payload, run_at)
select gen_random_uuid(), 'payments.release',
       json_build_object('accountId', c.account_id, 'livemode', c.livemode, 'charge', c.id), now()
  from payments.intents i
  join payments.charges c on c.account_id = i.account_id and c.livemode = i.livemode and c.id = i.latest_charge_id
 where i.status = 4 and i.details->>'doing' = 'void'
   and c.details->>'isUnwanted' = 'true' and c.details->>'kind' = 'sale';
