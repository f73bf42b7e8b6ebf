// The map. Modules stand from the most independent to the most dependent; one uses only those listed
// before it, through their front door. Migrations, routes, jobs, events and checks are gathered from
// here and from nowhere else.
//
// Above all of them is `kit/`, which knows nothing of payments and has no tables: context, ids, log,
// crypto, assert.

import type { DetachListener } from '#cards/methods';
import type { AuthenticationListener } from '#cards/three-ds';
import type { Context } from '#kit/context';
import type { PaymentListener } from '#payments/intents';
import type { SetupListener } from '#payments/setup';
import { module as balance } from './books/balance/module.ts';
import { module as calendars } from './books/calendars/module.ts';
import { module as currencies } from './books/currencies/module.ts';
import { module as expectations } from './books/expectations/module.ts';
import { module as fees } from './books/fees/module.ts';
import { module as ledger } from './books/ledger/module.ts';
import { module as bins } from './cards/bins/module.ts';
import { module as customers } from './cards/customers/module.ts';
import { module as methods } from './cards/methods/module.ts';
import { module as portability } from './cards/portability/module.ts';
import { module as testClocks } from './cards/test-clocks/module.ts';
import { module as threeDs } from './cards/three-ds/module.ts';
import { module as vault } from './cards/vault/module.ts';
import { module as checkout } from './commerce/checkout/module.ts';
import { module as elements } from './commerce/elements/module.ts';
import { module as links } from './commerce/links/module.ts';
import { module as accounts } from './identity/accounts/module.ts';
import { module as audit } from './identity/audit/module.ts';
import { module as keys } from './identity/keys/module.ts';
import { module as notifications } from './outward/notifications/module.ts';
import { module as webhooks } from './outward/webhooks/module.ts';
import { module as charges } from './payments/charges/module.ts';
import { module as confirmation } from './payments/confirmation/module.ts';
import { module as disputes } from './payments/disputes/module.ts';
import { module as intents } from './payments/intents/module.ts';
import { module as refunds } from './payments/refunds/module.ts';
import { module as risk } from './payments/risk/module.ts';
import { module as setup } from './payments/setup/module.ts';
import { module as clock } from './platform/clock/module.ts';
import { module as db } from './platform/db/module.ts';
import {
  type EventKind,
  type EventKinds,
  gatherEventKinds,
  gatherTrace,
  type Listener,
  type Trace,
  type TraceSource,
  type Undelivered,
} from './platform/events/index.ts';
import { module as events } from './platform/events/module.ts';
import type { ResourceDefinition, Route } from './platform/http/index.ts';
import { module as http } from './platform/http/module.ts';
import { module as idempotency } from './platform/idempotency/module.ts';
import type { JobKind, PeriodicJob, Round, TakeOver } from './platform/jobs/index.ts';
import { module as jobs } from './platform/jobs/module.ts';
import { module as limits } from './platform/limits/module.ts';
import { module as postgres } from './platform/postgres/module.ts';
import { module as acquiring } from './rails/acquiring/module.ts';
import type { DisputeListener, OperationListener } from './rails/connectors/index.ts';
import { module as connectors } from './rails/connectors/module.ts';
import { module as operations } from './rails/operations/module.ts';
import { module as psp } from './rails/psp/module.ts';

export type Module = {
  /** Floor and folder: `cards/customers`. */
  readonly name: string;
  /** Numbered SQL files, each applied once. */
  readonly migrations?: URL;
  readonly routes?: (gathered: Gathered) => readonly Route[];
  /** What `expand` may reach. */
  readonly resources?: readonly ResourceDefinition[];
  readonly eventKinds?: readonly EventKind[];
  readonly jobs?: readonly JobKind[];
  readonly periodicJobs?: readonly PeriodicJob[];
  /** Hears of every change of an operation, and writes in the same transaction. */
  readonly onOperation?: OperationListener;
  /** Hears of every notice of a dispute, and writes in the same transaction. */
  readonly onDispute?: DisputeListener;
  /** Hears what becomes of the payments that this module made, and writes in the same transaction. */
  readonly onPayment?: PaymentListener;
  /** Hears what becomes of the cards it wanted to keep, and writes in the same transaction. */
  readonly onSetup?: SetupListener;
  /** Hears of every method that leaves its customer, and writes in the same transaction. */
  readonly onDetached?: DetachListener;
  /** Hears of every authentication that ends while its payer is away, and writes in the same transaction. */
  readonly onAuthentication?: AuthenticationListener;
  /** What a worker does whenever there is something to do. */
  readonly rounds?: (gathered: Gathered) => readonly Round[];
  /** Frees what workers held that have died. */
  readonly takeOver?: TakeOver;
  /** Which events somebody is still owed. */
  readonly undelivered?: Undelivered;
  /** Resolves when nothing of what its rounds began is under way any more: a process ends after it. */
  readonly idle?: (context: Context) => Promise<void>;
  /** Hears of every event, in the transaction that takes it from the outbox. */
  readonly listeners?: (gathered: Gathered) => readonly Listener[];
  /** Tells of a payment what it knows. */
  readonly trace?: (gathered: Pick<Gathered, 'eventKinds'>) => TraceSource;
  /** Queries that a healthy database answers with no rows. */
  readonly checks?: readonly Check[];
  /** Those for which one has to know the names of all events. */
  readonly checksOfEvents?: (gathered: Pick<Gathered, 'eventKinds'>) => readonly Check[];
};

export type Check = {
  readonly name: string;
  readonly text: string;
  /** What the API calls the rows that it finds: the prefix of the ids in its column `id`. */
  readonly of?: string;
};

/** What modules learn of those that come after them. */
export type Gathered = {
  readonly eventKinds: EventKinds;
  readonly undelivered: Undelivered;
  readonly trace: Trace;
};

type Entry = { readonly holds: string; readonly module: Module };

const map: readonly Entry[] = [
  { module: postgres, holds: 'the PostgreSQL that comes along: first start, supervision, stop' },
  { module: db, holds: 'connections, scoped transactions, group commit, migrations' },
  { module: http, holds: 'the frame of the API: parsing, errors, lists, search, expand, OpenAPI' },
  { module: idempotency, holds: 'one key, one effect, one answer' },
  { module: events, holds: 'the log of what happened, the outbox, /v1/events' },
  { module: jobs, holds: 'work for later, periodic work, the worker, heartbeats' },
  { module: limits, holds: 'how much a key may ask per second' },
  { module: clock, holds: 'what time it is in test mode, and moving it' },
  { module: accounts, holds: 'tenants' },
  { module: audit, holds: 'who did what: entries, seals, verification' },
  { module: keys, holds: 'API keys: making, rolling, ending, recognizing' },
  { module: currencies, holds: 'what amounts each currency allows, as the API counts them' },
  { module: calendars, holds: 'bank days, cut-offs, value dates' },
  { module: ledger, holds: 'entries, balances, snapshots, seals of the books' },
  { module: fees, holds: 'what a merchant pays: rules by version' },
  { module: expectations, holds: 'what providers will settle: how much, when' },
  { module: balance, holds: "the merchant's view of the books: balance, balance transactions" },
  { module: bins, holds: 'what the first digits of a card tell; the documented test cards' },
  { module: vault, holds: 'card numbers, sealed; the keys; what a browser seals to' },
  { module: methods, holds: 'what a payer pays with: payment methods, tokens' },
  { module: testClocks, holds: 'times for single customers of test mode' },
  { module: customers, holds: 'the customers of a merchant' },
  { module: portability, holds: 'moving stored cards in and out' },
  { module: threeDs, holds: '3-D Secure: asking the card holder, and the proof of it' },
  { module: operations, holds: 'the journal of every call that moves money' },
  { module: acquiring, holds: 'card messages to a bank: links, numbers, reversals, clearing' },
  {
    module: connectors,
    holds: 'what a provider is: contract, credentials, sending, webhooks in',
  },
  { module: psp, holds: 'the providers, a folder each, found by discovery' },
  { module: risk, holds: 'who tries cards from outside, and how far they get' },
  { module: charges, holds: 'what an attempt at a payment came to, and its money since' },
  { module: confirmation, holds: 'what payers’ pages collected to confirm with' },
  { module: intents, holds: 'payments: from the wish to be paid to its end' },
  { module: refunds, holds: 'money on its way back' },
  { module: setup, holds: 'cards kept for later: setup intents, attempts, mandates' },
  { module: disputes, holds: 'payments that their holders contest' },
  { module: checkout, holds: 'pages that show an amount and take it, once: sessions' },
  { module: elements, holds: 'card fields in the pages of merchants: loader, frames' },
  { module: links, holds: 'addresses that sell the same again and again, and their codes' },
  { module: webhooks, holds: 'telling merchants: endpoints, deliveries, signatures' },
  { module: notifications, holds: 'telling payers: mails, receipts' },
];

export const modules: readonly Module[] = map.map((entry) => entry.module);
export const operationListeners: readonly OperationListener[] = modules.flatMap(
  ({ onOperation }) => onOperation ?? [],
);
export const disputeListeners: readonly DisputeListener[] = modules.flatMap(
  ({ onDispute }) => onDispute ?? [],
);
export const paymentListeners: readonly PaymentListener[] = modules.flatMap(
  ({ onPayment }) => onPayment ?? [],
);
export const setupListeners: readonly SetupListener[] = modules.flatMap(
  ({ onSetup }) => onSetup ?? [],
);
export const detachListeners: readonly DetachListener[] = modules.flatMap(
  ({ onDetached }) => onDetached ?? [],
);
export const moduleMap: readonly { readonly name: string; readonly holds: string }[] = map.map(
  ({ module, holds }) => ({ name: module.name, holds }),
);

/** What modules learn of all others: kinds of events, who is still owed one, and what each knows of a payment. */
export const gather = (): Gathered => {
  const eventKinds = gatherEventKinds(modules.flatMap((module) => module.eventKinds ?? []));
  return {
    eventKinds,
    undelivered,
    trace: gatherTrace(modules.flatMap(({ trace }) => trace?.({ eventKinds }) ?? [])),
  };
};

/** What a healthy database answers with no rows, whoever asks it of whatever. */
export const allChecks = (): readonly (Check & { readonly module: string })[] => {
  const { eventKinds } = gather();
  return modules.flatMap(({ name: module, checks = [], checksOfEvents }) =>
    [...checks, ...(checksOfEvents?.({ eventKinds }) ?? [])].map((check) => ({ ...check, module })),
  );
};

const undelivered: Undelivered = {
  of: async (context, scope, events) => {
    const open = await Promise.all(owing().map((owed) => owed.of(context, scope, events)));
    const counts = new Map<string, number>();
    for (const [id, count] of open.flatMap((each) => [...each])) {
      counts.set(id, (counts.get(id) ?? 0) + count);
    }
    return counts;
  },
  pages: (context, scope, asked) => {
    const [only, another] = owing();
    if (only === undefined || another !== undefined)
      throw new Error('What is undelivered is listed by one module.');
    return only.pages(context, scope, asked);
  },
};

const owing = (): readonly Undelivered[] => modules.flatMap((module) => module.undelivered ?? []);
