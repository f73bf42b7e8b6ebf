// One operation through the rails: the request is committed with the intent, the connector's function
// is called, and what is learned is committed with all that follows from it.

import { present } from '#kit/assert';
import { type Context, onRealTime, type Scope, type Write } from '#kit/context';
import { newUuid } from '#kit/ids';
import {
  type Change,
  type ConnectorPort,
  type NewOperation,
  newOperation,
  type Sent,
  sendOperation,
  type WritesOf,
} from '#rails/operations';
import { loadAccount } from './accounts.store.ts';
import { type Parts, verbOf } from './parts.ts';
import { openAccount, portOf } from './port.ts';
import type { OperationListener, RailsSending } from './rails.ts';
import { askedOf } from './requests.store.ts';

export const send = async (
  parts: Parts,
  caller: Context,
  scope: Scope,
  sending: RailsSending,
): Promise<Sent> => {
  const context = onRealTime(caller);
  const { request, isFirst = false, intent = [], writes, connector, ...asked } = sending;
  const verb = present(verbOf[asked.kind], `A function for ${asked.kind}`);
  const operation = newOperation(context, scope, parts.providerKeys, {
    // Named by the clock of the house and sent by the real one: a trace tells from it how far they were apart.
    id: newUuid({ ...context, clock: parts.clock }),
    ...asked,
    ...(await termsOf(parts, context, scope, {
      ...asked,
      request,
      ...(connector === undefined ? {} : { connector }),
    })),
  });

  const call = noticingEnd(portOf(parts, context, scope, verb, request));
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

/** Its time limit, and our reference where the other side dictates its form. */
const termsOf = async (
  parts: Parts,
  context: Context,
  scope: Scope,
  sending: Omit<RailsSending, 'intent' | 'writes'>,
): Promise<Pick<NewOperation, 'timeoutMs' | 'reference'>> => {
  const { request, connector, ...operation } = sending;
  const verb = verbOf[operation.kind];
  const timeoutAt = (name: string): number => {
    const definition = parts.directory.connectors.get(name)?.definition;
    const support =
      verb === undefined || verb === 'reverse' ? undefined : definition?.operations[verb];
    return Math.min(support?.timeoutMs ?? 30_000, parts.timeoutMsMax);
  };
  if (connector !== undefined && parts.functions.get(connector)?.referenceFor === undefined) {
    return { timeoutMs: timeoutAt(connector) };
  }
  const stored = present(
    await loadAccount(context, scope, operation.connectorAccountId),
    'The connector account',
  );
  const timeoutMs = timeoutAt(stored.connector);

  const { referenceFor } = parts.functions.get(stored.connector) ?? {};
  if (referenceFor === undefined || stored.deleted) return { timeoutMs };
  const { account } = await openAccount(parts, context, scope, stored.id);
  return {
    timeoutMs,
    reference: await referenceFor(context, scope, { account, operation, request }),
  };
};

const noticingEnd = (port: ConnectorPort) => {
  let signal: AbortSignal | null = null;
  const noticing: ConnectorPort = (call) => {
    ({ signal } = call);
    return port(call);
  };
  return { port: noticing, wasGivenUp: (): boolean => signal?.aborted === true };
};

/** What follows from a change is the business of the house, and goes by its clock. */
export const listenersWrites =
  ({ listeners, clock }: Parts, context: Context, scope: Scope): WritesOf =>
  (change) =>
    heardBy(listeners, { ...context, clock }, scope, change);

/** What all of them write of a change. */
export const heardBy = async (
  listeners: readonly OperationListener[],
  context: Context,
  scope: Scope,
  change: Change,
): Promise<readonly Write[]> => {
  const heard = listeners.map((listener) => listener(context, scope, change));
  return (await Promise.all(heard.filter((writes) => writes !== null))).flat();
};
