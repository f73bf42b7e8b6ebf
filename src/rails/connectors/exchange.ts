// One exchange with a provider, as support may read it.

import type { Context, Scope } from '#kit/context';
import type { HttpRequest, HttpResponse } from '#kit/http-client';
import { newUuid, type Uuid } from '#kit/ids';
import { maskBody, maskHeaders, maskText } from './mask.ts';

export type Exchange = {
  readonly id: Uuid;
  readonly scope: Scope;
  readonly connectorAccountId: Uuid;
  readonly operationId: Uuid | null;
  readonly atMs: number;
  readonly durationMs: number;
  readonly method: string;
  readonly url: string;
  /** Headers, an empty line, the body. */
  readonly request: string;
  readonly status: number | null;
  readonly response: string | null;
  /** `answered`, or why there was no answer. */
  readonly ended: string;
};

export const exchangeOf = (
  context: Pick<Context, 'clock' | 'random'>,
  of: Pick<Exchange, 'scope' | 'connectorAccountId' | 'operationId' | 'atMs'>,
  {
    request,
    response,
    ended,
    hidden,
  }: {
    readonly request: HttpRequest;
    readonly response: HttpResponse | null;
    readonly ended: string;
    readonly hidden: readonly string[];
  },
): Exchange => ({
  ...of,
  id: newUuid(context),
  durationMs: Math.max(0, context.clock.now() - of.atMs),
  method: request.method,
  url: maskText(request.url, hidden).slice(0, 2_000),
  request: whole(request.headers ?? {}, request.body, hidden),
  status: response?.status ?? null,
  response: response === null ? null : whole(response.headers, response.body, hidden),
  ended,
});

const HEADERS_MAX = 3_000;

const whole = (
  headers: Readonly<Record<string, string>>,
  body: string | Buffer | undefined,
  hidden: readonly string[],
): string => `${maskHeaders(headers, hidden).slice(0, HEADERS_MAX)}\n\n${maskBody(body, hidden)}`;
