// One operation through the rails: the request is committed with the intent, the connector's function
// is called, and what is learned is committed with all that follows from it.

import { present } from '#kit/assert';
import type { Context, Scope } from '#kit/context';
import {
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
import type { RailsSending } from './rails.ts';
import { insertRequest } from './requests.store.ts';

export const send = async (
  parts: Parts,
  context: Context,
  scope: Scope,
  sending: RailsSending,
): Promise<Sent> => {
  const { request, intent = [], writes, ...asked } = sending;
  const verb = present(verbOf[asked.kind], `A function for ${asked.kind}`);
  const operation = newOperation(context, scope, parts.providerKeys, {
    ...asked,
    ...(await termsOf(parts, context, scope, { ...asked, request })),
  });

  const call = noticingEnd(portOf(parts, context, scope, verb, request));
  return sendOperation(context, scope, parts.outgoing, {
    operation,
    port: call.port,
    intent: [insertRequest(scope, operation.id, request), ...intent],
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
  const { request, ...operation } = sending;
  const stored = present(
    await loadAccount(context, scope, operation.connectorAccountId),
    'The connector account',
  );
  const definition = parts.directory.connectors.get(stored.connector)?.definition;
  const verb = verbOf[operation.kind];
  const support =
    verb === undefined || verb === 'reverse' ? undefined : definition?.operations[verb];
  const timeoutMs = Math.min(support?.timeoutMs ?? 30_000, parts.timeoutMsMax);

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

export const listenersWrites =
  ({ listeners }: Parts, context: Context, scope: Scope): WritesOf =>
  async (change) =>
    (await Promise.all(listeners.map((listener) => listener(context, scope, change)))).flat();
