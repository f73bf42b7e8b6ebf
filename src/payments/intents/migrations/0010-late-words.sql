-- Payments whose bank said yes to a capture, or to letting go, after it had said no, and of which an earlier version heard
-- nothing. Each is looked at once more: what is held of them no more is ended, what was taken is booked where there is
-- room for it. What has none is left to a person.
update payments.intents i
   set due_at = now()
  from payments.charges c
 where c.account_id = i.account_id and c.livemode = i.livemode and c.id = i.latest_charge_id
   and c.details->>'isCaptureOver' = 'true' and c.details->>'isUnwanted' = 'false' and c.capturing = 0
   and (i.status = 5
        or (i.status = 4 and i.details->>'doing' = 'void' and i.due_at is null
            and not exists (select from rails.operations o
                             where o.account_id = i.account_id and o.livemode = i.livemode
                               and o.intent_id = i.id and o.due_at is not null)));

insert into platform.jobs (id, name, payload, run_at)
select gen_random_uuid(), 'payments.hear_again',
       json_build_object('accountId', o.account_id, 'livemode', o.livemode, 'operation', o.id), now()
  from rails.operations o
  join payments.intents i on i.account_id = o.account_id and i.livemode = o.livemode and i.id = o.intent_id
 where o.kind = 3 and o.state = 3 and i.status <> 6
   and not exists (select from books.expectations x
                    where x.account_id = o.account_id and x.livemode = o.livemode
                      and x.connector_account_id = o.connector_account_id
                      and x.reference = o.reference and x.kind = 1);
