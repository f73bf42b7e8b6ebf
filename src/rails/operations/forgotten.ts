// A database that was put back to an earlier state, or a server that took over and had not heard of all, has forgotten
// calls that moved money. What they were made for is left alone until a person has looked at each at its provider.

import { auditEntry } from '#identity/audit';
import type { Context, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { insertForgotten, loadLockedIntents, releaseForgotten } from './forgotten.store.ts';
import { spellOperation } from './operation.ts';
import type { SentLine } from './send-journal.ts';

export type Forgotten = {
  /** Those of the journal that nobody has looked at yet. */
  readonly lines: readonly SentLine[];
  /** What nothing is sent for, whoever's journal told of it. */
  readonly locked: ReadonlySet<Uuid>;
};

/** More would fill what waits for the database. */
const AT_ONCE = 500;

/** `also`: written with the first line of each key that it was asked under. */
export const noteForgotten = async (
  context: Context,
  lines: readonly SentLine[],
  also: (line: SentLine) => readonly Write[],
): Promise<Forgotten> => {
  const answered = new Set<string>();
  const beside = (line: SentLine): readonly Write[] => {
    const { key } = line.asked ?? {};
    if (key === undefined || answered.has(key)) return [];
    answered.add(key);
    return also(line);
  };
  for (let at = 0; at < lines.length; at += AT_ONCE) {
    const some = lines.slice(at, at + AT_ONCE);
    // One that is known already loses, with all that would be written beside it.
    await Promise.all(
      some.map((line) => context.database.commit(line, [insertForgotten(line), ...beside(line)])),
    );
  }
  const locked = await context.database.system(loadLockedIntents);
  return { lines: lines.filter(({ intentId }) => locked.has(intentId)), locked };
};

/** A person has looked at it at the provider; false: there is none that waits. */
export const releaseForgottenCall = async (
  context: Context,
  scope: Scope,
  asked: { readonly operationId: Uuid; readonly why: string },
): Promise<boolean> => {
  const { ok } = await context.database.commit(scope, [
    releaseForgotten(scope, asked.operationId, context.clock.now()),
    auditEntry(context, {
      scope,
      action: 'operation.release',
      target: spellOperation(asked.operationId),
      details: { why: asked.why },
    }),
  ]);
  return ok;
};
