// Rows of a batch as one array of composite values instead of one array per column. PostgreSQL turns each
// array into a table of its own before it puts them side by side: for twenty columns that was two thirds of
// what a statement with one row cost, and a third of one with sixteen.
//
// The type of the rows is made by the connection for itself, in its temporary schema: it follows the code
// that is running, so nothing has to be migrated, and an older gateway beside a newer one has its own.
// Where that cannot be (no right to temporary types, a pooler that changes connections between
// transactions), arrays of columns say the same.
//
// A row alone needs no array: as a list of values it costs PostgreSQL a tenth less than as an array of one.

import type { WriteStatement } from '#kit/context';
import { type Connection, isServerError } from './connection.ts';
import type { Call } from './wire.ts';
import { type Element, elementOf, writeElement } from './wire-arrays.ts';
import { type Bytes, int32, lengthSince, newBytes, room } from './wire-bytes.ts';

export type RowsOfStatement = {
  readonly statement: WriteStatement;
  readonly rows: readonly { readonly row: readonly unknown[] }[];
};

export type WholeRows = {
  /** Those whose types the connection does not know yet. */
  unknownTo(connection: Connection, tables: readonly RowsOfStatement[]): RowsOfStatement[];
  learn(connection: Connection, unknown: readonly RowsOfStatement[]): Promise<void>;
  /**
   * The calls that write these rows. `keys`: each has to say which rows took effect, where otherwise it may be an
   * error that one did not.
   */
  callsFor(connection: Connection, tables: readonly RowsOfStatement[], keys?: 'keys'): Call[];
  /** Whether this server does not take rows as they were told: from then on they are told as columns. */
  isNotTaken(error: unknown, calls: readonly Call[]): boolean;
};

/** How the rows of a statement are spelled on one connection. */
type Spelling = { readonly oid: number; readonly elements: readonly Element[] };

// 42704: the type is not there, behind a pooler. 42501: no right to make it. 3F000: no such schema.
// 42710: made already, by another who had the connection before. The rest: not the type it was made for.
const notTaken = new Set(['42704', '42501', '3F000', '42710', '42804', '22P03', '0A000']);

export const createWholeRows = (): WholeRows => {
  const spellings = new WeakMap<Connection, Map<WriteStatement, Spelling | null>>();
  const out = newBytes();
  let isTaken = true;

  const knownTo = (connection: Connection): Map<WriteStatement, Spelling | null> => {
    let known = spellings.get(connection);
    if (known === undefined) {
      known = new Map();
      spellings.set(connection, known);
    }
    return known;
  };

  const unknownTo: WholeRows['unknownTo'] = (connection, tables) => {
    if (!isTaken) return [];
    const known = knownTo(connection);
    return tables.filter(({ statement, rows }) => rows.length > 1 && !known.has(statement));
  };

  const callsFor: WholeRows['callsFor'] = (connection, tables, keys) => {
    const known = knownTo(connection);
    out.at = 0;
    return tables.map((table) => callFor(table, known.get(table.statement), keys));
  };

  const learn: WholeRows['learn'] = async (connection, tables) => {
    const known = knownTo(connection);
    for (const { statement } of tables) {
      const { ofRows, types } = statement;
      const elements = elementsOf(statement);
      if (ofRows === undefined || elements === null) {
        known.set(statement, null);
        continue;
      }
      const columns = ofRows.columns.map((name, index) => `${name} ${types[index]}`);
      try {
        await connection.send({
          name: '',
          text: `create type ${ofRows.type} as (${columns.join(', ')})`,
        });
        const [made] = await connection.send<{ oid: number }>({
          name: '',
          text: `select '${ofRows.type}'::regtype::oid::integer as oid`,
        });
        if (made) known.set(statement, { oid: made.oid, elements });
      } catch (error) {
        if (!isNotTaken(error)) throw error;
        return;
      }
    }
  };

  const callFor = (
    { statement, rows }: RowsOfStatement,
    spelling: Spelling | null | undefined,
    keys?: 'keys',
  ): Call => {
    const { ofRows, ofOne } = statement;
    if (rows.length === 1 && keys === undefined && ofOne !== undefined) {
      const elements = elementsOf(statement);
      if (elements) return { statement: ofOne, values: rows[0]?.row ?? [], elements };
    }
    if (isTaken && spelling && ofRows !== undefined) {
      const begun = out.at;
      if (writeRows(out, spelling, rows)) {
        // What is said is copied as it is said, so the room is free for the next batch.
        const said = keys === undefined && ofRows.sure.isSure ? ofRows.sure : ofRows;
        return { statement: said, values: [out.buffer.subarray(begun, out.at)] };
      }
      out.at = begun;
    }
    const columns = statement.types.map((_, column) => rows.map(({ row }) => row[column]));
    return { statement, values: columns };
  };

  const isNotTaken = (error: unknown): boolean => {
    if (!isServerError(error) || !notTaken.has(error.code)) return false;
    isTaken = false;
    return true;
  };

  return {
    unknownTo,
    learn,
    callsFor,
    isNotTaken: (error, calls) => calls.some(isOfWholeRows) && isNotTaken(error),
  };
};

const isOfWholeRows = ({ values = [], elements }: Call): boolean =>
  elements === undefined && values[0] instanceof Uint8Array;

const elementsOfStatement = new WeakMap<WriteStatement, readonly Element[] | null>();

/** Null where one of its types has no form of ours. */
const elementsOf = (statement: WriteStatement): readonly Element[] | null => {
  const known = elementsOfStatement.get(statement);
  if (known !== undefined) return known;
  const elements = statement.types.map(elementOf).filter((element) => element !== undefined);
  const all = elements.length < statement.types.length ? null : elements;
  elementsOfStatement.set(statement, all);
  return all;
};

const NULL = -1;
const DIMENSIONS = 1;
const HAS_NO_NULLS = 0;
const FIRST = 1;

/** False: a value is none of its type, and is better spelled as text. */
const writeRows = (
  out: Bytes,
  { oid, elements }: Spelling,
  rows: RowsOfStatement['rows'],
): boolean => {
  int32(out, DIMENSIONS);
  int32(out, HAS_NO_NULLS);
  int32(out, oid);
  int32(out, rows.length);
  int32(out, FIRST);
  for (const { row } of rows) {
    const begun = out.at;
    int32(out, 0);
    int32(out, elements.length);
    for (let column = 0; column < elements.length; column += 1) {
      if (!writeField(out, elements[column]!, row[column])) return false;
    }
    lengthSince(out, begun);
  }
  return true;
};

/** The type of a field and its length. */
const HEAD_BYTES = 8;

const writeField = (out: Bytes, element: Element, value: unknown): boolean => {
  room(out, HEAD_BYTES);
  const begun = out.at;
  out.at = begun + HEAD_BYTES;
  out.view.setInt32(begun, element.oid);
  if (value === null || value === undefined) {
    out.view.setInt32(begun + 4, NULL);
    return true;
  }
  if (!writeElement(out, element, value)) return false;
  lengthSince(out, begun + 4);
  return true;
};
