// What is said to PostgreSQL: messages of its protocol, version 3, written one behind the other into one
// piece of memory, so that all that is said in a turn leaves in one write.

import { Buffer } from 'node:buffer';

const FIRST_BYTES = 8_192;
const TEXT = 0;
const BINARY = 1;

export type Writer = {
  /** Under a name it is kept by the server and need not be sent again. */
  parse(name: string, text: string): void;
  bind(name: string, values: readonly unknown[]): void;
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
  let buffer = Buffer.allocUnsafe(FIRST_BYTES);
  let at = 0;
  let begunAt = 0;

  const room = (bytes: number): void => {
    if (at + bytes <= buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(buffer.length * 2, at + bytes));
    buffer.copy(larger, 0, 0, at);
    buffer = larger;
  };
  const begin = (kind: string): void => {
    room(5);
    buffer[at] = kind.charCodeAt(0);
    begunAt = at + 1;
    at += 5;
  };
  const end = (): void => void buffer.writeInt32BE(at - begunAt, begunAt);
  const int16 = (value: number): void => {
    room(2);
    at = buffer.writeInt16BE(value, at);
  };
  const int32 = (value: number): void => {
    room(4);
    at = buffer.writeInt32BE(value, at);
  };
  // A character of JavaScript never needs more than three bytes of UTF-8.
  const characters = (text: string): void => {
    room(text.length * 3);
    at += buffer.write(text, at);
  };
  const name = (text: string): void => {
    characters(text);
    room(1);
    buffer[at] = 0;
    at += 1;
  };
  const value = (spelled: string | Buffer): void => {
    int32(0);
    const begun = at;
    if (typeof spelled === 'string') characters(spelled);
    else {
      room(spelled.length);
      at += spelled.copy(buffer, at);
    }
    buffer.writeInt32BE(at - begun, begun - 4);
  };

  return {
    parse: (statement, text) => {
      begin('P');
      name(statement);
      name(text);
      int16(0);
      end();
    },
    bind: (statement, values) => {
      begin('B');
      name('');
      name(statement);
      int16(values.length);
      for (const each of values) int16(Buffer.isBuffer(each) ? BINARY : TEXT);
      int16(values.length);
      for (const each of values) {
        const spelled = spell(each);
        if (spelled === null) int32(-1);
        else value(spelled);
      }
      int16(0);
      end();
    },
    describe: () => {
      begin('D');
      room(1);
      buffer[at] = 'P'.charCodeAt(0);
      at += 1;
      name('');
      end();
    },
    execute: () => {
      begin('E');
      name('');
      int32(0);
      end();
    },
    sync: () => {
      begin('S');
      end();
    },
    simple: (text) => {
      begin('Q');
      name(text);
      end();
    },
    take: () => {
      const taken = buffer.subarray(0, at);
      buffer = Buffer.allocUnsafe(FIRST_BYTES);
      at = 0;
      return taken;
    },
    get length() {
      return at;
    },
    undo: (length) => {
      at = length;
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
