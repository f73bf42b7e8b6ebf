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
];

export const module = {
  name: 'payments/charges',
  migrations: new URL('./migrations/', import.meta.url),
  resources: chargeResources,
  eventKinds: chargeEventKinds,
  trace: traceCharges,
  checks,
};
