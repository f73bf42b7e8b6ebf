import { chargeEventKinds } from './events.ts';
import { chargeResources } from './resources.ts';
import { traceCharges } from './trace.ts';

// Copied from the intent and its operations, which are refused otherwise.
const checks = [
  {
    name: 'a charge has a currency and the number of an attempt',
    text: `select account_id, id from payments.charges where currency !~ '^[a-z]{3}$' or attempt < 1`,
  },
  {
    name: 'what was captured and given back is what its provider is expected to settle',
    text: `with booked as (
             select e.account_id, e.livemode, e.currency, sum(p.amount) as amount,
                    case when e.purpose in (1, 2) then 1 when e.purpose in (3, 4) then 2 else 3 end as kind
               from books.entries e
               cross join lateral unnest(e.accounts, e.amounts) as p(account, amount)
              where e.purpose between 1 and 6 and p.account = 1
              group by e.account_id, e.livemode, e.currency, kind
           ), expected as (
             select account_id, livemode, currency, kind, sum(gross) as amount from books.expectations
              where kind between 1 and 3 group by account_id, livemode, currency, kind)
           select account_id, livemode, currency, kind, b.amount as booked, x.amount as expected
             from booked b full join expected x using (account_id, livemode, currency, kind)
            where coalesce(b.amount, 0) <> coalesce(x.amount, 0)`,
  },
  {
    // Over a purchase or a capture its own charge is booked, over a refund the refund.
    name: 'what is expected is expected for the day for which it was booked, under the name of what was sent',
    text: `with named as (
             select x.*, o.id as operation_id, o.intent_id, o.kind as operation_kind, o.ordinal,
                    coalesce(o.original_id, r.original_id) as original_id
               from books.expectations x
               left join rails.operations o on o.account_id = x.account_id and o.livemode = x.livemode
                                           and o.reference = x.reference
                                           and o.connector_account_id = x.connector_account_id
                                           and o.kind in (2, 3, 5)
               left join rails.requests r on r.account_id = o.account_id and r.livemode = o.livemode
                                         and r.operation_id = o.id
              where x.kind between 1 and 3
           ), subjects as (
             select n.*, coalesce(c.id, f.id) as subject
               from named n
               left join payments.charges c
                 on c.account_id = n.account_id and c.livemode = n.livemode and c.intent_id = n.intent_id
                and n.kind = 1
                and c.operation_id = case n.operation_kind when 2 then n.operation_id else n.original_id end
               left join payments.refunds f
                 on f.account_id = n.account_id and f.livemode = n.livemode and f.intent_id = n.intent_id
                and n.kind in (2, 3)
                and case n.operation_kind when 5 then f.ordinal = n.ordinal
                    else f.details->>'takenBack' = n.operation_id::text
                     and coalesce((f.details->>'takenBackPart')::integer, 0) = n.part end)
           select s.account_id, s.reference, s.kind, s.part, s.value_date, s.expected_at, e.posted_at, e.available_at
             from subjects s
             left join books.entries e
               on e.account_id = s.account_id and e.livemode = s.livemode and e.subject = s.subject
              and e.purpose = any (case s.kind when 1 then '{1,2}'::smallint[] when 2 then '{3,4}' else '{5,6}' end)
              and e.part = s.part
            where e.id is null or abs(extract(epoch from s.expected_at - e.posted_at)) > 60
               or (s.kind = 1 and (e.available_at at time zone 'UTC')::date <> s.value_date)
               or s.value_date - (s.expected_at at time zone 'UTC')::date not between 1 and 20`,
  },
];

export const module = {
  name: 'payments/charges',
  migrations: new URL('./migrations/', import.meta.url),
  resources: chargeResources,
  eventKinds: chargeEventKinds,
  trace: traceCharges,
  checks,
};
