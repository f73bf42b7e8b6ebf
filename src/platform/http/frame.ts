// One API request from its head to its answer, in the order that callers can rely on: key, URL,
// idempotency key, parameters, expand, handler. Nothing before the handler leaves a trace.

import type { IncomingMessage } from 'node:http';
import type { Context } from '#kit/context';
import { canonicalText } from './canonical.ts';
import {
  checkAccess,
  keyFromHeaders,
  keyFromParameters,
  nobody,
  resourceOf,
} from './credentials.ts';
import { ApiError } from './errors.ts';
import type { Answer } from './execute.ts';
import { execute } from './execute.ts';
import type { Expander } from './expand.ts';
import type { IdempotencyStore } from './idempotency.ts';
import { checkIdempotencyKey } from './idempotency.ts';
import { networkOf } from './network-of.ts';
import type { ParameterReader } from './parameters.ts';
import { compileParameters } from './parameters.ts';
import type { RawMap } from './raw.ts';
import {
  accountForbidden,
  cardNumberRefused,
  checkApiVersion,
  keyInvalid,
  keyMissing,
  rateLimited,
  urlUnknown,
} from './refusals.ts';
import { decodeParameters, readBody } from './request-body.ts';
import type { Principal, Route } from './route.ts';
import { containsCardNumber } from './sensitive.ts';
import type { HttpSettings } from './settings.ts';
import { visitorOf } from './visitor.ts';

/** Null: no such key. May throw a refusal of its own (an expired key, an address not allowed). */
export type Authenticate = (
  context: Context,
  attempt: { readonly key: string; readonly address: string },
) => Promise<Principal | null>;

/** Null: go ahead. A number: refused, try again after so many seconds. */
export type RequestLimits = { take(key: string, cost?: number): number | null };

export type FrameParts = {
  readonly context: Context;
  readonly authenticate: Authenticate;
  readonly idempotency: IdempotencyStore;
  readonly limits: RequestLimits | null;
  readonly guard: Guard | null;
  readonly expander: Expander;
  readonly settings: HttpSettings;
  /** How an account's id is spelled in `Stripe-Account`. */
  readonly spellAccount: (accountId: string) => string;
};

/** Judges who has no secret key before a card is looked at; throws the refusal. */
export type Guard = (
  context: Context,
  asked: {
    readonly scope: Principal['scope'];
    /** The object in the path, or what is done. */
    readonly subject: string;
    readonly does: NonNullable<Route['withCard']>;
  },
) => Promise<void>;

/** A route with what is computed from it once. */
export type CompiledRoute = {
  readonly route: Route;
  readonly readParameters: ParameterReader;
  readonly resource: string;
};

export const compileRoute = (route: Route): CompiledRoute => ({
  route,
  readParameters: compileParameters(route.parameters),
  resource: resourceOf(route),
});

/** One request on its way. What is learned is noted here, because answer and log need it too. */
export type Exchange = {
  readonly request: IncomingMessage;
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly address: string;
  readonly matched: {
    readonly compiled: CompiledRoute;
    readonly params: Readonly<Record<string, string>>;
  } | null;
  principal: Principal | null;
  apiVersion: string;
  idempotencyKey: string | null;
  account: string | null;
  /** Nobody waits any more until this request is through. */
  readonly goesOut: () => void;
};

export const answerExchange = async (parts: FrameParts, exchange: Exchange): Promise<Answer> => {
  const { settings } = parts;
  const { request, matched } = exchange;
  const { raw: early, principal } = await identify(parts, exchange);
  exchange.principal = principal;

  if (matched === null) throw unknownUrl(settings, exchange);
  const { route, readParameters } = matched.compiled;
  checkAccess(principal, route);
  takeFromLimit(parts, exchange, principal);
  noteHeaders(parts, exchange, principal);
  checkPath(matched.params);

  const body = early === null ? await readBody(request, settings.bodyBytesMax) : null;
  const raw = early ?? decodeParameters(exchange.query, body!, request.headers);
  const parsed = readParameters(raw);
  parts.expander.check(parsed.expand, route, principal);

  const { requestId, idempotencyKey, apiVersion } = exchange;
  const context = contextOf(parts.context, exchange, principal);
  if (principal.kind === 'publishable' && route.withCard !== undefined) {
    const [subject = route.operation] = Object.values(matched.params);
    await parts.guard?.(context, { scope: principal.scope, subject, does: route.withCard });
  }
  const { paths, withheld } = parts.expander.withUnasked(parsed.expand, {
    route,
    principal,
    apiVersion,
  });
  // A key that may see less asks for something else.
  const asked =
    withheld.length === 0 ? parsed : { ...parsed, expand: [...parsed.expand, ...withheld] };
  // Of what an account says nothing is taken here: its version may be set between a request and its retry.
  const named = request.headers['stripe-version'];
  const version = named === undefined ? settings.apiVersion : String(named);
  return execute({
    context,
    route,
    request: {
      scope: principal.scope,
      principal,
      requestId,
      idempotencyKey,
      apiVersion,
      url: exchange.path,
      path: matched.params,
      parameters: parsed.values,
      expand: paths,
    },
    hasUnasked: paths.length > parsed.expand.length,
    fingerprint:
      idempotencyKey === null
        ? null
        : parts.idempotency.fingerprint(canonicalText(route, matched.params, version, asked)),
    idempotency: parts.idempotency,
    expander: parts.expander,
    place: settings,
    called: parsed.called,
  });
};

type Identified = { readonly principal: Principal; readonly raw: RawMap | null };

/**
 * A key in the header is checked before a byte of the body is read. Without one the key may be a
 * parameter, so the parameters are decoded first and handed on.
 */
const identify = async (parts: FrameParts, exchange: Exchange): Promise<Identified> => {
  const { request, matched, query, address } = exchange;
  if (matched?.compiled.route.keys === 'public') return { principal: nobody, raw: null };

  const header = keyFromHeaders(request.headers);
  const read = header === null ? await parametersForKey(parts, exchange, query) : null;
  const raw = read instanceof ApiError ? null : read;
  const key = header ?? (raw === null ? null : keyFromParameters(raw));
  if (key === null) {
    const opened = matched?.compiled.route.scopeOf;
    if (opened === undefined || matched === null) {
      throw keyMissing(`${parts.settings.publicUrl}/docs`);
    }
    // The body was read, and is read once.
    if (read instanceof ApiError) throw read;
    const scope = opened(matched.params) ?? nobody.scope;
    return { principal: { ...nobody, scope }, raw };
  }

  // A right key always passes: whoever guesses shares an address with whole offices and with every
  // merchant behind a proxy that was not named.
  const principal = await parts.authenticate(parts.context, { key, address });
  if (principal !== null) return { principal, raw };

  const wait = parts.limits?.take(`unknown key from ${networkOf(address)}`, GUESS_COST) ?? null;
  throw wait === null ? keyInvalid(key) : rateLimited(wait);
};

/** Malformed parameters cannot hold a key; what is wrong with them is told to those who may ask without one. */
const parametersForKey = async (
  { settings }: FrameParts,
  { request }: Exchange,
  query: string,
): Promise<RawMap | ApiError> => {
  const body = await readBody(request, settings.bodyBytesMax);
  try {
    return decodeParameters(query, body, request.headers);
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
};

/** A guess costs as much as many requests: nobody mistypes a key a hundred times a second. */
const GUESS_COST = 20;

const unknownUrl = (settings: HttpSettings, { method, path }: Exchange) =>
  urlUnknown(method, path, `${settings.publicUrl}/docs`);

const takeFromLimit = (parts: FrameParts, exchange: Exchange, principal: Principal): void => {
  const whose =
    principal.keyId === nobody.keyId
      ? `address ${networkOf(exchange.address)}`
      : `key ${principal.keyId}`;
  // A search reads every object of the account.
  const cost = exchange.matched?.compiled.route.path.endsWith('/search') ? SEARCH_COST : 1;
  const wait = parts.limits?.take(whose, cost) ?? null;
  if (wait !== null) throw rateLimited(wait);
};

const SEARCH_COST = 20;

const noteHeaders = (parts: FrameParts, exchange: Exchange, principal: Principal): void => {
  const { headers } = exchange.request;
  exchange.apiVersion = principal.apiVersion ?? exchange.apiVersion;

  const version = headers['stripe-version'];
  if (version !== undefined) {
    const text = String(version);
    checkApiVersion(text);
    exchange.apiVersion = text;
  }

  // Whoever names two accounts means one of them, and nobody knows which.
  for (const account of [headers['stripe-account'], headers['stripe-context']]) {
    if (account === undefined) continue;
    const own = parts.spellAccount(principal.scope.accountId);
    if (account !== own) throw accountForbidden(String(account));
    exchange.account = own;
  }

  const key = headers['idempotency-key'];
  if (key !== undefined && exchange.method === 'POST') {
    exchange.idempotencyKey = checkIdempotencyKey(String(key));
  }
};

/** An id in the URL would be echoed and logged: a card number does not get that far. */
const checkPath = (params: Readonly<Record<string, string>>): void => {
  for (const [name, value] of Object.entries(params)) {
    if (containsCardNumber(value, { wholeWords: true })) throw cardNumberRefused(name);
  }
};

const contextOf = (context: Context, exchange: Exchange, principal: Principal): Context => ({
  ...context,
  goesOut: exchange.goesOut,
  actor: {
    kind: principal === nobody ? 'payer' : 'api_key',
    id: principal.keyId,
    requestId: exchange.requestId,
    address: exchange.address,
    ...(principal.kind === 'publishable'
      ? { visitor: visitorOf(exchange.request, exchange.address) }
      : {}),
  },
});
