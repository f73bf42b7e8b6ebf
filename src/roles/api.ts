// The role that answers: the API, health, metrics and documents, all on one port.

import type { IncomingMessage } from 'node:http';
import { provideEmbedders, threeDsHandlers } from '#cards/three-ds';
import {
  checkoutHandlers,
  loadLook,
  provideCheckout,
  provideReceiptMailer,
} from '#commerce/checkout';
import { elementsHandlers } from '#commerce/elements';
import { linkHandlers } from '#commerce/links';
import { type ApiKey, type Authenticator, createAuthenticator } from '#identity/keys';
import { type Context, inTime, late, type Scope } from '#kit/context';
import { deriveKey } from '#kit/crypto';
import { spellId } from '#kit/ids';
import { mailPages, mailReceiptAgain, receiptHandlers } from '#outward/notifications';
import { provideReturns, returnHandlers } from '#payments/intents';
import { admit, provideDefence, type Step } from '#payments/risk';
import { setupReturnHandlers } from '#payments/setup';
import { API_VERSION } from '#platform/events';
import {
  ApiError,
  addressOf,
  createHttpServer,
  documentHandlers,
  type HttpMetrics,
  type HttpServer,
  type PlainHandler,
  type Principal,
  type Route,
} from '#platform/http';
import { createAnswers } from '#platform/idempotency';
import { countAliveWorkers, holderOf, isGone, nameOfProcess } from '#platform/jobs';
import { createLimits } from '#platform/limits';
import { webhookHandlers } from '#rails/connectors';
import { gather, modules } from '../modules.ts';
import type { Runtime } from '../runtime.ts';
import { VERSION } from '../version.ts';
import { PROCESS_HEADER } from './shared-port.ts';

export const gatherRoutes = (): readonly Route[] => {
  const gathered = gather();
  return modules.flatMap((module) => module.routes?.(gathered) ?? []);
};

/** Who counts what payers' browsers do. */
export type PayerObservers = {
  /** How far somebody got who tried a card from outside. */
  readonly tried: (step: Step) => void;
  /** That a browser blocked something on the page that takes cards, by directive. */
  readonly reported: (directive: string) => void;
};

export const createApi = (
  runtime: Runtime,
  input: {
    readonly publicUrl: string;
    readonly metrics?: HttpMetrics;
    readonly observers?: PayerObservers;
    readonly handlers?: readonly PlainHandler[];
    /** Mails of test mode at a page of this machine: what the quick start has instead of a mail server. */
    readonly showMails?: boolean;
  },
): HttpServer => {
  const { context, settings } = runtime;
  const { observers } = input;
  const authenticator = createAuthenticator();
  provideCheckout(context, { publicUrl: input.publicUrl });
  provideReturns(context, {
    publicUrl: input.publicUrl,
    key: deriveKey(runtime.masterSecret, 'payment returns'),
  });
  provideDefence(context, {
    key: deriveKey(runtime.masterSecret, 'card testing'),
    ...(observers === undefined ? {} : { observe: observers.tried }),
  });
  provideReceiptMailer(context, mailReceiptAgain);
  provideEmbedders(context, embeddersIn);
  const routes = gatherRoutes();
  const callerOf = (request: IncomingMessage) => addressOf(request, settings.proxies);

  return createHttpServer({
    context,
    routes,
    resources: modules.flatMap((module) => module.resources ?? []),
    authenticate: (context, attempt) =>
      recognize(authenticator, context, attempt, settings.liveMode),
    idempotency: createAnswers(runtime.masterSecret, { holderOf, isGone }),
    limits: createLimits(context.clock, {
      perSecond: settings.ratePerSecond,
      burst: settings.ratePerSecond * 4,
    }),
    guard: admit,
    // Where live mode is on, a crowd of test mode holds up nobody.
    isCrowded: () => context.database.isCrowded(settings.liveMode),
    settings: { publicUrl: input.publicUrl, proxies: settings.proxies },
    spellAccount: (accountId) => spellId('acct', accountId),
    ...(input.metrics ? { metrics: input.metrics } : {}),
    handlers: [
      ...healthHandlers(runtime, oneQuestion(context)),
      ...elementsHandlers(context, async (key, request) => {
        const found = await authenticator.authenticate(context, key, callerOf(request));
        return found.ok ? embeddersIn(context, found.key.scope) : [];
      }),
      ...checkoutHandlers(context, {
        addressOf: callerOf,
        ...(observers === undefined ? {} : { observeReport: observers.reported }),
      }),
      ...linkHandlers(context, { addressOf: callerOf }),
      ...threeDsHandlers(context, callerOf),
      ...returnHandlers(context),
      ...setupReturnHandlers(context),
      ...webhookHandlers(context, { publicUrl: input.publicUrl }),
      ...documentHandlers(routes, {
        title: 'Tollgate',
        version: VERSION,
        publicUrl: input.publicUrl,
        apiVersion: API_VERSION,
      }),
      ...receiptHandlers(context),
      ...(input.showMails ? mailPages(context) : []),
      ...(input.handlers ?? []),
    ],
  });
};

const embeddersIn = async (context: Context, scope: Scope): Promise<readonly string[]> =>
  (await loadLook(context, scope)).look.embedders;

const recognize = async (
  authenticator: Authenticator,
  context: Context,
  attempt: { readonly key: string; readonly address: string },
  liveMode: boolean,
): Promise<Principal | null> => {
  const found = await authenticator.authenticate(context, attempt.key, attempt.address);
  if (!found.ok) {
    if (found.why === 'expired') {
      throw new ApiError(401, `Expired API Key provided: ${masked(attempt.key)}`, {
        code: 'api_key_expired',
      });
    }
    if (found.why === 'address') {
      throw new ApiError(403, 'This API key may not be used from this IP address.');
    }
    return null;
  }
  const { key, apiVersion } = found;
  if (key.scope.livemode && !liveMode) {
    throw new ApiError(
      403,
      'Live mode is off on this installation: use a test key, or start it with TOLLGATE_LIVE=on.',
    );
  }
  return principalOf(key, apiVersion);
};

const principalOf = (key: ApiKey, apiVersion: string | null): Principal => ({
  scope: key.scope,
  keyId: spellId('mk', key.id),
  kind: key.kind,
  permissions: key.permissions,
  ...(apiVersion === null ? {} : { apiVersion }),
});

const masked = (key: string): string => `${key.slice(0, 8)}****${key.slice(-4)}`;

const HEALTH_LIMIT_MS = 2_000;

const READY_KEPT_MS = 500;

/** One question to the database for all who ask within half a second. */
const oneQuestion = (context: Context): (() => Promise<number>) => {
  let asked: { readonly atMs: number; readonly workers: Promise<number> } | null = null;
  return () => {
    const nowMs = context.clock.monotonicMs();
    if (asked === null || nowMs - asked.atMs > READY_KEPT_MS) {
      asked = {
        atMs: nowMs,
        workers: withinLimit(context, context.database.system(countAliveWorkers)),
      };
    }
    return asked.workers;
  };
};

/** `healthz`: the process is up. `readyz`: it can do its work, and a worker does the rest. */
const healthHandlers = (
  { context: { database }, live }: Pick<Runtime, 'context' | 'live'>,
  aliveWorkers: () => Promise<number>,
): readonly PlainHandler[] => [
  {
    method: 'GET',
    path: '/healthz',
    handle: (_, response) => {
      const name = nameOfProcess({ database });
      if (name !== null) response.setHeader(PROCESS_HEADER, name);
      response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"status":"up"}\n');
    },
  },
  {
    method: 'GET',
    path: '/readyz',
    handle: async (_, response) => {
      // The gateway listens only once its migrations are done.
      const checks = {
        database: !database.isFull(),
        migrations: true,
        worker: false,
        ...(live === undefined ? {} : { live: live.isSafe }),
      };
      try {
        checks.worker = (await aliveWorkers()) > 0;
      } catch {
        checks.database = false;
      }
      const ready = checks.database && checks.worker && live?.isSafe !== false;
      response
        .writeHead(ready ? 200 : 503, { 'Content-Type': 'application/json' })
        .end(`${JSON.stringify({ ready, checks })}\n`);
    },
  },
];

const withinLimit = async <T>(context: Context, work: Promise<T>): Promise<T> => {
  const answer = await inTime(context, work, HEALTH_LIMIT_MS);
  if (answer === late) throw new Error('The database did not answer in time.');
  return answer;
};
