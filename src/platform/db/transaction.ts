// Transactions that say whose rows they may see. The scope is set inside the transaction, so it ends
// with it, also behind a pooler; a statement outside any scope is an error, not an empty answer.

import { setTimeout as wait } from 'node:timers/promises';
import type { Row, Scope, Statement, Tx } from '#kit/context';
import { Unclear } from '#kit/failure';
import { type Connection, DatabaseUnavailable, isAnswered, isServerError } from './connection.ts';
import type { Call } from './wire.ts';

// What reads rows of an account and then writes may not depend on luck: such transactions are
// serializable, and collisions are run again. Queues go by row locks and need no more than the default.
const begin: Statement = {
  name: 'begin_serializable',
  text: 'begin isolation level serializable',
};
const beginQueue: Statement = { name: 'begin', text: 'begin' };
const commit: Statement = { name: 'commit', text: 'commit' };
const rollback: Statement = { name: 'rollback', text: 'rollback' };

const enterScope: Statement = {
  name: 'enter_scope',
  text: `select set_config('app.accounts', $1, true), set_config('app.livemode', $2, true)`,
};

export const enterToRead: Statement = {
  name: 'enter_to_read',
  text: `select set_config('app.accounts', $1, true), set_config('app.livemode', $2, true),
                set_config('transaction_read_only', 'on', true)`,
};
const readOnly: Statement = {
  name: 'read_only',
  text: `select set_config('transaction_read_only', 'on', true)`,
};

export const scopeValues = (accountIds: readonly string[], livemode: boolean): string[] => [
  `{${accountIds.join(',')}}`,
  livemode ? 'on' : 'off',
];

/** Everything goes out and is answered at once, and is a transaction of its own. */
export const readOnce = async <T extends Row>(
  connection: Connection,
  scope: Scope | null,
  statement: Statement,
  values: readonly unknown[],
): Promise<T[]> => {
  const [, rows = []] = await connection.sendTogether([
    scope === null
      ? { statement: readOnly }
      : { statement: enterToRead, values: scopeValues([scope.accountId], scope.livemode) },
    { statement, values },
  ]);
  return rows as T[];
};

/** It begins together with its first statement, which costs no round trip of its own. */
export const inTransaction = async <T>(
  connection: Connection,
  scope: Scope | null,
  work: (tx: Tx) => Promise<T>,
): Promise<T> => {
  let hasBegun = false;
  const failures: unknown[] = [];
  const say: Tx['query'] = async <R extends Row>(
    asked: Statement,
    values: readonly unknown[] = [],
  ): Promise<R[]> => {
    if (hasBegun) return connection.send<R>(asked, values);
    hasBegun = true;
    // A text without a name may be several statements, and is said alone.
    const isAlone = asked.name === '';
    const call = { statement: asked, values };
    const rows = await connection.sendTogether([...beginning(scope), ...(isAlone ? [] : [call])]);
    return isAlone ? connection.send<R>(asked, values) : ((rows.at(-1) ?? []) as R[]);
  };
  const query: Tx['query'] = async (asked, values) => {
    try {
      return await say(asked, values);
    } catch (error) {
      failures.push(error);
      throw error;
    }
  };
  try {
    const result = await work({ query });
    // It has undone what there was, whoever caught it: COMMIT would do nothing, and not say so.
    if (failures.length > 0) throw failures[0];
    if (hasBegun) await commitOf(connection);
    return result;
  } catch (error) {
    if (hasBegun && !connection.broken) await connection.send(rollback).catch(() => {});
    throw error;
  }
};

const beginning = (scope: Scope | null): Call[] =>
  scope === null
    ? [{ statement: beginQueue }]
    : [
        { statement: begin },
        { statement: enterScope, values: scopeValues([scope.accountId], scope.livemode) },
      ];

/** Without an answer to COMMIT nobody knows; it must not look like a refusal before it. */
const commitOf = async (connection: Connection): Promise<void> => {
  try {
    await connection.send(commit);
  } catch (error) {
    throw error instanceof DatabaseUnavailable && !isAnswered(error)
      ? new CommitUnknown('a transaction', { cause: error })
      : error;
  }
};

/** The database took the COMMIT and then went silent for longer than we may wait. */
export class CommitUnknown extends Unclear {
  override readonly name = 'CommitUnknown';
  constructor(what: string, options?: ErrorOptions) {
    super(`It is not known whether ${what} was committed.`, options);
  }
}

const RETRIES_MAX = 8;
/** Each has waited for two seconds already. */
const WAITS_FOR_LOCKS_MAX = 2;
const LOCK_TIMEOUT = '55P03';
const serializationFailures = new Set(['40001', '40P01', LOCK_TIMEOUT]);

/** Others held what was asked for: a migration that changes a table does it for as long as it takes. */
export const isLockedOut = (error: unknown): boolean =>
  isServerError(error) && error.code === LOCK_TIMEOUT;

export const asLockedOut = (error: unknown): unknown =>
  isServerError(error) && serializationFailures.has(error.code)
    ? new DatabaseUnavailable('The rows stayed locked by others.', { cause: error })
    : error;

/** Runs the whole work again when PostgreSQL says that only its timing was wrong. */
export const retrying = async <T>(work: () => Promise<T>): Promise<T> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isServerError(error) || !serializationFailures.has(error.code)) throw error;
      const atMost = isLockedOut(error) ? WAITS_FOR_LOCKS_MAX : RETRIES_MAX;
      if (attempt >= atMost) throw asLockedOut(error);
      // Spread by attempt rather than by chance: the lanes that collide are few.
      await wait(2 ** attempt);
    }
  }
};
