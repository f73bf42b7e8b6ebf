// What is said to PostgreSQL: messages of its protocol, version 3, written one behind the other into one
// piece of memory, so that all that is said in a turn leaves in one write.

import { Buffer } from 'node:buffer';
import { type ArrayTypes, type Element, writeArray, writeElement } from './wire-arrays.ts';
import { characters, copied, int8, int16, int32, lengthSince, newBytes } from './wire-bytes.ts';

const TEXT = 0;
const BINARY = 1;
const KEPT_BYTES_MAX = 1_048_576;

/** A statement's name as it is said, with the zero that ends it. */
export type NameBytes = Uint8Array;

export const nameBytes = (name: string): NameBytes => Buffer.from(`${name}\0`);

export type Writer = {
  /** Under a name it is kept by the server and need not be sent again. */
  parse(name: NameBytes, text: string): void;
  /** Arrays whose type is known need not be spelled. */
  bind(name: NameBytes, values: readonly unknown[], types: ArrayTypes): void;
  /** Each value is of the type that it is cast to. */
  bindRow(name: NameBytes, values: readonly unknown[], elements: readonly Element[]): void;
  describe(): void;
  execute(): void;
  /** What was answered so far is to be sent, though more comes. */
  flush(): void;
  sync(): void;
  /** A text of several statements, without values. */
  simple(text: string): void;
  /** All that was written since. */
  take(): Buffer;
  readonly length: number;
  /** Back to a length that it had. */
  undo(length: number): void;
};

const PARSE = 0x50;
const BIND = 0x42;
const DESCRIBE = 0x44;
const EXECUTE = 0x45;
const FLUSH = 0x48;
const SYNC = 0x53;
const QUERY = 0x51;
const PORTAL = 0x50;

export const createWriter = (): Writer => {
  let out = newBytes();

  /** Gives where its length belongs, which `lengthOf` writes. */
  const begin = (kind: number): number => {
    int8(out, kind);
    const begun = out.at;
    int32(out, 0);
    return begun;
  };
  const lengthOf = (begun: number): void => out.view.setInt32(begun, out.at - begun);
  const text = (spelled: string): void => {
    characters(out, spelled);
    int8(out, 0);
  };

  /** In which form it was written. */
  const value = (given: unknown, type: ArrayTypes[number]): number => {
    const begun = out.at;
    if (type !== undefined && Array.isArray(given)) {
      int32(out, 0);
      if (writeArray(out, type, given)) {
        lengthSince(out, begun);
        return BINARY;
      }
      out.at = begun;
    }
    const asText = type?.asText;
    return spelled(asText && Array.isArray(given) ? given.map(asText) : given);
  };
  const field = (given: unknown, element: ArrayTypes[number]): number => {
    if (element === undefined || given === null || given === undefined) return spelled(given);
    const begun = out.at;
    int32(out, 0);
    if (writeElement(out, element, given)) {
      lengthSince(out, begun);
      return BINARY;
    }
    out.at = begun;
    return spelled(element.asText?.(given) ?? given);
  };
  const spelled = (given: unknown): number => {
    const begun = out.at;
    const said = spell(given);
    if (said === null) {
      int32(out, -1);
      return TEXT;
    }
    int32(out, 0);
    if (typeof said === 'string') characters(out, said);
    else copied(out, said);
    lengthSince(out, begun);
    return typeof said === 'string' ? TEXT : BINARY;
  };

  const bind = (
    name: NameBytes,
    values: readonly unknown[],
    types: ArrayTypes,
    write: typeof field,
  ): void => {
    const begun = begin(BIND);
    int8(out, 0);
    copied(out, name);
    int16(out, values.length);
    let format = out.at;
    for (let index = 0; index < values.length; index += 1) int16(out, TEXT);
    int16(out, values.length);
    for (let index = 0; index < values.length; index += 1) {
      const written = write(values[index], types[index]);
      out.view.setInt16(format, written);
      format += 2;
    }
    int16(out, 0);
    lengthOf(begun);
  };

  return {
    parse: (name, statement) => {
      const begun = begin(PARSE);
      copied(out, name);
      text(statement);
      int16(out, 0);
      lengthOf(begun);
    },
    bind: (name, values, types) => bind(name, values, types, value),
    bindRow: (name, values, elements) => bind(name, values, elements, field),
    describe: () => {
      const begun = begin(DESCRIBE);
      int8(out, PORTAL);
      int8(out, 0);
      lengthOf(begun);
    },
    execute: () => {
      const begun = begin(EXECUTE);
      int8(out, 0);
      int32(out, 0);
      lengthOf(begun);
    },
    flush: () => lengthOf(begin(FLUSH)),
    sync: () => lengthOf(begin(SYNC)),
    simple: (statements) => {
      const begun = begin(QUERY);
      text(statements);
      lengthOf(begun);
    },
    take: () => {
      // What is sent may wait in the socket, so it is copied: the room that batches need is kept.
      const taken = Buffer.allocUnsafe(out.at);
      taken.set(out.buffer.subarray(0, out.at));
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
