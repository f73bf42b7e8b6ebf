import { CHARGE } from '#payments/charges';
import { lastEventCarriesItsNumber } from '#platform/events';
import { TRIES_ALONE } from './back-again.ts';
import { refundEventKinds } from './events.ts';
import { onOperation } from './hear.ts';
import { releaseJob } from './release.ts';
import { REFUND } from './render-refund.ts';
import { refundResources } from './resources.ts';
import { refundRoutes } from './routes.ts';
import { traceRefunds } from './trace.ts';

// What holds of refunds across the tables they touch.
const checks = [
  {
    name: 'a charge has given back, and reserved, what its refunds say',
    of: CHARGE,
    // Refunds are summed before they meet the charges: sorted with these, their details would go to the disk with them.
    text: `with given as (
             select account_id, livemode, charge_id, sum(amount) filter (where status = 3) as back,
                    sum(amount) filter (where status in (1, 2)) as reserved
               from payments.refunds
              where details->>'byVoid' is null
              group by account_id, livemode, charge_id)
           select c.account_id, c.id, c.refunded, c.refunding
             from payments.charges c
             left join given g on g.account_id = c.account_id and g.livemode = c.livemode
                              and g.charge_id = c.id
            where c.refunded + coalesce((c.details->>'refundedBeyond')::bigint, 0) <> coalesce(g.back, 0)
               or c.refunding <> coalesce(g.reserved, 0)`,
  },
  {
    name: 'every refund has its operation, and they say the same',
    of: REFUND,
    text: `select r.account_id, r.id, r.status, o.state
             from payments.refunds r
             left join rails.operations o on o.account_id = r.account_id and o.livemode = r.livemode
                                         and o.intent_id = r.intent_id
                                         and case when r.details->>'takenBack' is not null
                                             then o.kind in (2, 3) and o.id = (r.details->>'takenBack')::uuid
                                             when r.details->>'byVoid' is null
                                             then o.kind = 5 and o.ordinal = r.ordinal
                                             else o.kind = 4 and o.ordinal = r.ordinal / 10000
                                              and o.attempt = (r.details->>'byVoid')::integer end
            where o.id is null or o.currency <> r.currency
               or (o.amount <> r.amount and not (o.kind in (2, 3) and o.amount > r.amount))
               or (not (r.status = 4 and o.kind = 5 and o.state = 3)
                   and ((r.status = 3) <> (case when o.kind in (2, 3) then o.state = 9
                                                else o.state = 3 or (o.kind = 4 and o.state = 9) end)
                        or (r.status = 4) <> (o.state in (4, 7) or (o.kind = 5 and o.state = 9))))`,
  },
  {
    name: 'what was paid back is booked: a refund that was paid after it had failed, and has no room left, is to be asked about at its provider, and decided approved or reversed',
    of: REFUND,
    text: `select r.account_id, r.id, r.charge_id, r.amount
             from payments.refunds r
             join rails.operations o on o.account_id = r.account_id and o.livemode = r.livemode
                                    and o.intent_id = r.intent_id and o.kind = 5 and o.ordinal = r.ordinal
            where r.status = 4 and o.state = 3 and r.details->>'byVoid' is null and r.details->>'takenBack' is null`,
  },
  {
    name: 'a refund is of a charge of its payment, in its currency',
    of: REFUND,
    text: `select r.account_id, r.id, r.charge_id, r.currency
             from payments.refunds r
            where not exists (select from payments.charges c
                               where c.account_id = r.account_id and c.livemode = r.livemode
                                 and c.id = r.charge_id and c.intent_id = r.intent_id
                                 and c.currency = r.currency)`,
  },
  {
    // One that failed after it had succeeded stands there twice, and comes to nothing.
    name: 'what refunds have given back stands in the books, and nothing else does',
    of: REFUND,
    text: `with booked as (
             select e.account_id, e.livemode, e.subject as id, e.currency, -sum(p.amount) as amount
               from books.entries e
               cross join lateral unnest(e.accounts, e.amounts) as p(account, amount)
              where e.purpose in (3, 4, 5, 6) and p.account = 1
              group by e.account_id, e.livemode, e.subject, e.currency
           ), given as (
             select account_id, livemode, id, currency, amount from payments.refunds
            where status = 3 and details->>'byVoid' is null)
           select account_id, id, currency, r.amount, b.amount as booked
             from given r full join booked b using (account_id, livemode, id, currency)
            where coalesce(r.amount, 0) <> coalesce(b.amount, 0)`,
  },
  {
    name: 'nothing that its bank has taken back is left to a charge',
    of: CHARGE,
    text: `select account_id, id, details->>'takenBackBeyond' as beyond
             from payments.charges
            where details->>'takenBackBeyond' is not null
              and captured - refunded - refunding - charged_back > 0`,
  },
  {
    name: 'what nobody wants has gone back, or its bank has not refused that for three days',
    of: CHARGE,
    // One that was never sent (7) nobody refused.
    text: `with refused as (
             select r.account_id, r.livemode, r.charge_id
               from payments.refunds r
               join rails.operations o on o.account_id = r.account_id and o.livemode = r.livemode
                                      and o.intent_id = r.intent_id and o.kind = 5 and o.ordinal = r.ordinal
              where r.status = 4 and r.details->>'isAutomatic' = 'true' and o.state <> 7
              group by r.account_id, r.livemode, r.charge_id having count(*) >= ${TRIES_ALONE})
           select c.account_id, c.id, c.captured - c.refunded - c.refunding - c.charged_back as open
             from refused r
             join payments.charges c on c.account_id = r.account_id and c.livemode = r.livemode
                                    and c.id = r.charge_id
            where c.details->>'isUnwanted' = 'true'
              and c.captured - c.refunded - c.refunding - c.charged_back > 0`,
  },
  lastEventCarriesItsNumber({ what: 'a refund', table: 'payments.refunds', of: REFUND }),
  {
    // One that had failed may be paid after all, and then fail once more.
    name: 'what became of a refund was told: once that there is one, and each time that it failed',
    of: REFUND,
    text: `select r.account_id, r.id, r.status
             from payments.refunds r
             left join platform.events e on e.account_id = r.account_id and e.livemode = r.livemode
                                        and e.object_id = r.id
            where r.events > 0
            group by r.account_id, r.livemode, r.id, r.status
           having count(*) filter (where 241 = any (e.kinds)) <> 1
               or bool_or((243 = any (e.kinds)) <> (e.snapshot->'refund'->>'status' = 'failed'
                          and e.snapshot->'refund_before'->>'status' is distinct from 'failed'))
               or count(*) filter (where 243 = any (e.kinds)) <> (r.status = 4)::integer
                    + count(*) filter (where e.snapshot->'refund_before'->>'status' = 'failed'
                                         and e.snapshot->'refund'->>'status' <> 'failed')`,
  },
];

export const module = {
  name: 'payments/refunds',
  migrations: new URL('./migrations/', import.meta.url),
  routes: () => refundRoutes,
  resources: refundResources,
  eventKinds: refundEventKinds,
  jobs: [releaseJob],
  onOperation,
  trace: traceRefunds,
  checks,
};
