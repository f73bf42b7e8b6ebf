import { CHARGE, INTENT } from '#payments/charges';
import { lastEventCarriesItsNumber, type Trace } from '#platform/events';
import { bankMethodRoutes } from './bank-method-routes.ts';
import { chargeRoutes } from './charge-routes.ts';
import { intentEventKinds } from './events.ts';
import { onOperation } from './hear.ts';
import { hearAgainJob } from './hear-again.ts';
import { goOnJob, onAuthentication } from './hear-authentication.ts';
import { areIntentsDue } from './intents.store.ts';
import { invoicePaymentRoutes } from './invoice-payments.ts';
import { lookAfterDue } from './look-after.ts';
import { intentResources } from './resources.ts';
import { intentRoutes } from './routes.ts';
import { traceOfIntent } from './trace.ts';

/** Operations that stood in the books when their bank took them back, and were refunded with that. */
const joinTakenBack = `left join (
  select distinct account_id, livemode, intent_id, (details->>'takenBack')::uuid as operation_id
    from payments.refunds where details->>'takenBack' is not null
) t on t.account_id = o.account_id and t.livemode = o.livemode and t.intent_id = o.intent_id
   and t.operation_id = o.id and o.state = 9`;

// What holds of payments across the tables they touch, and between them and the books.

/** Of the charge that stands; what nobody wanted any more is given back by its own way. */
const standing = `c.status = 2 and c.details->>'isUnwanted' = 'false'`;

/** Its charge holds the money and is told when that was taken, because its provider knows no purchase in one step. */
const isToBeTaken = `i.details->>'doing' is not distinct from 'capture'
  and 'manual' not in (coalesce(i.details->>'captureMethod', ''),
                       coalesce(i.details->'cardOptions'->>'captureMethod', ''))`;

const ofIntent = `c.account_id = i.account_id and c.livemode = i.livemode and c.intent_id = i.id`;

const checks = [
  {
    name: 'an intent has received what its charges have captured, but for what nobody wanted',
    of: INTENT,
    text: `select i.account_id, i.id, i.received, coalesce(sum(c.captured), 0) as captured
             from payments.intents i
             left join payments.charges c on c.account_id = i.account_id and c.livemode = i.livemode
                                         and c.intent_id = i.id and c.details->>'isUnwanted' = 'false'
            group by i.account_id, i.livemode, i.id, i.received
           having i.received <> coalesce(sum(c.captured), 0)`,
  },
  {
    name: 'no intent has two charges that stand',
    text: `select account_id, intent_id from payments.charges
            where status = 2 and details->>'isUnwanted' = 'false'
            group by account_id, livemode, intent_id having count(*) > 1`,
  },
  {
    name: 'every charge that succeeded has an operation that was approved, of the same payment, provider, currency and amount with what raised it',
    of: CHARGE,
    // What was only held (1) may be taken back (9): no money moved. What a refund or a dispute had of what was taken back
    // is refunded with that only when it is free.
    text: `with raised as (
             select i.account_id, i.livemode, i.intent_id, coalesce(i.original_id, r.original_id) as original_id,
                    sum(i.amount) as amount
               from rails.operations i
               left join rails.requests r on r.account_id = i.account_id and r.livemode = i.livemode
                                         and r.operation_id = i.id
              where i.kind = 10 and i.state = 3 group by 1, 2, 3, 4)
           select c.account_id, c.id, o.state, r.amount as raised
             from payments.charges c
             left join rails.operations o on o.account_id = c.account_id and o.livemode = c.livemode
                                         and o.id = c.operation_id
             left join raised r on r.account_id = c.account_id and r.livemode = c.livemode
                               and r.intent_id = c.intent_id and r.original_id = c.operation_id
             ${joinTakenBack}
            where c.status = 2
              and (o.id is null or (o.state <> 3 and t.operation_id is null
                       and not (o.state = 9 and (o.kind = 1 or c.details->>'takenBackBeyond' is not null)))
                   or o.amount + coalesce(r.amount, 0) <> c.amount
                   or o.currency <> c.currency or o.intent_id <> c.intent_id
                   or o.connector_account_id <> c.connector_account_id)`,
  },
  {
    name: 'what is captured was approved by operations, and what they approved is captured: what came too late for that is to be got back from its provider, and decided reversed',
    of: CHARGE,
    // Of what nobody wants only what its payment was given up for: all others are purchases, or were never captured.
    text: `select c.account_id, c.id, c.captured
             from payments.charges c
             left join rails.operations o on o.account_id = c.account_id and o.livemode = c.livemode
                                         and o.intent_id = c.intent_id and o.kind = 3
                                         and o.state in (3, 9)
             left join payments.intents i on ${ofIntent} and i.latest_charge_id = c.id
             ${joinTakenBack}
            where c.details->>'kind' = 'authorize' and c.status = 2
              and (c.details->>'isUnwanted' = 'false' or i.id is not null)
            group by c.account_id, c.livemode, c.id, c.captured
           having c.captured not between
                  coalesce(sum(o.amount) filter (where o.state = 3 or t.operation_id is not null), 0)
                  and coalesce(sum(o.amount) filter (where o.state = 3 or t.operation_id is not null
                                                        or c.details->>'takenBackBeyond' is not null), 0)`,
  },
  {
    name: 'a payment that is under way has an operation that may be alive, or is looked after',
    of: INTENT,
    // What nobody wants is let go of again and again until it is gone.
    text: `select i.account_id, i.id, i.status
             from payments.intents i
             left join payments.charges c on ${ofIntent} and c.id = i.latest_charge_id and i.status = 4
            where i.status = 4 and i.due_at is null
              and (i.details->>'doing' in ('payment', 'increment', 'capture')
                   or (i.details->>'doing' = 'void'
                       and (c.details->>'isUnwanted' is distinct from 'true'
                            or (c.details->>'kind' = 'authorize' and c.captured = 0
                                and c.details->>'isCaptureOver' = 'true'))))
              and not exists (select from rails.operations o
                               where o.account_id = i.account_id and o.livemode = i.livemode
                                 and o.intent_id = i.id and o.state not in (3, 4, 7, 9))`,
  },
  {
    name: 'every payment of an order that can be paid or was is the one by which the order is registered',
    of: INTENT,
    text: `select i.account_id, i.id, i.order_reference
             from payments.intents i
            where i.order_reference is not null and i.status <> 7
              and not exists (select from payments.orders o
                               where o.account_id = i.account_id and o.livemode = i.livemode
                                 and o.order_reference = i.order_reference and o.owner_id = i.id)`,
  },
  {
    name: 'no order is registered by a payment that was canceled',
    text: `select o.account_id, o.owner_id, o.order_reference
             from payments.orders o
             join payments.intents i on i.account_id = o.account_id and i.livemode = o.livemode
                                    and i.id = o.owner_id
            where o.kind = 1 and i.status = 7`,
  },
  lastEventCarriesItsNumber({ what: 'an intent', table: 'payments.intents', of: INTENT }),
  {
    name: 'what charges have captured stands in the books, and nothing else does',
    of: CHARGE,
    text: `with booked as (
             select e.account_id, e.livemode, e.subject as id, e.currency, sum(p.amount) as amount
               from books.entries e
               cross join lateral unnest(e.accounts, e.amounts) as p(account, amount)
              where e.purpose in (1, 2) and p.account = 1
              group by e.account_id, e.livemode, e.subject, e.currency)
           select account_id, id, currency, c.captured, b.amount as booked
             from payments.charges c full join booked b using (account_id, livemode, id, currency)
            where coalesce(c.captured, 0) <> coalesce(b.amount, 0)`,
  },
  {
    name: 'every charge is of an intent, and in its currency',
    of: CHARGE,
    text: `select c.account_id, c.id, c.intent_id, c.currency, i.currency as currency_of_intent
             from payments.charges c
             left join payments.intents i on ${ofIntent}
            where i.id is null or i.currency <> c.currency`,
  },
  {
    name: 'what was paid, or is held, is the amount of its intent',
    of: INTENT,
    text: `select i.account_id, i.id, i.status, i.amount, c.amount as charged
             from payments.intents i
             left join payments.charges c on ${ofIntent} and c.id = i.latest_charge_id and ${standing}
            where i.status in (5, 6) and i.amount is distinct from c.amount`,
  },
  {
    name: 'what can be captured of an intent is what its charge holds',
    of: INTENT,
    text: `select i.account_id, i.id, i.amount, i.capturable, c.captured
             from payments.intents i
             left join payments.charges c on ${ofIntent} and c.id = i.latest_charge_id and ${standing}
            where i.status = 5 and (i.capturable is distinct from c.amount - c.captured
                                    or c.details->>'isCaptureOver' = 'true')`,
  },
  {
    name: 'nothing is held for an intent that was canceled',
    of: INTENT,
    text: `select i.account_id, i.id, c.id as charge_id
             from payments.intents i
             join payments.charges c on ${ofIntent} and ${standing}
            where i.status = 7 and c.details->>'isCaptureOver' is distinct from 'true'`,
  },
  {
    name: 'what is reserved for a capture has one under way, of that amount',
    of: CHARGE,
    text: `select c.account_id, c.id, c.capturing, coalesce(sum(o.amount), 0) as under_way
             from payments.charges c
             left join rails.operations o on o.account_id = c.account_id and o.livemode = c.livemode
                                         and o.intent_id = c.intent_id and o.kind = 3
                                         and o.state not in (3, 4, 7, 9)
            where c.capturing <> 0
            group by c.account_id, c.livemode, c.id
           having c.capturing <> coalesce(sum(o.amount), 0)`,
  },
  {
    name: 'an order that is registered by a payment is the order of that payment',
    text: `select o.account_id, o.order_reference, o.owner_id as intent_id
             from payments.orders o
            where o.kind = 1
              and not exists (select from payments.intents i
                               where i.account_id = o.account_id and i.livemode = o.livemode
                                 and i.id = o.owner_id and i.order_reference = o.order_reference)`,
  },
  {
    name: 'what was paid was told, once, with what stands there',
    of: INTENT,
    // What the events show is read out of them at once: they are large, and all payments are compared together.
    text: `with told as materialized (
             select e.account_id, e.livemode, e.object_id, shown.currency, shown.amount, shown.received
               from platform.events e
              cross join lateral json_to_record(e.snapshot->'intent')
                      as shown (currency text, amount text, received text)
              where 205 = any (e.kinds))
           select i.account_id, i.id, i.currency, i.amount, i.received, count(t.object_id) as told,
                  min(t.currency) as told_currency, min(t.amount) as told_amount, min(t.received) as told_received
             from payments.intents i
             left join told t on t.account_id = i.account_id and t.livemode = i.livemode and t.object_id = i.id
            where i.status = 6 and not i.direct
            group by i.account_id, i.livemode, i.id
           having count(t.object_id) <> 1 or min(t.currency) is distinct from i.currency
               or min(t.amount) is distinct from i.amount::text
               or min(t.received) is distinct from i.received::text`,
  },
  {
    name: 'what became of a payment was told: once that there is one, that it was canceled, and each charge that succeeded',
    of: INTENT,
    text: `with succeeded as (
             select account_id, livemode, intent_id, count(*) as charges from payments.charges
              where status = 2 group by 1, 2, 3
           ), known as materialized (
             select i.account_id, i.livemode, i.id, i.status,
                    coalesce(s.charges, 0) - case when ${isToBeTaken} then 1 else 0 end as charges
               from payments.intents i
               left join succeeded s on s.account_id = i.account_id and s.livemode = i.livemode
                                    and s.intent_id = i.id
              where not i.direct)
           select k.account_id, k.id, k.status
             from known k
             left join platform.events e on e.account_id = k.account_id and e.livemode = k.livemode
                                        and e.object_id = k.id
            group by k.account_id, k.livemode, k.id, k.status, k.charges
           having count(*) filter (where 201 = any (e.kinds)) <> 1
               or count(*) filter (where 207 = any (e.kinds)) <> case k.status when 7 then 1 else 0 end
               or count(*) filter (where 221 = any (e.kinds)) <> k.charges`,
  },
  {
    name: 'whose money it is, and who paid it, is known',
    of: INTENT,
    text: `select i.account_id, i.id, i.customer_id
             from payments.intents i
             left join identity.accounts a on a.id = i.account_id
             left join cards.customers u on u.account_id = i.account_id and u.livemode = i.livemode
                                        and u.id = i.customer_id
            where a.id is null or (i.customer_id is not null and u.id is null)`,
  },
];

export const module = {
  name: 'payments/intents',
  migrations: new URL('./migrations/', import.meta.url),
  routes: ({ trace }: { readonly trace: Trace }) => [
    ...intentRoutes(trace),
    ...bankMethodRoutes,
    ...invoicePaymentRoutes,
    ...chargeRoutes,
  ],
  trace: traceOfIntent,
  resources: intentResources,
  eventKinds: intentEventKinds,
  onOperation,
  onAuthentication,
  jobs: [goOnJob, hearAgainJob],
  checks,
  rounds: () => [{ run: lookAfterDue, asks: areIntentsDue }],
};
