// Sends one operation. Three steps, each of which may be the last one that happens: the intent is
// committed, a line is written into the send journal, the call is made; then what was learned is
// committed with all that follows from it. Whatever is left behind, the resolver goes on from there.

import type { Context, Scope, Write, WriteStatement } from '#kit/context';
import { type ConnectorPort, callOut, type Outgoing } from './call-out.ts';
import type { Conclusion } from './conclude.ts';
import { conclude } from './conclude.ts';
import type { Operation } from './operation.ts';
import { loadKnown } from './operations.store.ts';
import { nextLookMs } from './pace.ts';
import { recordEvidence, type WritesOf } from './record-evidence.ts';
import { type Asked, insertFirstOperation, insertOperation } from './write-operation.store.ts';

export type Sending = {
  readonly operation: Operation;
  readonly port: ConnectorPort;
  readonly asked?: Asked;
  /** What it is done for is committed with it: there can be no other attempt. */
  readonly isFirst?: boolean;
  /** Committed with the intent: the attempt, a reservation, an idempotency claim. */
  readonly intent?: readonly Write[];
  /** Committed with what was learned, now or when it comes late. */
  readonly writes?: WritesOf;
};

export type Sent =
  | { readonly ok: true; readonly operation: Operation; readonly conclusion: Conclusion }
  /** Nothing was written or sent: the attempt is there already, or another is alive beside it. */
  | { readonly ok: false; readonly code: 'not_alone' }
  /** Nothing was written or sent: a row of the caller's own lost. */
  | { readonly ok: false; readonly code: 'lost'; readonly lost: WriteStatement };

export const sendOperation = async (
  context: Context,
  scope: Scope,
  outgoing: Outgoing,
  { operation: given, port, asked, isFirst = false, intent = [], writes }: Sending,
): Promise<Sent> => {
  const operation = begun(context, given);
  context.crashPoint('send.before');
  const insert = (isFirst ? insertFirstOperation : insertOperation)(scope, operation, asked);
  const commit = await context.database.commit(scope, [
    insert,
    ...intent,
    ...(port.entries?.(operation) ?? []),
  ]);
  if (!commit.ok) {
    return commit.lost === insert.into
      ? { ok: false, code: 'not_alone' }
      : { ok: false, code: 'lost', lost: commit.lost };
  }
  context.crashPoint('send.intended');

  const recording = { operationId: operation.id, ...(writes ? { writes } : {}) };
  const says = await callOut(context, outgoing, {
    scope,
    operation,
    port,
    deadlineMs: operation.deadlineMs,
    movesMoney: operation.kind !== 'inquire',
    points: { journaled: 'send.journaled', answered: 'send.answered' },
    late: (outcome) =>
      recordEvidence(context, scope, {
        ...recording,
        evidence: { kind: 'answer', says: outcome, send: 1 },
      }),
  });

  const recorded = await recordEvidence(context, scope, {
    ...recording,
    evidence: { kind: 'answer', says, send: 1 },
    known: { operation, evidence: [] },
  });
  context.crashPoint('send.recorded');
  if (recorded.ok) {
    const { after, conclusion } = recorded.change;
    return { ok: true, operation: after, conclusion };
  }
  return asItIs(context, scope, operation);
};

const begun = (context: Context, operation: Operation): Operation => {
  const sending: Operation = { ...operation, state: 'sending', sends: 1, version: 1 };
  return { ...sending, dueAtMs: nextLookMs(context, sending) };
};

/** What was learned could not be written; what the database knows is what counts. */
const asItIs = async (context: Context, scope: Scope, sent: Operation): Promise<Sent> => {
  const { operation, evidence } = (await loadKnown(context, scope, sent.id)) ?? {
    operation: sent,
    evidence: [],
  };
  return { ok: true, operation, conclusion: conclude(operation, evidence) };
};
