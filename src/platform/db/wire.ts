// The way to one server, once `pg` has opened it (names, TLS, passwords): statements that belong together
// are said together, up to one `Sync`, and answered together. Outside of BEGIN they are then one
// transaction. The server is heard and answers once where it would be twice for each statement.

import type { Duplex } from 'node:stream';
import type { DatabaseError } from 'pg';
import type { Row, Statement } from '#kit/context';
import { hearDirectly } from './lending-socket.ts';
import { type ArrayTypes, arrayTypesIn, type Element } from './wire-arrays.ts';
import {
  createReader,
  type Field,
  type Message,
  readError,
  readFields,
  readRow,
} from './wire-reader.ts';
import { createWriter, type NameBytes, nameBytes } from './wire-writer.ts';

export type Call = {
  readonly statement: Statement;
  readonly values?: readonly unknown[];
  /** How each value is spelled, where they are the columns of a row and its text casts each of them. */
  readonly elements?: readonly Element[];
  /** Is told the rows as soon as they are there, while what was said behind it is run. */
  readonly heard?: (rows: readonly Row[]) => void;
};

export type Wire = {
  /** The rows of each statement; the first failure is that of all, since none behind it was run. */
  ask(
    calls: readonly Call[],
    resolve: (rows: Row[][]) => void,
    reject: (error: unknown) => void,
  ): void;
  readonly broken: boolean;
  /** Whatever is under way rejects. */
  destroy(): void;
};

/** Which of the statements it was that failed; those before it are undone unless a BEGIN came before. */
export const failedAt = (error: unknown): number | undefined => {
  if (!(error instanceof Error)) return undefined;
  return failures.get(error) ?? failedAt(error.cause);
};
const failures = new WeakMap<Error, number>();

/** A statement as the server knows it. */
type Prepared = {
  readonly name: NameBytes;
  readonly text: string;
  readonly types: ArrayTypes;
  /** Null until the server has described them. */
  fields: readonly Field[] | null;
};

type Exchange = {
  readonly calls: readonly Call[];
  readonly statements: readonly Prepared[];
  /** Those that the server has not said to have prepared yet. */
  readonly preparing: string[];
  /** Of the statements that were completed. */
  readonly rows: Row[][];
  /** Of the one that is being answered. */
  current: Row[];
  fields: readonly Field[];
  error: Error | null;
  readonly resolve: (rows: Row[][]) => void;
  readonly reject: (error: unknown) => void;
  readonly round: number;
};

/** Limits are looked at so often within the time that an answer has: one timer serves all that is asked. */
const ROUNDS = 6;

export const openWire = (stream: Duplex, timeoutMs: number): Wire => {
  const writer = createWriter();
  const prepared = new Map<string, Prepared>();
  const asked: Exchange[] = [];
  let ended: Error | null = null;
  let watch: NodeJS.Timeout | null = null;
  let round = 0;

  // What is said in one turn leaves in one write: a write for each statement cost a sixth of the CPU of a
  // payment.
  const leave = (): void => {
    if (ended === null) stream.write(writer.take());
  };
  const leaveSoon = (): void => {
    if (writer.length === 0) process.nextTick(leave);
  };

  const say = (calls: readonly Call[], preparing: string[]): Prepared[] => {
    leaveSoon();
    const begunAt = writer.length;
    const statements: Prepared[] = [];
    try {
      for (const call of calls) {
        statements.push(sayCall(call, preparing));
        if (call.heard !== undefined) writer.flush();
      }
      writer.sync();
    } catch (error) {
      if (error instanceof Error) failures.set(error, statements.length);
      writer.undo(begunAt);
      for (const name of preparing) prepared.delete(name);
      throw error;
    }
    return statements;
  };

  const sayCall = (
    { statement, values = nothing, elements }: Call,
    preparing: string[],
  ): Prepared => {
    const known = prepared.get(statement.name);
    if (known !== undefined && known.text !== statement.text) {
      throw new Error(`Two statements are named ${statement.name}.`);
    }
    const said = known ?? prepare(statement, preparing);
    if (elements === undefined) writer.bind(said.name, values, said.types);
    else writer.bindRow(said.name, values, elements);
    if (said.fields === null) writer.describe();
    writer.execute();
    return said;
  };

  const prepare = ({ name, text }: Statement, preparing: string[]): Prepared => {
    const said = { name: nameBytes(name), text, types: arrayTypesIn(text), fields: null };
    writer.parse(said.name, text);
    preparing.push(name);
    if (name !== '') prepared.set(name, said);
    return said;
  };

  const sayText = (text: string): Prepared[] => {
    leaveSoon();
    writer.simple(text);
    return [];
  };

  const ask: Wire['ask'] = (calls, resolve, reject) => {
    if (ended !== null) return reject(ended);
    const preparing: string[] = [];
    let statements: readonly Prepared[];
    try {
      const [{ statement, values } = nobody] = calls;
      const isText = calls.length === 1 && statement.name === '' && !values?.length;
      statements = isText ? sayText(statement.text) : say(calls, preparing);
    } catch (error) {
      return reject(error);
    }
    const fields = statements[0]?.fields ?? [];
    const rows: Row[][] = [];
    const answer = { rows, current: [], fields, error: null, resolve, reject, round };
    asked.push({ calls, statements, preparing, ...answer });
    watch ??= setInterval(lookAtLimits, timeoutMs / ROUNDS).unref();
  };

  const lookAtLimits = (): void => {
    round += 1;
    const [first] = asked;
    if (first === undefined) endWatch();
    else if (round - first.round > ROUNDS) end(new Error('It took too long.'));
  };

  const endWatch = (): void => {
    if (watch !== null) clearInterval(watch);
    watch = null;
  };

  const describe = (current: Exchange, fields: readonly Field[]): void => {
    const said = current.statements[current.rows.length];
    if (said !== undefined) said.fields = fields;
    current.fields = fields;
  };

  const completed = (current: Exchange): void => {
    const { calls, statements, rows } = current;
    calls[rows.length]?.heard?.(current.current);
    rows.push(current.current);
    current.current = [];
    current.fields = statements[rows.length]?.fields ?? [];
  };

  const failed = (current: Exchange, error: DatabaseError): void => {
    // What ends the connection proves nothing of the statement.
    if (isFatal(error)) return end(new Error(error.message, { cause: error }));
    failures.set(error, current.rows.length);
    current.error = error;
    for (const name of current.preparing) prepared.delete(name);
  };

  const ready = (current: Exchange): void => {
    asked.shift();
    if (current.error === null) current.resolve(current.rows);
    else current.reject(current.error);
  };

  const end = (error: Error): void => {
    ended ??= error;
    endWatch();
    stream.destroy();
    for (const { reject } of asked.splice(0)) reject(ended);
  };

  const hear = (kind: string, message: Message): void => {
    const [current] = asked;
    if (current === undefined) {
      // Unasked, the server says why it is going away, or what nobody here wants to know.
      if (kind === 'E') end(new Error(readError(message).message));
      return;
    }
    switch (kind) {
      case 'D':
        return void current.current.push(readRow(current.fields, message));
      case '1':
        return void current.preparing.shift();
      case 'T':
        return describe(current, readFields(message));
      case 'n':
        return describe(current, []);
      case 'C':
      case 'I':
        return completed(current);
      case 'E':
        return failed(current, readError(message));
      case 'Z':
        return ready(current);
    }
  };

  const read = createReader(hear);
  hearDirectly(stream, (piece) => {
    try {
      read(piece);
    } catch (error) {
      end(error instanceof Error ? error : new Error(String(error)));
    }
  });
  stream.on('error', end);
  stream.on('close', () => end(new Error('The connection was closed.')));

  return {
    ask,
    get broken() {
      return ended !== null;
    },
    destroy: () => end(new Error('The connection was cut.')),
  };
};

const nothing: readonly unknown[] = [];
const nobody: Call = { statement: { name: '', text: '' } };

// Of connections, of a server that goes, and what poolers say of one they have lost: none of it is of the statement. What
// comes without a severity that is never translated, which PostgreSQL always tells, is a pooler's, as PgBouncer's are.
const isOfTheWay = /^(08(?!P01)|57P0[1-5]|58000)/;

const isFatal = ({ severity, code = '' }: DatabaseError): boolean =>
  severity !== 'ERROR' || isOfTheWay.test(code);
