// A database that has forgotten the stores' own condition on the account: what is left is row level security.

import assert from 'node:assert/strict';
import type { Database, Statement, Tx, WriteStatement } from '#kit/context';
import { type OpenDatabase } from '#platform/db';

export type Filters = {
  readonly wrap: (database: OpenDatabase) => OpenDatabase;
  /** Names of the statements whose filter was taken out, and which really ran. */
  readonly removed: ReadonlySet<string>;
};

/**
 * The conditions by which stores keep to one account, and what takes their place: always true, with
 * the same parameters, so that the values still fit.
 */
const conditions: readonly (readonly [RegExp, string])[] = [
  [/\baccount_id = \$1 and livemode = \$2/g, '$1::uuid is not null and $2::boolean is not null'],
  [
    /\b(\w+)\.account_id = \$1 and \1\.livemode = \$2/g,
    '$$1::uuid is not null and $$2::boolean is not null',
  ],
  [
    /\b(\w+)\.account_id = given\.account_id and \1\.livemode = given\.livemode/g,
    'given.account_id is not null and given.livemode is not null',
  ],
];

export const withoutFilter = (text: string): string =>
  conditions.reduce((rest, [pattern, instead]) => rest.replaceAll(pattern, instead), text);

export const createFilterless = (): Filters => {
  const removed = new Set<string>();
  const altered = new Map<Statement, Statement>();
  const alteredWrites = new Map<WriteStatement, WriteStatement>();
  const originals = new Map<Statement, WriteStatement>();

  const alter = <S extends Statement>(statement: S): S => {
    const known = altered.get(statement);
    if (known !== undefined) return known as S;
    const text = withoutFilter(statement.text);
    // An inserted column is no filter; what is compared is one.
    assert.doesNotMatch(
      text,
      /\baccount_id\s*=\s*[$\w]/,
      `A filter unknown here: ${statement.name}`,
    );
    if (text !== statement.text) removed.add(nameOf(statement));
    // A connection knows a prepared statement by its name, and both kinds share connections here.
    const name = text === statement.text || statement.name === '' ? '' : ' without filter';
    const changed = { ...statement, name: `${statement.name}${name}`, text };
    altered.set(statement, changed);
    return changed;
  };
  /** A row alone, and several as whole rows, are said by texts of their own. */
  const alterWrite = (into: WriteStatement): WriteStatement => {
    const known = alteredWrites.get(into);
    if (known !== undefined) return known;
    const { ofOne, ofRows } = into;
    const changed: WriteStatement = {
      ...alter(into),
      // Nor does the wall of the lane stand: its own test tries that one.
      owner: null,
      ...(ofOne && { ofOne: alter(ofOne) }),
      ...(ofRows && { ofRows: { ...alter(ofRows), sure: alter(ofRows.sure) } }),
    };
    alteredWrites.set(into, changed);
    originals.set(changed, into);
    return changed;
  };
  const alterTx = (tx: Tx): Tx => ({
    query: (statement, values) => tx.query(alter(statement), values),
  });

  const wrap = (database: OpenDatabase): OpenDatabase => {
    const without: Database = {
      read: (scope, statement, values) => database.read(scope, alter(statement), values),
      transaction: (scope, work) => database.transaction(scope, (tx) => work(alterTx(tx))),
      system: (work) => database.system((tx) => work(alterTx(tx))),
      commit: async (scope, writes) => {
        const changed = writes.map((write) => ({ ...write, into: alterWrite(write.into) }));
        const commit = await database.commit(scope, changed);
        // Who lost is told by the statement as it is known outside.
        return commit.ok ? commit : { ok: false, lost: originals.get(commit.lost) ?? commit.lost };
      },
    };
    return {
      ...without,
      apart: database.apart,
      isFull: database.isFull,
      isCrowded: database.isCrowded,
      pool: database.pool,
      close: () => database.close(),
    };
  };
  return { wrap, removed };
};

/** Searches have no name, since each has a text of its own. */
const nameOf = ({ name, text }: Statement): string =>
  name === '' ? `unnamed ${/select (count|id)/.exec(text)?.[1] ?? ''}` : name;
