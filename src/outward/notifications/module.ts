import type { Context } from '#kit/context';
import { uuidAt } from '#kit/ids';
import type { EventKinds, Listener } from '#platform/events';
import { checks } from './checks.ts';
import { mailRoutes } from './mail-routes.ts';
import { areMailsDue, forgetMails, takeOverMails } from './mails.store.ts';
import { hearEvents } from './owe-mails.ts';
import { mailPumpOf } from './pump.ts';
import { keepReceiptJob } from './receipts/keep-receipt.ts';
import { forgetReceiptFiles } from './receipts/receipt-files.store.ts';
import { traceMails } from './trace.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Addresses of payers are not kept for longer than somebody asks for a mail again. */
const KEPT_DAYS = 180;
const FORGET_AT_MOST = 5_000;

const forgetOld = async (context: Context): Promise<void> => {
  const before = uuidAt(context.clock.now() - KEPT_DAYS * DAY_MS);
  for (const forget of [forgetMails, forgetReceiptFiles]) {
    for (let gone = FORGET_AT_MOST; gone === FORGET_AT_MOST; ) {
      gone = await forget(context, before, FORGET_AT_MOST);
    }
  }
};

export const module = {
  name: 'outward/notifications',
  migrations: new URL('./migrations/', import.meta.url),
  routes: () => mailRoutes,
  resources: [
    { object: 'mail', permission: 'mails' },
    { object: 'mail_settings', permission: 'mail_settings' },
  ],
  listeners: ({ eventKinds }: { readonly eventKinds: EventKinds }): readonly Listener[] => [
    {
      name: 'outward/notifications',
      hear: (context, tx, changes) => hearEvents(context, tx, eventKinds, changes),
    },
  ],
  rounds: () => [
    { run: (context: Context) => mailPumpOf(context).round(context), asks: areMailsDue },
  ],
  idle: (context: Context) => mailPumpOf(context).idle(),
  trace: () => traceMails,
  jobs: [keepReceiptJob],
  takeOver: takeOverMails,
  periodicJobs: [{ name: 'mails.forget', everyMs: DAY_MS, run: forgetOld }],
  checks: [
    {
      name: 'a mail is of an event that the log knows',
      text: `select m.account_id, m.id from outward.mails m
            where m.event_id is not null and not exists (
              select from platform.events e
               where e.account_id = m.account_id and e.livemode = m.livemode
                 and e.id = (left(m.event_id::text, 35) || '0')::uuid)`,
    },
    ...checks,
  ],
};
