// What is said to PostgreSQL: messages of its protocol, version 3, written one behind the other into one
// piece of memory, so that all that is said in a turn leaves in one write.

import { Buffer } from 'node:buffer';
import { type ArrayTypes, writeArray } from './wire-arrays.ts';
import { characters, copied, int8, int16, int32, measured, newBytes } from './wire-bytes.ts';

const TEXT = 0;
const BINARY = 1;
const KEPT_BYTES_MAX = 1_048_576;

export type Writer = {
  /** Under a name it is kept by the server and need not be sent again. */
  parse(name: string, text: string): void;
  /** Arrays whose type is known need not be spelled. */
  bind(name: string, values: readonly unknown[], types: ArrayTypes): void;
  describe(): void;
  execute(): void;
  sync(): void;
  /** A text of several statements, without values. */
  simple(text: string): void;
  /** All that was written since. */
  take(): Buffer;
  readonly length: number;
  /** Back to a length that it had. */
  undo(length: number): void;
};

export const createWriter = (): Writer => {
  let out = newBytes();

  const message = (kind: string, write: () => void): void => {
    int8(out, kind.charCodeAt(0));
    const begun = out.at;
    int32(out, 0);
    write();
    out.view.setInt32(begun, out.at - begun);
  };
  const name = (text: string): void => {
    characters(out, text);
    int8(out, 0);
  };

  /** In which form it was written. */
  const value = (given: unknown, type: ArrayTypes[number]): number => {
    if (type !== undefined && Array.isArray(given)) {
      const begun = out.at;
      let isWritten = true;
      measured(out, () => {
        isWritten = writeArray(out, type, given);
      });
      if (isWritten) return BINARY;
      out.at = begun;
    }
    const asText = type?.asText;
    const spelled = spell(asText && Array.isArray(given) ? given.map(asText) : given);
    if (spelled === null) int32(out, -1);
    else if (typeof spelled === 'string') measured(out, () => characters(out, spelled));
    else measured(out, () => copied(out, spelled));
    return Buffer.isBuffer(spelled) ? BINARY : TEXT;
  };

  return {
    parse: (statement, text) =>
      message('P', () => {
        name(statement);
        name(text);
        int16(out, 0);
      }),
    bind: (statement, values, types) =>
      message('B', () => {
        name('');
        name(statement);
        int16(out, values.length);
        let format = out.at;
        for (const _ of values) int16(out, TEXT);
        int16(out, values.length);
        for (const [index, each] of values.entries()) {
          const written = value(each, types[index]);
          out.view.setInt16(format, written);
          format += 2;
        }
        int16(out, 0);
      }),
    describe: () =>
      message('D', () => {
        int8(out, 'P'.charCodeAt(0));
        name('');
      }),
    execute: () =>
      message('E', () => {
        name('');
        int32(out, 0);
      }),
    sync: () => message('S', () => {}),
    simple: (text) => message('Q', () => name(text)),
    take: () => {
      // What is sent may wait in the socket, so it is copied: the room that batches need is kept.
      const taken = Buffer.from(out.buffer.subarray(0, out.at));
      if (out.buffer.length > KEPT_BYTES_MAX) out = newBytes();
      out.at = 0;
      return taken;
    },
    get length() {
      return out.at;
    },
    undo: (length) => {
      out.at = length;
    },
  };
};

/** As PostgreSQL reads it; null stands for null. */
const spell = (value: unknown): string | Buffer | null => {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || Buffer.isBuffer(value)) return value;
  if (Array.isArray(value)) return spellArray(value);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
};

const spellArray = (values: readonly unknown[]): string => {
  let text = '{';
  for (const [index, value] of values.entries()) {
    if (index > 0) text += ',';
    text += spellElement(value);
  }
  return `${text}}`;
};

const spellElement = (value: unknown): string => {
  if (value === null || value === undefined) return 'NULL';
  if (Array.isArray(value)) return spellArray(value);
  if (Buffer.isBuffer(value)) return `"\\\\x${value.toString('hex')}"`;
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') {
    return String(value);
  }
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /["\\]/.test(text) ? `"${text.replaceAll(/["\\]/g, '\\$&')}"` : `"${text}"`;
};
