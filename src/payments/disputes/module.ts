import { CHARGE } from '#payments/charges';
import { lastEventCarriesItsNumber } from '#platform/events';
import { answerJob } from './answer-provider.ts';
import { disputeEventKinds } from './events.ts';
import { fraudWarningRoutes } from './fraud-warning-routes.ts';
import { onDispute } from './hear.ts';
import { DISPUTE } from './render-dispute.ts';
import { disputeResources } from './resources.ts';
import { disputeRoutes } from './routes.ts';
import { traceDisputes } from './trace.ts';

// What holds of disputes across the tables they touch.
const checks = [
  {
    name: 'a charge has lost to disputes, and has waiting, what its disputes say',
    of: CHARGE,
    text: `with lost as (
             select account_id, livemode, charge_id, sum(counted) as counted
               from payments.disputes group by account_id, livemode, charge_id)
           select c.account_id, c.id, c.charged_back, c.charged_back_beyond
             from payments.charges c
             left join lost l on l.account_id = c.account_id and l.livemode = c.livemode
                             and l.charge_id = c.id
            where c.charged_back + coalesce(c.charged_back_beyond, 0) <> coalesce(l.counted, 0)`,
  },
  {
    name: 'what disputes hold is what stands in the books as disputed',
    of: DISPUTE,
    text: `with held as (
             select account_id, livemode, id, currency, withdrawn from payments.disputes
           ), booked as (
             select e.account_id, e.livemode, e.subject, e.currency, sum(p.amount) as amount
               from books.entries e
               cross join lateral unnest(e.accounts, e.amounts) as p(account, amount)
              where p.account = 7 and e.purpose in (10, 11, 12)
              group by e.account_id, e.livemode, e.subject, e.currency)
           select coalesce(h.account_id, b.account_id) as account_id, coalesce(h.id, b.subject) as id,
                  h.currency, h.withdrawn, b.currency as currency_booked, -b.amount as booked
             from held h
             full join booked b on b.account_id = h.account_id and b.livemode = h.livemode
                               and b.subject = h.id and b.currency = h.currency
            where coalesce(h.withdrawn, 0) <> -coalesce(b.amount, 0)`,
  },
  {
    name: 'while a dispute is undecided, all that is disputed is withdrawn or none of it',
    of: DISPUTE,
    text: `select account_id, id, amount, withdrawn from payments.disputes
            where withdrawn not in (0, amount)`,
  },
  {
    name: 'a dispute is of a charge of its payment',
    of: DISPUTE,
    text: `select d.account_id, d.id, d.charge_id from payments.disputes d
            where not exists (select from payments.charges c
                               where c.account_id = d.account_id and c.livemode = d.livemode
                                 and c.id = d.charge_id and c.intent_id = d.intent_id)`,
  },
  {
    name: 'no dispute waits for a person',
    of: DISPUTE,
    text: `select account_id, id from payments.disputes where needs_review`,
  },
  lastEventCarriesItsNumber({ what: 'a dispute', table: 'payments.disputes', of: DISPUTE }),
  {
    name: 'what became of a dispute was told: once that there is one, and each time that money was taken or came back',
    of: DISPUTE,
    text: `select d.account_id, d.id, d.status
             from payments.disputes d
             left join platform.events e on e.account_id = d.account_id and e.livemode = d.livemode
                                        and e.object_id = d.id
             left join books.entries b on b.account_id = d.account_id and b.livemode = d.livemode
                                      and b.subject = d.id and b.purpose in (10, 11)
            group by d.account_id, d.livemode, d.id, d.status
           having count(distinct e.id) filter (where 261 = any (e.kinds)) <> 1
               or count(distinct e.id) filter (where 264 = any (e.kinds))
                    <> count(distinct b.id) filter (where b.purpose = 10)
               or count(distinct e.id) filter (where 265 = any (e.kinds))
                    <> count(distinct b.id) filter (where b.purpose = 11)`,
  },
];

export const module = {
  name: 'payments/disputes',
  migrations: new URL('./migrations/', import.meta.url),
  routes: () => [...disputeRoutes, ...fraudWarningRoutes],
  resources: disputeResources,
  eventKinds: disputeEventKinds,
  jobs: [answerJob],
  onDispute,
  trace: traceDisputes,
  checks,
};
