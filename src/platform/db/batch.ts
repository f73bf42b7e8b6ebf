// The rows of a batch by the statements that write them, and which of its units have lost.

import type { Commit, Write, WriteStatement } from '#kit/context';
import { strayOf } from './wall.ts';

/** What one caller wants written, all of it or nothing. */
export type Unit = {
  readonly accountId: string;
  readonly writes: readonly Write[];
  readonly resolve: (outcome: Commit) => void;
  readonly reject: (error: unknown) => void;
};

export type Table = {
  readonly statement: WriteStatement;
  readonly rows: { readonly unit: Unit; readonly row: readonly unknown[] }[];
};

export const byStatement = (units: readonly Unit[]): Table[] => {
  const tables = new Map<string, Table>();
  for (const unit of units) {
    for (const { into, row } of unit.writes) {
      let table = tables.get(into.name);
      if (table === undefined) {
        table = { statement: into, rows: [] };
        tables.set(into.name, table);
      }
      table.rows.push({ unit, row });
    }
  }
  // Rows in the order of their keys: two lanes then lock in one order and cannot wait in a circle.
  for (const { statement, rows } of tables.values()) {
    if (rows.length === 1) continue;
    sortByKey(rows, statement.keyColumn);
  }
  return [...tables.values()].sort((a, b) => a.statement.rank - b.statement.rank);
};

/** What was made in one order mostly comes in it, and to see that costs half of what sorting does. */
const sortByKey = (rows: Table['rows'], key: number): void => {
  for (let at = 1; at < rows.length; at += 1) {
    if (spelled(rows[at]?.row[key]) >= spelled(rows[at - 1]?.row[key])) continue;
    rows.sort((a, b) => (spelled(a.row[key]) < spelled(b.row[key]) ? -1 : 1));
    return;
  }
};

const spelled = (key: unknown): string => (typeof key === 'string' ? key : String(key));

export const areTwoOfOne = ({ statement, rows }: Table): boolean =>
  statement.isNote !== true && hasTwoOfOne(rows, statement.keyColumn);

/** For each row that took effect its key. */
export type Returned = { readonly key: string; readonly strayed?: string | null };

/** Who would have changed what is another account's. */
export const findStrays = (
  tables: readonly Table[],
  returned: readonly (readonly Returned[] | null)[],
): Map<Unit, WriteStatement> => {
  const strays = new Map<Unit, WriteStatement>();
  tables.forEach(({ statement, rows }, index) => {
    for (const { strayed } of returned[index] ?? []) {
      if (strayed === null || strayed === undefined) continue;
      for (const { unit, row } of rows) {
        if (strayOf(unit.accountId, row[statement.keyColumn]) === strayed)
          strays.set(unit, statement);
      }
    }
  });
  return strays;
};

/** `returned`: by each statement; null where it would have been an error to lose. */
export const findLosers = (
  tables: readonly Table[],
  returned: readonly (readonly Returned[] | null)[],
): Map<Unit, WriteStatement> => {
  const losers = new Map<Unit, WriteStatement>();
  tables.forEach(({ statement, rows }, index) => {
    const told = returned[index] ?? null;
    if (told === null) return;
    // As it mostly is; a set of all keys would cost what a hundred comparisons do not.
    if (told.length === rows.length && !hasTwoOfOne(rows, statement.keyColumn)) return;
    const won = new Set(told.map(({ key }) => key));
    const taken = new Set<string>();
    for (const { unit, row } of rows) {
      const key = String(row[statement.keyColumn]);
      // Two rows of one key cannot both have won, whatever the statement says of the key.
      if (won.has(key) && !taken.has(key)) {
        taken.add(key);
        continue;
      }
      if (!losers.has(unit)) losers.set(unit, statement);
    }
  });
  return losers;
};

/** The rows are in the order of their keys. */
const hasTwoOfOne = (rows: Table['rows'], key: number): boolean =>
  rows.length > 1 &&
  rows.some(({ row }, index) => index > 0 && rows[index - 1]?.row[key] === row[key]);
