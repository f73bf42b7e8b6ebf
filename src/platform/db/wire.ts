// The way to one server, once `pg` has opened it (names, TLS, passwords): statements that belong together
// are said together, up to one `Sync`, and answered together. Outside of BEGIN they are then one
// transaction. The server is heard and answers once where it would be twice for each statement.

import type { Duplex } from 'node:stream';
import type { DatabaseError } from 'pg';
import type { Row, Statement } from '#kit/context';
import { type ArrayTypes, arrayTypesIn } from './wire-arrays.ts';
import {
  createReader,
  type Field,
  type Message,
  readCount,
  readError,
  readFields,
  readRow,
} from './wire-reader.ts';
import { createWriter } from './wire-writer.ts';

export type Call = { readonly statement: Statement; readonly values?: readonly unknown[] };

export type Wire = {
  /** The rows of each statement; the first failure is that of all, since none behind it was run. */
  exchange(calls: readonly Call[]): Promise<Row[][]>;
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

const arrayTypes = new WeakMap<Statement, ArrayTypes>();

const typesOf = (statement: Statement): ArrayTypes => {
  const known = arrayTypes.get(statement);
  if (known !== undefined) return known;
  const types = arrayTypesIn(statement.text);
  arrayTypes.set(statement, types);
  return types;
};

type Exchange = {
  readonly calls: readonly Call[];
  /** Names of statements that the server has not said to have prepared yet. */
  readonly preparing: string[];
  /** One more list than statements that were completed. */
  readonly rows: Row[][];
  fields: readonly Field[];
  error: Error | null;
  readonly resolve: (rows: Row[][]) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
};

export const openWire = (stream: Duplex, timeoutMs: number): Wire => {
  const writer = createWriter();
  const prepared = new Map<string, string>();
  const described = new Map<string, readonly Field[]>();
  const asked: Exchange[] = [];
  let ended: Error | null = null;

  // What is said in one turn leaves in one write: a write for each statement cost a sixth of the CPU of a
  // payment.
  const leaveSoon = (): void => {
    if (writer.length === 0) process.nextTick(() => void (ended ?? stream.write(writer.take())));
  };

  const say = (calls: readonly Call[]): string[] => {
    leaveSoon();
    const begunAt = writer.length;
    const preparing: string[] = [];
    let index = 0;
    try {
      for (const call of calls) {
        sayCall(call, preparing);
        index += 1;
      }
      writer.sync();
    } catch (error) {
      if (error instanceof Error) failures.set(error, index);
      writer.undo(begunAt);
      for (const name of preparing) prepared.delete(name);
      throw error;
    }
    return preparing;
  };

  const sayCall = ({ statement, values = [] }: Call, preparing: string[]): void => {
    const { name, text } = statement;
    const known = prepared.get(name);
    if (known === undefined) {
      writer.parse(name, text);
      preparing.push(name);
      if (name !== '') prepared.set(name, text);
    } else if (known !== text) throw new Error(`Two statements are named ${name}.`);
    writer.bind(name, values, typesOf(statement));
    if (!described.has(name)) writer.describe();
    writer.execute();
  };

  const sayText = (text: string): string[] => {
    leaveSoon();
    writer.simple(text);
    return [];
  };

  const exchange = (calls: readonly Call[]): Promise<Row[][]> =>
    new Promise((resolve, reject) => {
      if (ended !== null) return reject(ended);
      const [first] = calls;
      const { name = '', text = '' } = first?.statement ?? {};
      const isText = calls.length === 1 && name === '' && !first?.values?.length;
      const preparing = isText ? sayText(text) : say(calls);
      const timer = setTimeout(() => end(new Error('It took too long.')), timeoutMs);
      const fields = described.get(name) ?? [];
      asked.push({ calls, preparing, rows: [[]], fields, error: null, resolve, reject, timer });
    });

  const nameOf = ({ calls, rows }: Exchange): string =>
    calls[rows.length - 1]?.statement.name ?? '';

  const describe = (current: Exchange, fields: readonly Field[]): void => {
    const name = nameOf(current);
    if (name !== '') described.set(name, fields);
    current.fields = fields;
  };

  const completed = (current: Exchange, message: Message): void => {
    const { statement } = current.calls[current.rows.length - 1] ?? {};
    if (statement?.isCounted) current.rows.at(-1)?.push({ count: readCount(message) });
    current.rows.push([]);
    current.fields = described.get(nameOf(current)) ?? [];
  };

  const failed = (current: Exchange, error: DatabaseError): void => {
    // What ends the connection proves nothing of the statement.
    if (isFatal(error)) return end(new Error(error.message, { cause: error }));
    failures.set(error, current.rows.length - 1);
    current.error = error;
    for (const name of current.preparing) prepared.delete(name);
  };

  const ready = (current: Exchange): void => {
    asked.shift();
    clearTimeout(current.timer);
    if (current.error === null) current.resolve(current.rows.slice(0, -1));
    else current.reject(current.error);
  };

  const end = (error: Error): void => {
    ended ??= error;
    stream.destroy();
    for (const { timer, reject } of asked.splice(0)) {
      clearTimeout(timer);
      reject(ended);
    }
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
        return void current.rows.at(-1)?.push(readRow(current.fields, message));
      case '1':
        return void current.preparing.shift();
      case 'T':
        return describe(current, readFields(message));
      case 'n':
        return describe(current, []);
      case 'C':
      case 'I':
        return completed(current, message);
      case 'E':
        return failed(current, readError(message));
      case 'Z':
        return ready(current);
    }
  };

  const read = createReader(hear);
  stream.removeAllListeners('data');
  stream.on('data', (piece: Buffer) => {
    try {
      read(piece);
    } catch (error) {
      end(error instanceof Error ? error : new Error(String(error)));
    }
  });
  stream.on('error', end);
  stream.on('close', () => end(new Error('The connection was closed.')));

  return {
    exchange,
    get broken() {
      return ended !== null;
    },
    destroy: () => end(new Error('The connection was cut.')),
  };
};

const isFatal = ({ severity }: DatabaseError): boolean =>
  severity === 'FATAL' || severity === 'PANIC';
