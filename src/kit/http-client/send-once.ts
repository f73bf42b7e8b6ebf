// The one way out for all that calls a provider over HTTP. One attempt; no redirect is followed, since
// it would post again; everything has one deadline; the answer is bounded and kept as bytes.
//
// `NotSent` is thrown only where the runtime's client made the request and never wrote its head. Every
// other end without a whole answer is `NoAnswer`.

import { AnswerTooLarge, AnswerUnreadable, type Context } from '#kit/context';
import type { HttpRequest, HttpResponse, Limits } from './exchange.ts';
import { NoAnswer } from './no-answer.ts';
import { NotSent } from './not-sent.ts';
import { type Trace, traced } from './trace.ts';

const BYTES_MAX = 1024 * 1024;

export const sendOnce = async (
  context: Pick<Context, 'clock' | 'network'>,
  request: HttpRequest,
  limits: Limits,
): Promise<HttpResponse> => {
  const remainingMs = limits.deadlineMs - context.clock.now();
  if (remainingMs <= 0 || limits.signal?.aborted === true) throw new NotSent('deadline');

  const ended = new AbortController();
  const stop = (): void => ended.abort();
  const trace: Trace = {
    made: false,
    sent: false,
    endIfLate: () => {
      const isLate = context.clock.now() >= limits.deadlineMs;
      if (isLate) stop();
      return isLate;
    },
  };
  limits.signal?.addEventListener('abort', stop, { once: true });
  const callOff = context.clock.alarm(remainingMs, stop);
  try {
    const { bytesMax = BYTES_MAX, reach } = limits;
    const { method, url, headers = {}, body } = request;
    const { signal } = ended;
    return await traced(trace, () =>
      context.network.exchange(
        { method, url, headers, bytesMax, signal, ...(body === undefined ? {} : { body }) },
        reach,
      ),
    );
  } catch (error) {
    throw classify(error, trace, ended.signal.aborted);
  } finally {
    callOff();
    limits.signal?.removeEventListener('abort', stop);
  }
};

const classify = (error: unknown, trace: Trace, outOfTime: boolean): NotSent | NoAnswer => {
  if (error instanceof AnswerTooLarge) return new NoAnswer('too_large');
  if (error instanceof AnswerUnreadable) return new NoAnswer('not_readable');
  const neverLeft = trace.made && !trace.sent;
  const why = outOfTime ? 'timeout' : reasonOf(error);
  return neverLeft
    ? new NotSent(why, { cause: error, isUnreached: true })
    : new NoAnswer(why, { cause: error });
};

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused',
  ERR_ADDRESS_REFUSED: 'address_refused',
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  UND_ERR_SOCKET: 'cut',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'cut',
  HPE_INVALID_CONSTANT: 'no_http',
};

/** Our word for it. The text of an error is never kept: it may repeat what was sent. */
const reasonOf = (error: unknown): string => {
  for (let each = error; each instanceof Error; each = each.cause) {
    const code = (each as { code?: unknown }).code;
    if (typeof code !== 'string') continue;
    if (reasons[code] !== undefined) return reasons[code];
    if (/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO/.test(code)) return 'tls';
    if (code.startsWith('HPE_')) return 'no_http';
  }
  return error instanceof Error && error.name === 'HTTPParserError' ? 'no_http' : 'failed';
};
