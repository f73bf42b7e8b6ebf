// The one writer. Whatever was learned, and by whom, ends here: the evidence, the state that follows
// from all evidence, and what the caller writes because of it commit together or not at all.

import { Bug } from '#kit/assert';
import type { Context, Scope, Write } from '#kit/context';
import { newUuid, type Uuid } from '#kit/ids';
import { isServerError } from '#platform/db';
import { type Conclusion, conclude } from './conclude.ts';
import { insertEvidence } from './evidence.store.ts';
import type { Evidence } from './evidence.ts';
import { isLeased } from './leased.store.ts';
import { type Operation, spellOperation } from './operation.ts';
import { isFinished, next } from './operation-states.ts';
import { type Known, loadKnown } from './operations.store.ts';
import { nextLookMs } from './pace.ts';
import { updateOperation } from './write-operation.store.ts';

export type NewEvidence = Pick<Evidence, 'kind' | 'says'> &
  Partial<Pick<Evidence, 'atMs' | 'send' | 'sourceKey' | 'considered'>>;

export type Change = {
  readonly before: Operation;
  readonly after: Operation;
  readonly conclusion: Conclusion;
  /** Undefined where only time has passed. */
  readonly evidence?: Evidence;
};

/** What others commit together with a change: a charge, postings, an event, a stored answer. */
export type WritesOf = (change: Change) => readonly Write[] | Promise<readonly Write[]>;

/** Thrown by what follows a change: that word cannot count now, and is not kept. It may be said again later. */
export class DoesNotCount extends Error {
  override readonly name = 'DoesNotCount';
  /** It is being taken back; a provider is being asked; a settlement says that it moved. */
  readonly code: 'taken_back' | 'at_work' | 'settled';

  constructor(code: DoesNotCount['code']) {
    super(`What was said does not count: ${code}`);
    this.code = code;
  }
}

export type Recorded =
  | { readonly ok: true; readonly change: Change; readonly repeated: boolean }
  | {
      readonly ok: false;
      readonly code: 'no_such_operation' | 'lease_lost' | 'another_is_alive' | DoesNotCount['code'];
    };

export type Recording = {
  readonly operationId: Uuid;
  readonly evidence: NewEvidence;
  readonly writes?: WritesOf;
  /** As it was read or written last; read anew where that has become old. */
  readonly known?: Known;
  /** Nothing is written any more once somebody else has taken the operation over. */
  readonly leaseEpoch?: number;
  /** The resolver has tried, and looks again later than it did. */
  readonly isTry?: boolean;
  /** More is to be done under this lease. */
  readonly keepLease?: boolean;
};

const ROUNDS_MAX = 20;
const UNIQUE_VIOLATION = '23505';

export const recordEvidence = async (
  context: Context,
  scope: Scope,
  recording: Recording,
): Promise<Recorded> => {
  const evidence: Evidence = {
    id: newUuid(context),
    atMs: context.clock.now(),
    send: null,
    sourceKey: null,
    considered: [],
    ...recording.evidence,
  };
  return applyChange(context, scope, recording, evidence, ({ operation, evidence: known }) => {
    const conclusion = conclude(operation, [...known, evidence]);
    return { conclusion, state: conclusion.state };
  });
};

/** Nothing was learned: it is looked at again later, by a person too when it is old. */
export const postpone = (
  context: Context,
  scope: Scope,
  recording: Omit<Recording, 'evidence'> & {
    readonly toHuman: boolean;
    readonly dueAtMs?: number;
  },
): Promise<Recorded> =>
  applyChange(context, scope, recording, undefined, ({ operation, evidence }) => ({
    conclusion: conclude(operation, evidence),
    state: recording.toHuman
      ? (next(operation.state, 'give_to_human') ?? operation.state)
      : operation.state,
    ...(recording.dueAtMs === undefined ? {} : { dueAtMs: recording.dueAtMs }),
  }));

type Decision = {
  readonly conclusion: Conclusion;
  readonly state: Operation['state'];
  readonly dueAtMs?: number;
};

const applyChange = async (
  context: Context,
  scope: Scope,
  recording: Omit<Recording, 'evidence'>,
  evidence: Evidence | undefined,
  decide: (known: Known) => Decision,
): Promise<Recorded> => {
  let known = recording.known;
  for (let round = 1; round <= ROUNDS_MAX; round += 1) {
    known ??= await loadKnown(context, scope, recording.operationId);
    if (known === undefined) return { ok: false, code: 'no_such_operation' };
    const { operation } = known;
    if (recording.leaseEpoch !== undefined && recording.leaseEpoch !== operation.leaseEpoch) {
      return { ok: false, code: 'lease_lost' };
    }
    if (evidence !== undefined && isKnown(known, evidence)) {
      const conclusion = conclude(operation, known.evidence);
      return {
        ok: true,
        repeated: true,
        change: { before: operation, after: operation, conclusion },
      };
    }

    const { conclusion, state, dueAtMs } = decide(known);
    const tries = operation.tries + (recording.isTry === true ? 1 : 0);
    const after: Operation = {
      ...operation,
      state,
      code: conclusion.code,
      alerts: conclusion.alerts,
      needsReview: conclusion.needsReview,
      tries,
      dueAtMs: isFinished(state)
        ? null
        : (dueAtMs ?? nextLookMs(context, { ...operation, state, tries })),
      version: operation.version + 1,
    };
    const change: Change = {
      before: operation,
      after,
      conclusion,
      ...(evidence === undefined ? {} : { evidence }),
    };
    const committed = await commitChange(context, scope, change, recording);
    if (committed === 'done') {
      tellOfAlerts(context, scope, change);
      return { ok: true, repeated: false, change };
    }
    if (committed !== 'lost') return { ok: false, code: committed };
    // A lease that has run out is lost, also while nobody else has taken it.
    if (recording.keepLease === true && !(await isLeased(context, scope, operation.id))) {
      return { ok: false, code: 'lease_lost' };
    }
    // Somebody was faster, here or in what the caller writes: read again and decide again.
    known = undefined;
  }
  throw new Bug('Evidence was refused by the database however often it was read anew');
};

const isKnown = (known: Known, evidence: Evidence): boolean =>
  evidence.sourceKey !== null &&
  known.evidence.some(
    ({ kind, sourceKey }) => kind === evidence.kind && sourceKey === evidence.sourceKey,
  );

const commitChange = async (
  context: Context,
  scope: Scope,
  change: Change,
  { writes, keepLease = false }: Pick<Recording, 'writes' | 'keepLease'>,
): Promise<'done' | 'lost' | 'another_is_alive' | DoesNotCount['code']> => {
  try {
    const unit = [
      updateOperation(scope, change.after, { keepLease }),
      ...(change.evidence === undefined
        ? []
        : [insertEvidence(scope, change.after.id, change.evidence)]),
      ...((await writes?.(change)) ?? []),
    ];
    const commit = await context.database.commit(scope, unit);
    return commit.ok ? 'done' : 'lost';
  } catch (error) {
    if (error instanceof DoesNotCount) return error.code;
    // A person may not end the review of a late approval while another attempt lives beside it.
    if (isServerError(error) && error.code === UNIQUE_VIOLATION) return 'another_is_alive';
    throw error;
  }
};

const tellOfAlerts = (context: Context, scope: Scope, { before, after }: Change): void => {
  for (const alert of after.alerts.filter((each) => !before.alerts.includes(each))) {
    context.log.error(
      { about: spellOperation(after.id), accountId: scope.accountId, problem: alert },
      'An operation does not fit what was learned of it and waits for a person',
    );
  }
  if (after.state === 'human' && before.state !== 'human') {
    context.log.error(
      { about: spellOperation(after.id), accountId: scope.accountId },
      'Nobody could say what became of an operation: it waits for a person',
    );
  }
};
