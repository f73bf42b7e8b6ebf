// What became of an operation, held against the lines of settlements that name it: one that fitted nothing is heard
// again when there is something that it may fit, and nobody calls declined what a provider says it pays for.

import type { Context, Scope, Write } from '#kit/context';
import { type Change, conclude, DoesNotCount, loadKnown, type Operation } from '#rails/operations';
import { lineKindOf } from './settlement-line.ts';
import { hearLinesAgain, isLineWaiting, type NamedByLine } from './settlement-lines.store.ts';

export const onOperation = (
  context: Context,
  scope: Scope,
  change: Change,
): Promise<readonly Write[]> | null => {
  const { before, after, evidence } = change;
  // As it is for nearly all: what a provider answers at once has been settled by nobody.
  if (before.state === 'created' || before.state === 'sending') return null;
  const named = namesOf(change);
  if (named === null) return null;
  if (after.state === 'approved' && before.state !== 'approved') {
    return Promise.resolve([hearLinesAgain(scope, { named, atMs: context.clock.now() })]);
  }
  const isPersonsNo = after.state === 'declined' && evidence?.kind === 'person';
  return isPersonsNo ? refuseWhatIsSettled(context, scope, named) : null;
};

/** Of an operation that there was no room for in the books: the lines that fitted nothing meanwhile fit it once there is. */
export const hearLinesOfBooked = async (
  context: Context,
  scope: Scope,
  { id }: Operation,
): Promise<readonly Write[]> => {
  const known = await loadKnown(context, scope, id);
  if (known === undefined) return [];
  const { operation: after, evidence } = known;
  const named = namesOf({ after, conclusion: conclude(after, evidence) });
  return named === null ? [] : [hearLinesAgain(scope, { named, atMs: context.clock.now() })];
};

/** None where no line is about such operations. */
const namesOf = ({
  after,
  conclusion,
}: Pick<Change, 'after' | 'conclusion'>): NamedByLine | null => {
  const lineKind = lineKindOf(after.kind);
  if (lineKind === null) return null;
  const { connectorAccountId, reference } = after;
  return { lineKind, connectorAccountId, reference, providerId: conclusion.providerId };
};

const refuseWhatIsSettled = async (
  context: Context,
  scope: Scope,
  named: NamedByLine,
): Promise<readonly Write[]> => {
  if (await isLineWaiting(context, scope, named)) throw new DoesNotCount('settled');
  return [];
};
