// What PostgreSQL says: messages as they come in pieces, and the rows in them as plain objects.

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

/** `body` holds the message without its kind and length. */
export type Heard = (kind: string, body: Buffer) => void;

const HEAD = 5;

/** Takes pieces of any size and hands on whole messages. */
export const createReader = (heard: Heard): ((piece: Buffer) => void) => {
  let rest: Buffer | null = null;
  return (piece) => {
    const bytes: Buffer = rest === null ? piece : Buffer.concat([rest, piece]);
    let at = 0;
    while (at + HEAD <= bytes.length) {
      const end = at + 1 + bytes.readInt32BE(at + 1);
      if (end > bytes.length) break;
      heard(String.fromCharCode(bytes[at] ?? 0), bytes.subarray(at + HEAD, end));
      at = end;
    }
    rest = at === bytes.length ? null : bytes.subarray(at);
  };
};

export const readFields = (body: Buffer): Field[] => {
  const fields: Field[] = [];
  let at = 2;
  for (let count = body.readInt16BE(0); count > 0; count -= 1) {
    const end = body.indexOf(0, at);
    const type = body.readInt32BE(end + 7);
    const parse = parsers.get(type) ?? pg.types.getTypeParser(type, 'text');
    fields.push({ name: body.toString('utf8', at, end), parse });
    at = end + 19;
  }
  return fields;
};

export const readRow = (fields: readonly Field[], body: Buffer): Row => {
  const row: Record<string, unknown> = {};
  let at = 2;
  for (const { name, parse } of fields) {
    const length = body.readInt32BE(at);
    at += 4;
    if (length === -1) {
      row[name] = null;
      continue;
    }
    row[name] = parse(body.toString('utf8', at, at + length));
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

export const readError = (body: Buffer): pg.DatabaseError => {
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
