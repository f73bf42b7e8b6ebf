// The one way out for all that calls a provider over HTTP. One attempt; no redirect is followed, since
// it would post again; everything has one deadline; the answer is bounded and kept as bytes.
//
// `NotSent` is thrown only where the runtime's client made the request and never wrote its head. Every
// other end without a whole answer is `NoAnswer`.

import type { Context } from '#kit/context';
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
  const done = new AbortController();
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
  const expire = async (): Promise<void> => {
    await context.clock.sleep(remainingMs, done.signal);
    if (!done.signal.aborted) stop();
  };
  void expire();

  try {
    const answer = await traced(trace, () =>
      fetchOnce(context, request, ended.signal, limits.reach),
    );
    return await wholeAnswer(answer, limits.bytesMax ?? BYTES_MAX);
  } catch (error) {
    if (error instanceof NoAnswer || error instanceof NotSent) throw error;
    throw classify(error, trace, ended.signal.aborted);
  } finally {
    done.abort();
    limits.signal?.removeEventListener('abort', stop);
  }
};

const fetchOnce = (
  { network }: Pick<Context, 'network'>,
  { method, url, headers = {}, body }: HttpRequest,
  signal: AbortSignal,
  reach: Limits['reach'],
): Promise<Response> =>
  network.fetch(
    url,
    {
      method,
      headers,
      redirect: 'manual',
      signal,
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' ? body : new Uint8Array(body) }),
    },
    reach,
  );

const wholeAnswer = async (answer: Response, bytesMax: number): Promise<HttpResponse> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (answer.body !== null) {
    // Leaving the loop early cancels the rest.
    for await (const chunk of answer.body) {
      size += chunk.length;
      if (size > bytesMax) throw new NoAnswer('too_large');
      chunks.push(chunk);
    }
  }
  return {
    status: answer.status,
    headers: Object.fromEntries(answer.headers),
    body: Buffer.concat(chunks),
  };
};

const classify = (error: unknown, trace: Trace, outOfTime: boolean): NotSent | NoAnswer => {
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
  return error instanceof Error && error.name === 'TypeError' ? 'cut' : 'failed';
};
