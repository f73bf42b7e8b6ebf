// Asking a provider at once, because somebody waits: a payer who has come back, or one who gives up. Whatever
// is learned ends in the same writer as an answer and a webhook; what is not stays the resolver's to find out.

import { type Context, onRealTime, type Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { callOut, conclude, isFinished, loadKnown, recordEvidence } from '#rails/operations';
import type { Parts } from './parts.ts';
import { portOf } from './port.ts';
import { listenersWrites } from './send.ts';

/** A browser is waiting. */
const TIMEOUT_MS = 10_000;
/** Shorter than a payer waits between two looks. */
const ASKED_AGAIN_AFTER_MS = 500;

const points = { journaled: 'resolve.journaled', answered: 'resolve.answered' } as const;

/**
 * Whoever wants to know the same at the same moment, or in the next, is answered by one question: the address that a
 * payer comes back to may be called as often as anybody likes.
 */
export const askNow = (parts: Parts, caller: Context, scope: Scope, id: Uuid): Promise<void> => {
  const { asking } = parts;
  const asked = asking.get(id);
  if (asked !== undefined) return asked;
  const answered = ask(parts, caller, scope, { id, verb: 'lookUp' });
  asking.set(id, answered);
  const forget = (): void => {
    setTimeout(() => asking.delete(id), ASKED_AGAIN_AFTER_MS).unref();
  };
  answered.then(forget, forget);
  return answered;
};

/** Two calls where the provider had another answer than the one that was wanted: its payer was faster. */
export const abandonNow = async (
  parts: Parts,
  caller: Context,
  scope: Scope,
  id: Uuid,
): Promise<void> => {
  await ask(parts, caller, scope, { id, verb: 'abandon' });
  await ask(parts, caller, scope, { id, verb: 'lookUp' });
};

const ask = async (
  parts: Parts,
  caller: Context,
  scope: Scope,
  { id, verb }: { readonly id: Uuid; readonly verb: 'lookUp' | 'abandon' },
): Promise<void> => {
  const context = onRealTime(caller);
  const known = await loadKnown(context, scope, id);
  if (known === undefined || isFinished(known.operation.state)) return;
  const askedAtMs = context.clock.now();
  const deadlineMs = askedAtMs + Math.min(TIMEOUT_MS, parts.timeoutMsMax);
  const says = await callOut(context, parts.outgoing, {
    scope,
    operation: { ...known.operation, deadlineMs },
    port: portOf(parts, context, scope, verb),
    deadlineMs,
    movesMoney: false,
    points,
  });
  // What proves nothing is not kept: the resolver asks by its own rules.
  if (says.outcome === 'not_sent' || says.outcome === 'not_found') return;
  if (says.outcome === 'unknown' && says.unmapped === undefined) return;

  const evidence = {
    kind: verb === 'lookUp' ? 'look_up' : 'answer',
    says,
    atMs: askedAtMs,
  } as const;
  const heard = { id: '', send: null, sourceKey: null, considered: [], ...evidence };
  const before = conclude(known.operation, known.evidence);
  const after = conclude(known.operation, [...known.evidence, heard]);
  if (after.state === before.state && String(after.alerts) === String(before.alerts)) return;
  await recordEvidence(context, scope, {
    operationId: id,
    evidence,
    writes: listenersWrites(parts, context, scope),
  });
};
