// What PostgreSQL says: messages as they come in pieces, and the rows in them as plain objects.

import { Buffer, isAscii } from 'node:buffer';
import pg from 'pg';
import type { Row } from '#kit/context';

const TIMESTAMPTZ = 1184;
const INT8 = 20;

const parsers = new Map<number, (text: string) => unknown>([
  // Milliseconds since 1970: the product never handles a Date.
  [TIMESTAMPTZ, (text) => Date.parse(text)],
  [INT8, (text) => BigInt(text)],
]);

export type Field = { readonly name: string; readonly parse: (text: string) => unknown };

/** A message without its kind and length: where it stands among what has come. */
export type Message = {
  bytes: Buffer;
  at: number;
  end: number;
  /** Whether all that has come with it is: then a letter is a byte. */
  isAscii: boolean;
};

/** The message is no more than lent. */
export type Heard = (kind: string, message: Message) => void;

const HEAD = 5;

/** Takes pieces of any size, which are lent as well, and hands on whole messages. */
export const createReader = (heard: Heard): ((piece: Buffer) => void) => {
  let rest: Buffer | null = null;
  return (piece) => {
    const bytes: Buffer = rest === null ? piece : Buffer.concat([rest, piece]);
    const message: Message = { bytes, at: 0, end: 0, isAscii: isAscii(bytes) };
    let at = 0;
    while (at + HEAD <= bytes.length) {
      const end = at + 1 + bytes.readInt32BE(at + 1);
      if (end > bytes.length) break;
      message.at = at + HEAD;
      message.end = end;
      heard(String.fromCharCode(bytes[at] ?? 0), message);
      at = end;
    }
    if (at === bytes.length) rest = null;
    else rest = bytes === piece ? Buffer.from(bytes.subarray(at)) : bytes.subarray(at);
  };
};

export const readFields = ({ bytes, at: begun }: Message): Field[] => {
  const fields: Field[] = [];
  let at = begun + 2;
  for (let count = bytes.readInt16BE(begun); count > 0; count -= 1) {
    const end = bytes.indexOf(0, at);
    const type = bytes.readInt32BE(end + 7);
    const parse = parsers.get(type) ?? pg.types.getTypeParser(type, 'text');
    fields.push({ name: bytes.toString('utf8', at, end), parse });
    at = end + 19;
  }
  return fields;
};

// Fields are cut out of the text of the whole row where that can be: a call into the engine for each of them
// takes ten times as long.
export const readRow = (
  fields: readonly Field[],
  { bytes, at: begun, end, isAscii }: Message,
): Row => {
  const row: Record<string, unknown> = {};
  const whole = isAscii && fields.length > 1 ? bytes.toString('latin1', begun, end) : null;
  let at = begun + 2;
  for (const { name, parse } of fields) {
    const length = bytes.readInt32BE(at);
    at += 4;
    if (length === -1) {
      row[name] = null;
      continue;
    }
    const text =
      whole === null
        ? bytes.toString('utf8', at, at + length)
        : whole.slice(at - begun, at - begun + length);
    row[name] = parse(text);
    at += length;
  }
  return row;
};

const particulars: Readonly<Record<string, 'code' | 'constraint' | 'detail' | 'severity'>> = {
  V: 'severity',
  C: 'code',
  D: 'detail',
  n: 'constraint',
};

export const readError = ({ bytes, at: begun, end: ends }: Message): pg.DatabaseError => {
  const body = bytes.subarray(begun, ends);
  const parts = new Map<string, string>();
  for (let at = 0; body[at] !== 0 && at < body.length; ) {
    const end = body.indexOf(0, at);
    parts.set(String.fromCharCode(body[at] ?? 0), body.toString('utf8', at + 1, end));
    at = end + 1;
  }
  const error = new pg.DatabaseError(parts.get('M') ?? 'PostgreSQL refused', body.length, 'error');
  for (const [letter, name] of Object.entries(particulars)) {
    const said = parts.get(letter);
    if (said !== undefined) error[name] = said;
  }
  return error;
};
