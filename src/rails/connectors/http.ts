// The way out for one operation: the common client, bound to its deadline, and noted afterwards with
// card data and secrets taken out.

import type { Context, Scope } from '#kit/context';
import { type HttpRequest, type Limits, NotSent, sendOnce } from '#kit/http-client';
import type { Operation } from '#rails/operations';
import type { ConnectorAccount, Http } from './connector.ts';

export const httpFor =
  (
    context: Context,
    bound: {
      readonly scope: Scope;
      readonly account: ConnectorAccount;
      readonly operation: Operation | null;
      /** Grows while the call goes on: a card's digits are known once it is open. */
      readonly hidden: readonly string[];
      readonly limits: Limits;
    },
  ): Http =>
  (request: HttpRequest) => {
    if (bound.scope.livemode && !request.url.startsWith('https:')) {
      throw new NotSent('not_encrypted');
    }
    return sendOnce(context, request, bound.limits);
  };
