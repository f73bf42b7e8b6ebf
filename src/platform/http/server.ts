// The front door: node:http and a router, and around every request the same frame. A bug inside
// becomes a plain 500 with the request's id and a line in the log; the process goes on.

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { type AddressInfo, isIP, type ListenOptions, type Socket } from 'node:net';
import type { Context } from '#kit/context';
import { Unavailable } from '#kit/failure';
import { type Cohorts, createCohorts } from './cohorts.ts';
import { ApiError, renderError } from './errors.ts';
import type { Answer } from './execute.ts';
import { createExpander } from './expand.ts';
import { createFinder, type Find, type Target } from './finder.ts';
import type { Authenticate, Exchange, FrameParts, Guard, RequestLimits } from './frame.ts';
import { answerExchange } from './frame.ts';
import { answerHeaders, preflightHeaders, securityHeaders } from './headers.ts';
import type { IdempotencyStore } from './idempotency.ts';
import { refuseMalformed } from './malformed.ts';
import type { HttpMetrics } from './metrics.ts';
import { noMetrics } from './metrics.ts';
import { createHungUpNotes, createOutageNotes, type NoteOutage } from './note-outage.ts';
import { internalError, overloaded, tooMuchToLookThrough, urlUnknown } from './refusals.ts';
import { CallerGone, wasHungUpOn } from './request-body.ts';
import { newRequestId } from './request-id.ts';
import type { ResourceDefinition } from './resource.ts';
import type { Route } from './route.ts';
import type { HttpSettings } from './settings.ts';
import { httpDefaults } from './settings.ts';
import { toJson } from './to-json.ts';

export type HttpServerOptions = {
  readonly context: Context;
  readonly routes: readonly Route[];
  readonly resources?: readonly ResourceDefinition[];
  readonly authenticate: Authenticate;
  readonly idempotency: IdempotencyStore;
  readonly limits?: RequestLimits;
  readonly guard?: Guard;
  readonly settings: Pick<HttpSettings, 'publicUrl'> & Partial<HttpSettings>;
  readonly metrics?: HttpMetrics;
  /** Outside the API: health, metrics, documents. */
  readonly handlers?: readonly PlainHandler[];
  /** Whether whoever begins now would only wait. */
  readonly isCrowded?: () => boolean;
  /** How an account's id is spelled in `Stripe-Account`; as it is, when absent. */
  readonly spellAccount?: (accountId: string) => string;
};

export type PlainHandler = {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly handle: (
    request: IncomingMessage,
    response: ServerResponse,
    more: { readonly requestId: string; readonly params: Readonly<Record<string, string>> },
  ) => void | Promise<void>;
};

export type HttpServer = {
  /** Gives the port, which is a free one when asked for 0. Shared: other processes that say so too listen there as well. */
  listen(port: number, host?: string, shared?: boolean): Promise<number>;
  /** Takes no new connections, lets what runs finish within the bound, then closes the rest. */
  close(): Promise<void>;
};

export const createHttpServer = (options: HttpServerOptions): HttpServer => {
  const door = createDoor(options);
  const { settings } = door.parts;
  const server = createServer(
    {
      headersTimeout: settings.headersTimeoutMs,
      requestTimeout: settings.requestTimeoutMs,
      keepAliveTimeout: settings.keepAliveTimeoutMs,
      // How often the two limits above are looked at.
      connectionsCheckingInterval: 1_000,
      maxHeaderSize: 16_384,
    },
    (request, response) => void admit(door, request, response),
  );
  server.timeout = settings.silenceTimeoutMs;
  server.maxConnections = settings.connectionsMax;
  // An expectation that nobody knows may be ignored; node's own refusal would be no answer of ours.
  server.on('checkExpectation', (request, response) => void admit(door, request, response));
  server.on('clientError', (error, socket) => refuseMalformed(door.parts, error, socket as Socket));

  return {
    listen: (port, host = '127.0.0.1', shared = false) =>
      listen(server, { port, host, reusePort: shared }),
    close: () => close(door, server),
  };
};

/** What all requests share. */
type Door = {
  readonly parts: FrameParts;
  readonly metrics: HttpMetrics;
  readonly find: Find;
  readonly security: readonly string[];
  readonly noteOutage: NoteOutage;
  readonly noteHungUp: () => void;
  readonly cohorts: Cohorts;
  inFlight: number;
  closing: boolean;
  whenEmpty: (() => void) | null;
};

const createDoor = (options: HttpServerOptions): Door => {
  const settings = { ...httpDefaults, ...options.settings };
  return {
    parts: {
      context: options.context,
      authenticate: options.authenticate,
      idempotency: options.idempotency,
      limits: options.limits ?? null,
      guard: options.guard ?? null,
      expander: createExpander(options.resources ?? []),
      settings,
      spellAccount: options.spellAccount ?? ((accountId) => accountId),
    },
    metrics: options.metrics ?? noMetrics,
    find: createFinder(options.routes, options.handlers ?? []),
    security: securityHeaders(settings.publicUrl),
    noteOutage: createOutageNotes(options.context),
    noteHungUp: createHungUpNotes(options.context),
    cohorts: createCohorts({
      monotonicMs: () => options.context.clock.monotonicMs(),
      ...(options.isCrowded ? { isCrowded: options.isCrowded } : {}),
    }),
    inFlight: 0,
    closing: false,
    whenEmpty: null,
  };
};

const writing = new Set<string | undefined>(['POST', 'DELETE']);

/** Counts the request in and out, whatever becomes of it and of who asked. */
const admit = async (
  door: Door,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const { context } = door.parts;
  const startedMs = context.clock.monotonicMs();
  door.inFlight += 1;
  door.metrics.inFlight(1);
  // A caller who hangs up does not end the work; without a listener the error would end the process.
  response.on('error', () => {});

  let cohort = writing.has(request.method) ? await door.cohorts.enter() : null;
  const goesOut = (): void => {
    if (cohort !== null) door.cohorts.leave(cohort);
    cohort = null;
  };
  try {
    await serve(door, { request, response, startedMs, goesOut });
  } catch (error) {
    context.log.error({ error }, 'the frame of a request failed');
    response.destroy();
  }
  if (wasHungUpOn(request)) {
    door.metrics.hungUp();
    door.noteHungUp();
  }

  goesOut();

  // An answer that is still on its way keeps the request inside, so that `close` waits for it.
  if (response.closed || response.writableFinished || response.destroyed) leave(door);
  else response.once('close', () => leave(door));
};

const leave = (door: Door): void => {
  door.inFlight -= 1;
  door.metrics.inFlight(-1);
  if (door.inFlight === 0) door.whenEmpty?.();
};

type Arrival = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly startedMs: number;
  readonly goesOut: () => void;
};

const serve = async (
  door: Door,
  { request, response, startedMs, goesOut }: Arrival,
): Promise<void> => {
  const { context, settings } = door.parts;
  const requestId = newRequestId(context.random);
  const { method = 'GET', url = '/' } = request;
  const mark = url.indexOf('?');
  const path = mark === -1 ? url : url.slice(0, mark);
  const match = door.find(method, path);

  if (match?.target.kind === 'plain') {
    await servePlain(door, request, response, match.target.handler, requestId, match.params);
    return;
  }
  if (match?.target.kind === 'preflight') {
    response.writeHead(204, ['Request-Id', requestId, ...door.security, ...preflightHeaders]);
    response.end();
    return;
  }

  const exchange: Exchange = {
    request,
    requestId,
    method,
    path,
    query: mark === -1 ? '' : url.slice(mark + 1),
    address: addressOf(request, settings.proxies),
    matched:
      match === null
        ? null
        : { compiled: (match.target as ApiTarget).compiled, params: match.params },
    principal: null,
    apiVersion: settings.apiVersion,
    idempotencyKey: null,
    account: null,
    goesOut,
  };
  const answer = await answerOrError(door, exchange);
  if (answer !== null) sendAnswer(door, exchange, response, answer);
  note(door, exchange, answer, startedMs);
};

/**
 * Who calls. Of `X-Forwarded-For` only what our own proxies wrote counts, from the right; whatever
 * stands further left is the caller's own word. IPv4 on a socket for both families is written as IPv4.
 */
export const addressOf = ({ socket, headers }: IncomingMessage, proxies: number): string => {
  const direct = (socket.remoteAddress ?? '').replace('::ffff:', '');
  if (proxies === 0) return direct;
  const hops = String(headers['x-forwarded-for'] ?? '')
    .split(',')
    .map((hop) => hop.trim());
  const told = hops.at(-proxies) ?? '';
  return isIP(told) === 0 ? direct : told;
};

type ApiTarget = Extract<Target, { kind: 'api' }>;

/** Null when nobody is left to answer: the caller hung up before the request was complete. */
const answerOrError = async (door: Door, exchange: Exchange): Promise<Answer | null> => {
  const { parts } = door;
  const { requestId, method, path } = exchange;

  try {
    if (door.inFlight > parts.settings.inFlightMax) throw overloaded();
    if (exchange.matched === null && !path.startsWith('/v1/')) {
      throw urlUnknown(method, path, `${parts.settings.publicUrl}/docs`);
    }
    return await answerExchange(parts, exchange);
  } catch (error) {
    if (error instanceof CallerGone) return null;
    if (!(error instanceof ApiError)) {
      const operation = exchange.matched?.compiled.route.operation;
      logFailure(door, { requestId, operation, error });
    }

    const refusal = refusalFor(error, exchange);
    const body = toJson(renderError(refusal, parts.settings));
    return { status: refusal.status, body, error: refusal, stored: false, replayOf: null };
  }
};

/** Where in our code we met a database that is away helps nobody; where a bug is, does. */
const logFailure = (
  { parts, noteOutage }: Door,
  failure: { requestId: string; operation: string | undefined; error: unknown },
): void => {
  const { error, ...where } = failure;
  if (error instanceof Unavailable) noteOutage(error, where);
  else parts.context.log.error(failure, 'a request failed');
};

/** A database or a vault that is away comes back: the caller may try again, with the same key. */
const refusalFor = (error: unknown, { requestId, matched, query }: Exchange): ApiError => {
  if (error instanceof ApiError) return error;
  if (!(error instanceof Unavailable)) return internalError(requestId);
  // To try again would take as long: what is asked for stands far apart, or nowhere.
  return error.tookTooLong && matched?.compiled.route.list === true && isFiltered(query)
    ? tooMuchToLookThrough()
    : overloaded();
};

const ofAllLists = new Set(['limit', 'starting_after', 'ending_before', 'page', 'expand']);

/** Not everything is listed. */
const isFiltered = (query: string): boolean =>
  [...new URLSearchParams(query).keys()].some((name) => !ofAllLists.has(name.replace(/\[.*$/, '')));

const sendAnswer = (
  door: Door,
  exchange: Exchange,
  response: ServerResponse,
  answer: Answer,
): void => {
  const { requestId, method, apiVersion, idempotencyKey, account, request } = exchange;
  const tooLarge = answer.status === 413;
  const headers = answerHeaders(door.security, answer, {
    requestId,
    method,
    apiVersion,
    idempotencyKey,
    account,
    crossOrigin: (exchange.matched?.compiled.route.keys ?? 'secret') !== 'secret',
    lastOfConnection: door.closing || tooLarge,
  });

  door.parts.context.crashPoint('answer.before');
  response.writeHead(answer.status, headers);
  response.end(method === 'HEAD' ? undefined : answer.body);
  if (tooLarge) discardRest(request);
};

// Long enough for a caller that is still sending to see the answer, short enough to hold nothing.
const discardMs = 1_000;

const discardRest = (request: IncomingMessage): void => {
  request.resume();
  setTimeout(() => request.destroy(), discardMs).unref();
};

/** One line and one observation. Path and query are left out: they may hold what nobody should read. */
const note = (door: Door, exchange: Exchange, answer: Answer | null, startedMs: number): void => {
  const { context } = door.parts;
  const { requestId, method, principal, address } = exchange;
  const route = exchange.matched?.compiled.route;
  const operation = route?.operation ?? 'unknown';
  // 499 is what proxies write for a caller that left.
  const status = answer?.status ?? 499;
  const durationMs = context.clock.monotonicMs() - startedMs;

  door.metrics.observe(operation, status, durationMs);
  context.log.info(
    {
      requestId,
      operation,
      method,
      path: route?.path,
      status,
      why: answer?.error?.code,
      durationMs: Math.round(durationMs * 10) / 10,
      idempotentReplay: (answer?.replayOf ?? null) !== null,
      accountId: principal?.scope.accountId,
      livemode: principal?.scope.livemode,
      keyId: principal?.keyId,
      address,
    },
    'request',
  );
};

const servePlain = async (
  door: Door,
  request: IncomingMessage,
  response: ServerResponse,
  handler: PlainHandler,
  requestId: string,
  params: Readonly<Record<string, string>>,
): Promise<void> => {
  response.setHeader('Request-Id', requestId);
  for (let at = 0; at < door.security.length; at += 2) {
    response.setHeader(door.security[at]!, door.security[at + 1]!);
  }
  if (door.closing) response.setHeader('Connection', 'close');

  try {
    await handler.handle(request, response, { requestId, params });
  } catch (error) {
    door.parts.context.log.error({ requestId, error, path: handler.path }, 'a handler failed');
    if (response.headersSent) response.destroy();
    else response.writeHead(500, { 'Content-Type': 'text/plain' }).end(`Error ${requestId}\n`);
  }
};

const listen = (server: Server, where: ListenOptions): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });

const close = async (door: Door, server: Server): Promise<void> => {
  if (door.closing) return;
  door.closing = true;

  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  await emptied(door);
  server.closeIdleConnections();

  // What is still open now is sending slowly, reading slowly, or beyond the bound.
  const rest = setTimeout(() => server.closeAllConnections(), 100);
  await closed;
  clearTimeout(rest);
};

const emptied = (door: Door): Promise<void> =>
  new Promise((resolve) => {
    if (door.inFlight === 0) {
      resolve();
      return;
    }
    const bound = setTimeout(resolve, door.parts.settings.closeTimeoutMs);
    door.whenEmpty = () => {
      clearTimeout(bound);
      resolve();
    };
  });
