// The objects of a stream of JSON, one after the other, however they are written: one to a line, over
// several lines, or as one long array.

import { ROW_LENGTH_MAX, tooLong } from './csv.ts';
import { PortabilityError } from './failures.ts';

export type JsonObject = { readonly [name: string]: unknown };

export async function* readJsonObjects(text: AsyncIterable<string>): AsyncGenerator<JsonObject> {
  let open = '';
  let depth = 0;
  let inText = false;
  let escaped = false;

  for await (const piece of text) {
    let from = 0;
    for (let at = 0; at < piece.length; at += 1) {
      const letter = piece[at];
      if (inText) {
        if (escaped) escaped = false;
        else if (letter === '\\') escaped = true;
        else if (letter === '"') inText = false;
      } else if (letter === '{' || (letter === '[' && depth > 0)) {
        if (depth === 0) from = at;
        depth += 1;
      } else if (depth === 0) {
        if (!/[\s,[\]]/.test(letter as string)) throw noJson();
      } else if (letter === '"') inText = true;
      else if (letter === '}' || letter === ']') {
        depth -= 1;
        if (depth > 0) continue;
        yield parse(open + piece.slice(from, at + 1));
        open = '';
      }
    }
    if (depth > 0) open += piece.slice(from);
    if (open.length > ROW_LENGTH_MAX) throw tooLong();
  }
  if (depth > 0) throw noJson();
}

// A number that is written without quotes is kept as it was written: a double has no room for nineteen
// digits. The message of the parser would repeat what it could not read.
const parse = (text: string): JsonObject => {
  try {
    return JSON.parse(text, ((_name: string, value: unknown, at: { source?: string }) =>
      typeof value === 'number' ? (at.source ?? String(value)) : value) as never);
  } catch {
    throw noJson();
  }
};

const noJson = (): PortabilityError =>
  new PortabilityError(
    'The file is not whole or is no JSON: say --format csv if it is CSV, or ask for it again.',
  );
