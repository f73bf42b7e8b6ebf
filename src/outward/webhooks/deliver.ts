// Tells one endpoint of one event, and writes down what came of it. Between reading and writing lies the
// call; whoever is killed in it leaves a lease that another one takes over, and the event is told again
// under the same id.

import { AddressRefused, AnswerRefused, type Context, realClock, type Scope } from '#kit/context';
import { spellId, spellUuid } from '#kit/ids';
import { EVENT } from '#platform/events';
import { beginningOf, maskSensitive } from '#platform/http';
import { mayConnectTo } from './allowed-url.ts';
import { type Delivery, TRIES_KEPT, type Try } from './delivery.ts';
import { type Endpoint, liveSecrets, switched } from './endpoint.ts';
import { loadEndpoint, noteEndpointHealth, updateEndpoint } from './endpoints.store.ts';
import { concludeDelivery, noteWaiting } from './leases.store.ts';
import { ENDPOINT } from './render.ts';
import { nextTryAtMs } from './schedule.ts';
import { settingsOf } from './settings-of.ts';
import { signatureHeaders } from './sign.ts';

/** Also of what `tollgate listen` forwards. */
export const USER_AGENT = 'Tollgate/1.0 (webhooks)';
const CONNECT_TIMEOUT_MS = 5_000;
export const DELIVERY_TIMEOUT_MS = 20_000;
export const ANSWER_BYTES_MAX = 16_384;
const ANSWER_SHOWN_MAX = 500;
/** So long failing, an endpoint is told nothing more until its owner has looked at it. */
const DISABLED_AFTER_MS = 120 * 60 * 60 * 1000;
const GONE = 410;

/** What an endpoint is told: the endpoint as it is now, and the event as it is spelled. */
export type Telling = {
  readonly scope: Scope;
  readonly delivery: Delivery;
  readonly isQueued: boolean;
  readonly endpoint: Endpoint;
  readonly body: string;
};

export type Answer = Try & { readonly retryAfterMs: number | null };

export const isTaken = ({ error }: Answer): boolean => error === null;

export const tell = async (
  context: Context,
  { scope, endpoint, delivery, body }: Telling,
): Promise<Answer> => {
  const nowMs = context.clock.now();
  // Receivers hold the time of a signature against their own clock, which nobody has moved.
  const realNowMs = realClock(context.clock).now();
  const begunMs = context.clock.monotonicMs();
  const took = (): number => Math.round(context.clock.monotonicMs() - begunMs);
  const eventId = spellId(EVENT, delivery.eventId);
  try {
    const {
      status,
      headers,
      body: said,
    } = await context.network.post({
      url: endpoint.url,
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'user-agent': USER_AGENT,
        'tollgate-sequence': String(delivery.sequence),
        'tollgate-sequence-of': spellUuid(delivery.objectId),
        ...signatureHeaders(body, {
          eventId,
          nowMs: realNowMs,
          secrets: liveSecrets(endpoint.secrets, realNowMs),
        }),
      },
      body,
      mayConnect: mayConnectTo(scope, settingsOf(context)),
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      timeoutMs: DELIVERY_TIMEOUT_MS,
      answerBytesMax: ANSWER_BYTES_MAX,
    });
    return {
      atMs: nowMs,
      durationMs: took(),
      status,
      error: status >= 200 && status < 300 ? null : 'status',
      answer: shown(said),
      retryAfterMs: retryAfterOf(headers['retry-after'], realNowMs),
    };
  } catch (error) {
    return {
      atMs: nowMs,
      durationMs: took(),
      status: null,
      error: wordOf(error),
      answer: null,
      retryAfterMs: null,
    };
  }
};

/** Says whether there is nothing left to do: it was noted, or its lease is no longer ours. */
export const record = async (
  context: Context,
  { scope, endpoint, delivery, isQueued }: Telling,
  answer: Answer,
): Promise<boolean> => {
  const { retryAfterMs, ...made } = answer;
  const isDelivered = isTaken(answer);
  const attempts = delivery.attempts + 1;
  const nowMs = context.clock.now();
  const dueAtMs = isDelivered
    ? null
    : nextTryAtMs(context, { tries: attempts, nowMs, retryAfterMs });
  const concluded: Delivery = {
    ...delivery,
    attempts,
    state: isDelivered ? 'delivered' : dueAtMs === null ? 'given_up' : 'waiting',
    dueAtMs,
    tries: [...delivery.tries, made].slice(-TRIES_KEPT),
  };
  const health =
    isDelivered === (endpoint.failingSinceMs === null)
      ? []
      : [noteEndpointHealth(scope, delivery, isDelivered ? null : nowMs)];
  const conclusion = concludeDelivery(scope, concluded);
  const commit = await context.database.commit(scope, [
    conclusion,
    ...noteWaiting(scope, { delivery: concluded, isQueued }),
    ...health,
  ]);
  if (!commit.ok) return commit.lost === conclusion.into;
  if (!isDelivered) await disableWhereHopeless(context, scope, endpoint, made.status);
  return true;
};

/** Gone by its own word, or silent for five days. What waits for it stays, should it be enabled again. */
const disableWhereHopeless = async (
  context: Context,
  scope: Scope,
  told: Endpoint,
  status: number | null,
): Promise<void> => {
  if (status !== GONE && !isHopeless(context, told)) return;
  // It may have taken something else while it was being told this.
  const endpoint = await loadEndpoint(context, scope, told.id);
  if (endpoint?.state !== 'enabled' || endpoint.version !== told.version) return;
  if (status !== GONE && !isHopeless(context, endpoint)) return;
  const whyDisabled =
    status === GONE
      ? 'It answered 410 Gone.'
      : 'Nothing could be delivered to it for five days, although it was tried.';
  const commit = await context.database.commit(scope, [
    updateEndpoint(context, scope, {
      ...switched(endpoint, { state: 'disabled', why: whyDisabled }),
      version: endpoint.version + 1,
    }),
  ]);
  if (!commit.ok) return;
  context.log.error(
    { about: spellId(ENDPOINT, endpoint.id), accountId: scope.accountId, problem: whyDisabled },
    'A webhook endpoint was disabled',
  );
};

const isHopeless = ({ clock }: Context, { failingSinceMs }: Endpoint): boolean =>
  failingSinceMs !== null && clock.now() - failingSinceMs >= DISABLED_AFTER_MS;

const shown = (body: Buffer): string =>
  body.length === 0
    ? ''
    : // Before it is cut: half a number is not known as one.
      beginningOf(maskSensitive(body.toString('utf8').replaceAll('\u0000', '')), ANSWER_SHOWN_MAX);

const retryAfterOf = (header: string | undefined, nowMs: number): number | null => {
  if (header === undefined) return null;
  if (/^\d{1,6}$/.test(header)) return Number(header) * 1_000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs);
};

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused',
  ENOTFOUND: 'name_not_found',
  EAI_AGAIN: 'name_not_found',
  ECONNRESET: 'connection_reset',
  EPIPE: 'connection_reset',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EPROTO: 'tls',
};

const wordOf = (error: unknown): string => {
  if (error instanceof AddressRefused) return 'address_refused';
  if (error instanceof AnswerRefused) return 'not_http';
  const { name, code = '' } = error as { name?: string; code?: string };
  if (name === 'AbortError' || name === 'TimeoutError') return 'timeout';
  // What is wrong with a certificate has some twenty names; that none was shown, or not spoken TLS at all, as many.
  if (/CERT|_SIGNATURE$/.test(code)) return 'certificate';
  if (code.startsWith('ERR_SSL_')) return 'tls';
  return words[code] ?? 'failed';
};
