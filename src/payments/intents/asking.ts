// Who asks for something of a payment: a request, or the house itself.

import type { Context, Scope } from '#kit/context';
import { withoutDelicateReason, withoutReason } from '#payments/risk';
import type { Cause } from '#platform/events';
import { ApiError, type ApiRequest, type Outcome } from '#platform/http';

export type Asking = Pick<ApiRequest, 'claim' | 'claimed' | 'conclude'> & {
  readonly scope: Scope;
  readonly cause: Cause;
};

export const askingOf = (
  request: Pick<
    ApiRequest,
    'scope' | 'requestId' | 'idempotencyKey' | 'claim' | 'claimed' | 'conclude'
  >,
): Asking => {
  const { scope, requestId, idempotencyKey, claim, claimed, conclude } = request;
  return { scope, claim, claimed, conclude, cause: { requestId, idempotencyKey } };
};

export type Telling = (error: ApiError) => ApiError;

/** A payer's page learns no reason that helps a thief, and a suspect's page learns none at all. */
export const tellingFor = ({ actor }: Context, isSuspect: boolean): Telling => {
  if (actor.visitor === undefined) return (error) => error;
  return isSuspect ? withoutReason : withoutDelicateReason;
};

export const askingWith = (asking: Asking, telling: Telling): Asking => ({
  ...asking,
  conclude: (outcome) => asking.conclude(toldWith(outcome, telling)),
});

export const toldWith = (outcome: Outcome, telling: Telling): Outcome =>
  outcome.body instanceof ApiError ? { ...outcome, body: telling(outcome.body) } : outcome;

/** Nobody waits for an answer, and there is no key to be claimed. */
export const askingByItself = (scope: Scope): Asking => ({
  scope,
  cause: null,
  claim: () => [],
  claimed: () => {},
  conclude: async () => [],
});

export const isOffSession = (asked: string | undefined): boolean =>
  asked !== undefined && asked !== 'false';
