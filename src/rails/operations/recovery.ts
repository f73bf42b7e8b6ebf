// What may be done about an operation whose end is not known: a table of what the provider gives, and
// the choice of the next step. Nothing here guesses; where nothing can be done, one waits.

import type { ConnectorPort } from './call-out.ts';
import type { Operation } from './operation.ts';
import { isFinished } from './operation-states.ts';

const HOUR_MS = 60 * 60 * 1000;

/** A provider may count its window from another moment, or by another clock. */
const WINDOW_MARGIN_MS = HOUR_MS;
/** So old, an operation is also shown to a person. */
const HUMAN_AFTER_MS = 24 * HOUR_MS;
/** What a provider says it works on takes some days, a refund ten working days at most: then a person should ask. */
export const PENDING_MS_MAX = 14 * 24 * HOUR_MS;

export type RecoveryStep =
  /** A: the same key and the same body answer what was answered first, within a window. */
  | { readonly class: 'A'; readonly windowMs: number; readonly port: ConnectorPort }
  /** B: it can be asked by our reference. Its `not_found` says after which time it counts. */
  | { readonly class: 'B'; readonly port: ConnectorPort }
  /** C: it can be cancelled or reversed, and says so. */
  | { readonly class: 'C'; readonly port: ConnectorPort };

/** In order of preference, per operation of a connector. Class D is an empty list. */
export type Recovery = {
  readonly steps: readonly RecoveryStep[];
  readonly timeoutMs: number;
};

export const chooseStep = (
  operation: Pick<Operation, 'state' | 'firstSentAtMs'>,
  { steps }: Recovery,
  nowMs: number,
): RecoveryStep | null => {
  if (isFinished(operation.state)) return null;
  // Somebody is at work on it, here or there: one may ask, and must not interfere.
  const onlyAsk = operation.state === 'pending' || operation.state === 'action_required';
  const ageMs = nowMs - operation.firstSentAtMs;
  return (
    steps.find((step) => {
      if (step.class === 'A') return !onlyAsk && ageMs < step.windowMs - WINDOW_MARGIN_MS;
      return step.class === 'B' || !onlyAsk;
    }) ?? null
  );
};

export const isForHuman = (
  operation: Pick<Operation, 'state' | 'firstSentAtMs'>,
  nowMs: number,
): boolean => operation.state === 'unknown' && nowMs - operation.firstSentAtMs >= HUMAN_AFTER_MS;
