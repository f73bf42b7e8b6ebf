import { type Context, realClock } from '#kit/context';
import { uuidAt } from '#kit/ids';
import { areDisputesDue } from './dispute-feeds.store.ts';
import { allLeased } from './each-leased.ts';
import { endDays } from './end-days.ts';
import { forgetExchanges } from './exchanges.store.ts';
import { DISPUTE_NOTICE, hearOfDisputes } from './hear-of-disputes.ts';
import { hearOfSettlements, SETTLEMENT_LINE } from './hear-of-settlements.ts';
import { areInboundDue } from './inbound.store.ts';
import { INBOUND_WEBHOOK, learnFromWebhooks } from './learn-from-webhooks.ts';
import { onOperation } from './lines-of-operation.ts';
import { merchantResource, merchantRoute } from './merchant.ts';
import { partsOf } from './rails-of.ts';
import { reverseAgainJob } from './reverse-again.ts';
import { connectorAccountRoutes } from './routes.ts';
import { traceExchanges } from './trace.ts';

const DAY_MS = 86_400_000;
const KEEP_MS = 30 * DAY_MS;
/** Our own references are of one operation in all the world; those that a provider dictates are not. */
const ofAnother = `select o.account_id, o.connector_account_id as id from rails.operations o
                    where l.line->>'reference' like 'op\\_%' and o.reference = l.line->>'reference'
                      and o.connector_account_id <> l.connector_account_id`;

/** Each may hold forty thousand characters. */
const AT_ONCE = 1_000;

const checks = [
  {
    name: 'what was sent to a provider went by an account there that is known',
    of: 'op',
    text: `select o.account_id, o.id, o.connector_account_id from rails.operations o
            where not exists (select from rails.connector_accounts c
                               where c.account_id = o.account_id and c.livemode = o.livemode
                                 and c.id = o.connector_account_id)`,
  },
  {
    name: 'a call that this database has forgotten was looked at by a person',
    of: 'op',
    // A journal that lay beside another database tells of accounts that nobody here can pay at.
    text: `select f.account_id, f.livemode, f.id, f.intent_id, f.reference from rails.forgotten_calls f
            where f.released_at is null and exists (
              select from rails.connector_accounts c
               where c.account_id = f.account_id and c.livemode = f.livemode and c.id = f.connector_account_id)`,
  },
  {
    name: 'what did not fit at the end of a day was explained by a person',
    text: `select account_id, connector_account_id, day, problems from rails.ended_days
            where needs_review`,
  },
  {
    name: 'what a provider settled and nobody knew was explained by a person',
    of: SETTLEMENT_LINE,
    text: `select l.account_id, l.id, l.connector_account_id, l.key, l.batch from rails.settlement_lines l
            where l.state = 3 and l.explanation is null and not exists (${ofAnother})`,
  },
  {
    name: 'what a provider settled is told to the connector account that was paid, and to no other: two that share one account at their provider each hear of what the other sold',
    text: `select l.account_id, l.connector_account_id, paid.account_id as paid_account_id,
                  paid.id as paid_connector_account_id, count(*)::integer as lines,
                  min(l.id::text)::uuid as settlement_line_id
             from rails.settlement_lines l cross join lateral (${ofAnother}) as paid
            where l.state = 3 and l.explanation is null
            group by 1, 2, 3, 4`,
  },
  {
    name: 'what a provider told of a dispute and nobody knew was explained by a person',
    of: DISPUTE_NOTICE,
    text: `select account_id, id, connector_account_id, key, subject from rails.dispute_notices
            where for_person and state = 1`,
  },
  {
    name: 'what a provider said by webhook and nobody knew was explained by a person',
    of: INBOUND_WEBHOOK,
    text: `select account_id, id, connector_account_id, subject from rails.inbound_webhooks
            where for_person and state = 1`,
  },
];

export const module = {
  name: 'rails/connectors',
  migrations: new URL('./migrations/', import.meta.url),
  routes: () => [merchantRoute, ...connectorAccountRoutes],
  resources: [merchantResource],
  checks,
  onOperation,
  trace: () => traceExchanges,
  rounds: () => [
    {
      run: (context: Context) => learnFromWebhooks(partsOf(context), context),
      asks: areInboundDue,
    },
    {
      run: (context: Context) => hearOfDisputes(partsOf(context), context),
      asks: areDisputesDue,
    },
  ],
  idle: allLeased,
  jobs: [reverseAgainJob],
  periodicJobs: [
    {
      name: 'rails.end_days',
      everyMs: 5_000,
      run: async (context: Context): Promise<void> => {
        while ((await endDays(partsOf(context), context)) > 0);
      },
    },
    {
      name: 'rails.hear_of_settlements',
      everyMs: 10_000,
      run: async (context: Context): Promise<void> => {
        while ((await hearOfSettlements(partsOf(context), context)) > 0);
      },
    },
    {
      name: 'rails.forget_exchanges',
      everyMs: DAY_MS,
      run: async (context: Context): Promise<void> => {
        const before = uuidAt(realClock(context.clock).now() - KEEP_MS);
        for (let gone = AT_ONCE; gone === AT_ONCE; ) {
          gone = await forgetExchanges(context, before, AT_ONCE);
        }
      },
    },
  ],
};
