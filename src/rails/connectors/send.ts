// One operation through the rails: the request is committed with the intent, the connector's function
// is called, and what is learned is committed with all that follows from it.

import { assert, present } from '#kit/assert';
import { type Context, onRealTime, readAhead, type Scope, type Write } from '#kit/context';
import { newUuid, type Uuid } from '#kit/ids';
import { refuse } from '#platform/http';
import {
  type Change,
  type ConnectorPort,
  type NewOperation,
  newOperation,
  type Sent,
  sendOperation,
  type WritesOf,
} from '#rails/operations';
import type { StoredAccount } from './account.ts';
import { refuseUnsafe } from './account-call.ts';
import { accountOf } from './known-accounts.ts';
import { type Parts, verbOf } from './parts.ts';
import { openStored, originalOf, portOf } from './port.ts';
import type { OperationListener, RailsSending } from './rails.ts';
import { isFollowing } from './request.ts';
import { askedOf } from './requests.store.ts';

export const send = async (
  parts: Parts,
  caller: Context,
  scope: Scope,
  sending: RailsSending,
): Promise<Sent> => {
  const context = onRealTime(caller);
  const { request, isFirst = false, intent = [], writes, candidate } = sending;
  refuseUnsafe(parts, scope);
  refuseForgotten(parts, sending.intentId);
  const verb = present(verbOf[sending.kind], `A function for ${sending.kind}`);
  const at = candidate ?? sending;
  assert(
    at.connectorAccountId === sending.connectorAccountId,
    'It is sent where it was chosen to be',
  );
  // All that the call will need is read together, and before anything is committed.
  const account =
    candidate === undefined
      ? readAhead(context, () => accountOf(context, scope, at))
      : () => accountOf(context, scope, at);
  const original = isFollowing(request)
    ? readAhead(context, () => originalOf(context, scope, request))
    : null;
  const asked = {
    // Named by the clock of the house and sent by the real one: a trace tells from it how far they were apart.
    id: sending.id ?? newUuid({ clock: parts.clock, random: context.random }),
    kind: sending.kind,
    intentId: sending.intentId,
    ordinal: sending.ordinal,
    attempt: sending.attempt,
    connectorAccountId: sending.connectorAccountId,
    amount: sending.amount,
    currency: sending.currency,
  };
  const terms = await termsOf(parts, context, scope, { operation: asked, request, account });
  const operation = newOperation(context, scope, parts.providerKeys, { ...asked, ...terms });

  const call = noticingEnd(portOf(parts, context, scope, verb, { request, account, original }));
  return sendOperation(context, scope, parts.outgoing, {
    operation,
    port: call.port,
    isFirst,
    asked: askedOf(request),
    intent,
    writes: async (change) => {
      const theirs = await listenersWrites(parts, context, scope)(change);
      // What comes after the deadline is no longer the caller's: it has been told already.
      const says = change.evidence?.says;
      const isLate =
        call.wasGivenUp() && !(says?.outcome === 'unknown' && says.code === 'deadline');
      return isLate ? theirs : [...theirs, ...((await writes?.(change)) ?? [])];
    },
  });
};

/** What was done for it lives at its provider, and nobody here knows what that was. */
const refuseForgotten = ({ forgotten }: Parts, intentId: Uuid): void => {
  if (forgotten.size === 0 || !forgotten.has(intentId)) return;
  throw refuse('payment_intent_outcome_unknown', {
    message:
      'Money of this payment was moved, or was to be moved, by a call of which the database knows nothing: it was restored from an earlier state. Nothing else is sent for it until its operator has found out at the provider what became of it.',
  });
};

/** Its time limit, and our reference where the other side dictates its form. */
const termsOf = async (
  parts: Parts,
  context: Context,
  scope: Scope,
  {
    operation,
    request,
    account,
  }: {
    readonly operation: Omit<NewOperation, 'reference' | 'timeoutMs'>;
    readonly request: RailsSending['request'];
    readonly account: () => Promise<StoredAccount | undefined>;
  },
): Promise<Pick<NewOperation, 'timeoutMs' | 'reference'>> => {
  const verb = verbOf[operation.kind];
  const stored = present(await account(), 'The connector account');
  const definition = parts.directory.connectors.get(stored.connector)?.definition;
  const support =
    verb === undefined || verb === 'reverse' ? undefined : definition?.operations[verb];
  const timeoutMs = Math.min(support?.timeoutMs ?? 30_000, parts.timeoutMsMax);

  const { referenceFor } = parts.functions.get(stored.connector) ?? {};
  if (referenceFor === undefined || stored.deleted) return { timeoutMs };
  const opened = openStored(parts, scope, stored);
  return {
    timeoutMs,
    reference: await referenceFor(context, scope, { account: opened.account, operation, request }),
  };
};

const noticingEnd = (port: ConnectorPort) => {
  let signal: AbortSignal | null = null;
  const noticing: ConnectorPort = (call) => {
    ({ signal } = call);
    return port(call);
  };
  if (port.entries !== undefined) noticing.entries = port.entries;
  if (port.ahead !== undefined) noticing.ahead = port.ahead;
  return { port: noticing, wasGivenUp: (): boolean => signal?.aborted === true };
};

/** What follows from a change is the business of the house, and goes by its clock. */
export const listenersWrites =
  ({ listeners, clock }: Parts, context: Context, scope: Scope): WritesOf =>
  (change) =>
    heardBy(listeners, { ...context, clock }, scope, change);

/** What all of them write of a change. */
export const heardBy = (
  listeners: readonly OperationListener[],
  context: Context,
  scope: Scope,
  change: Change,
): Promise<readonly Write[]> => {
  const heard = listeners
    .map((listener) => listener(context, scope, change))
    .filter((writes) => writes !== null);
  // As it is for nearly all.
  if (heard.length === 1) return heard[0] as Promise<readonly Write[]>;
  return Promise.all(heard).then((each) => each.flat());
};
