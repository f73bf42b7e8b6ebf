// The headers of an answer, as one flat list, which is what node writes fastest.

import { shouldRetry } from './errors.ts';
import type { Answer } from './execute.ts';

export type AnswerFrame = {
  readonly requestId: string;
  readonly method: string;
  readonly apiVersion: string;
  readonly idempotencyKey: string | null;
  /** Echoed when the request named it. */
  readonly account: string | null;
  /** Whether pages of any origin may read the answer: routes of publishable keys. */
  readonly crossOrigin: boolean;
  readonly lastOfConnection: boolean;
};

/** An API answer is never a page: nothing may run in it, frame it, or learn where it was. */
export const securityHeaders = (publicUrl: string): readonly string[] => [
  'X-Content-Type-Options',
  'nosniff',
  'X-Frame-Options',
  'DENY',
  'Referrer-Policy',
  'no-referrer',
  ...(publicUrl.startsWith('https:')
    ? ['Strict-Transport-Security', 'max-age=31536000; includeSubDomains']
    : []),
];

export const answerHeaders = (
  security: readonly string[],
  answer: Answer,
  frame: AnswerFrame,
): string[] => {
  const headers = [
    'Content-Type',
    'application/json',
    'Content-Length',
    String(Buffer.byteLength(answer.body)),
    'Cache-Control',
    'no-cache, no-store',
    'Content-Security-Policy',
    "default-src 'none'; frame-ancestors 'none'",
    'Request-Id',
    frame.requestId,
    'Stripe-Version',
    frame.apiVersion,
    ...security,
  ];

  const { error, replayOf } = answer;
  if (error !== null || frame.method === 'POST') {
    const retry = error !== null && shouldRetry(error, answer.stored);
    headers.push('Stripe-Should-Retry', String(retry));
  }
  if (frame.idempotencyKey !== null) {
    headers.push('Idempotency-Key', frame.idempotencyKey);
    // Only what is stored was executed for this key, now or earlier.
    if (answer.stored) headers.push('Original-Request', replayOf ?? frame.requestId);
  }
  // HTTP wants it, and some of Java's clients read no 401 without it. A browser asks its user nothing.
  if (error?.status === 401) headers.push('WWW-Authenticate', 'Bearer realm="Tollgate"');
  if (replayOf !== null) headers.push('Idempotent-Replayed', 'true');
  if (frame.account !== null) headers.push('Stripe-Account', frame.account);
  if (error?.fields.retryAfterSeconds !== undefined) {
    headers.push('Retry-After', String(error.fields.retryAfterSeconds));
  }
  if (frame.crossOrigin) headers.push(...crossOriginHeaders);
  if (frame.lastOfConnection) headers.push('Connection', 'close');
  return headers;
};

const crossOriginHeaders: readonly string[] = [
  'Access-Control-Allow-Origin',
  '*',
  'Access-Control-Expose-Headers',
  'Request-Id, Stripe-Should-Retry, Retry-After',
];

/** What a browser is told before it sends a request with headers of its own. */
export const preflightHeaders: readonly string[] = [
  ...crossOriginHeaders,
  'Access-Control-Allow-Methods',
  'GET, POST, DELETE, HEAD, OPTIONS',
  'Access-Control-Allow-Headers',
  'Authorization, Content-Type, Idempotency-Key, Stripe-Account, Stripe-Version, Tollgate-Proof, X-Stripe-Client-User-Agent',
  'Access-Control-Max-Age',
  '300',
  'Content-Length',
  '0',
];
