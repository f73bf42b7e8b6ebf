// What a provider told waits in a table until it is understood, or given up. Here is how a try of it ends, and how a
// person says what it was.

import type { Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { rank, spellTime, writeRows, writing } from '#platform/db';

export type Tried = { readonly id: Uuid; readonly tries: number };

export const WAITING = 1;

/** Whoever leased it may have slept: only from the number of tries that was read. */
export const endingTry = (input: { readonly name: string; readonly table: string }) => {
  const into = writeRows({
    name: input.name,
    columns: {
      account_id: 'uuid',
      livemode: 'boolean',
      id: 'uuid',
      state: 'smallint',
      tries: 'integer',
      due_at: 'timestamptz',
    },
    key: 'id',
    rank: rank.update,
    text: (given) => `update ${input.table} kept
   set state = given.state, tries = given.tries, due_at = given.due_at, leased_until = null
  from ${given}
 where kept.account_id = given.account_id and kept.livemode = given.livemode
   and kept.id = given.id and kept.tries = given.tries - 1 and kept.state = ${WAITING}
returning kept.id::text as key`,
  });
  return (scope: Scope, { id, tries }: Tried, state: number, dueAtMs: number | null): Write => ({
    into,
    row: [scope.accountId, scope.livemode, id, state, tries + 1, spellTime(dueAtMs)],
  });
};

type Explained = { readonly id: Uuid; readonly explanation: string; readonly atMs: number };

/** Lost when it does not wait for a person. */
export const explaining = (input: {
  readonly name: string;
  readonly text: (given: string) => string;
}) =>
  writing(
    writeRows({
      ...input,
      columns: {
        account_id: 'uuid',
        livemode: 'boolean',
        id: 'uuid',
        explanation: 'text',
        explained_at: 'timestamptz',
      },
      key: 'id',
      rank: rank.update,
    }),
    (scope, { id, explanation, atMs }: Explained) => [
      scope.accountId,
      scope.livemode,
      id,
      explanation,
      spellTime(atMs),
    ],
  );
