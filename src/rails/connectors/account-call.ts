// Calls to a provider beside the payments: about an account, and not about one operation.

import type { Context, Scope } from '#kit/context';
import { Unavailable } from '#kit/failure';
import type { Uuid } from '#kit/ids';
import type { AccountCall, ConnectorFunctions } from './connector.ts';
import { httpFor } from './http.ts';
import type { Parts } from './parts.ts';
import { openAccount } from './port.ts';

const TIMEOUT_MS = 20_000;

/** Nothing leaves while it is not safe, in live mode or at all: whoever wants it comes again. */
export const refuseUnsafe = ({ outgoing }: Parts, { livemode }: Scope): void => {
  if (livemode && !outgoing.isLiveSafe()) throw new Unavailable('Live mode is stopped.');
  if (outgoing.takeOvers.areOpen) {
    throw new Unavailable(
      'Another database server took over: what it has forgotten is looked for.',
    );
  }
};

/** Throws `NotSent` when the account is deleted or its connector is gone, and `Unavailable` where live mode is stopped. */
export const withAccount = async <T>(
  parts: Parts,
  context: Context,
  scope: Scope,
  connectorAccountId: Uuid,
  use: (with_: {
    readonly functions: ConnectorFunctions;
    readonly call: AccountCall;
  }) => Promise<T>,
): Promise<T> => {
  refuseUnsafe(parts, scope);
  const { account, functions, hidden } = await openAccount(
    parts,
    context,
    scope,
    connectorAccountId,
  );
  const deadline = context.clock.now() + TIMEOUT_MS;
  const { signal } = new AbortController();
  const http = httpFor(context, parts.notes, {
    scope,
    connectorAccountId,
    operationId: null,
    hidden,
    judge: account.judge,
    limits: { deadlineMs: deadline, signal },
  });
  return use({ functions, call: { context, scope, account, http, deadline, signal } });
};
