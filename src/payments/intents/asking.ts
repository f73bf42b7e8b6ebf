// Who asks for something of a payment: a request, or the house itself.

import type { Scope } from '#kit/context';
import type { ApiRequest } from '#platform/http';
import type { Cause } from './payment.ts';

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

/** Nobody waits for an answer, and there is no key to be claimed. */
export const askingByItself = (scope: Scope): Asking => ({
  scope,
  cause: null,
  claim: () => [],
  claimed: () => {},
  conclude: async () => [],
});
