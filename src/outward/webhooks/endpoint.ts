// Who wants to hear of what. An endpoint's secrets are a short list: the current one first, then those
// that still count for a while after it was rolled.

import type { Context } from '#kit/context';
import type { Uuid } from '#kit/ids';
import type { Metadata } from '#platform/http';

/** The numbers are stored. */
export const endpointStates = { enabled: 1, disabled: 2, deleted: 3 } as const;
export type EndpointState = keyof typeof endpointStates;

export type Secret = {
  readonly text: string;
  /** Milliseconds since 1970; null for the current one. */
  readonly endsAtMs: number | null;
};

export type Endpoint = {
  readonly id: Uuid;
  readonly version: number;
  readonly state: EndpointState;
  readonly url: string;
  /** Null for all. */
  readonly events: readonly string[] | null;
  readonly ordered: boolean;
  readonly secrets: readonly Secret[];
  readonly apiVersion: string | null;
  readonly description: string | null;
  readonly metadata: Metadata;
  /** In a sentence, for whoever wonders. */
  readonly whyDisabled: string | null;
  readonly failingSinceMs: number | null;
};

/**
 * Of an account in each mode, as at Stripe: what happens is owed to each of them in one transaction, for which
 * everybody else waits. The database counts them too.
 */
export const ENDPOINTS_MAX = 16;

/** As it is once it is enabled, or disabled for this reason. */
export const switched = (
  endpoint: Endpoint,
  { state, why }: { readonly state: EndpointState; readonly why: string | null },
): Endpoint => (state === endpoint.state ? endpoint : { ...endpoint, state, whyDisabled: why });

const SECRET_BYTES = 32;
/** More old ones than that sign nothing any more. */
const OLD_SECRETS_MAX = 10;

/**
 * `whsec_` and base64: Stripe's signature takes the whole text as its key, that of Standard Webhooks the
 * bytes behind the prefix.
 */
export const newSecret = ({ random }: Pick<Context, 'random'>): string =>
  `whsec_${random.bytes(SECRET_BYTES).toString('base64')}`;

export const rolled = (
  secrets: readonly Secret[],
  next: string,
  { nowMs, overlapMs }: { readonly nowMs: number; readonly overlapMs: number },
): readonly Secret[] => [
  { text: next, endsAtMs: null },
  ...secrets
    .map(({ text, endsAtMs }) => ({
      text,
      endsAtMs: Math.min(endsAtMs ?? Infinity, nowMs + overlapMs),
    }))
    .filter(({ endsAtMs }) => endsAtMs > nowMs)
    .slice(0, OLD_SECRETS_MAX),
];

export const liveSecrets = (secrets: readonly Secret[], nowMs: number): readonly string[] =>
  secrets.filter(({ endsAtMs }) => endsAtMs === null || endsAtMs > nowMs).map(({ text }) => text);
