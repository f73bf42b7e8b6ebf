// Comma-separated values (RFC 4180): read a piece at a time, whichever of the usual separators it has.

import { PortabilityError } from './failures.ts';

export const ROW_LENGTH_MAX = 256 * 1024;

export const csvLine = (fields: readonly string[]): string => fields.map(csvField).join(',');

export const csvField = (text: string): string =>
  /[",;\t\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

/** Rows of fields. Empty lines are none. */
export async function* readCsv(text: AsyncIterable<string>): AsyncGenerator<string[]> {
  let separator: string | null = null;
  let head = '';
  const reader = createReader();
  for await (const piece of text) {
    if (separator === null) {
      head += piece;
      if (!/[\r\n]/.test(head) && head.length < ROW_LENGTH_MAX) continue;
      separator = separatorOf(head);
      yield* reader.read(head, separator);
      head = '';
    } else yield* reader.read(piece, separator);
  }
  if (head !== '') yield* reader.read(head, separatorOf(head));
  yield* reader.end();
}

/** The one that stands most often in the line of names. */
const separatorOf = (head: string): string => {
  const [line = ''] = head.split(/[\r\n]/, 1);
  const count = (of: string): number => line.split(of).length;
  return [',', ';', '\t'].reduce((best, next) => (count(next) > count(best) ? next : best));
};

const createReader = () => {
  let fields: string[] = [];
  let field = '';
  let length = 0;
  // Within quotes; or behind the quote that ended them or is half of a doubled one.
  let state: 'plain' | 'quoted' | 'after quote' = 'plain';

  const endField = (): void => {
    fields.push(field);
    field = '';
    state = 'plain';
  };
  const endRow = (): string[] | null => {
    endField();
    const row = fields;
    fields = [];
    length = 0;
    return row.length === 1 && row[0] === '' ? null : row;
  };

  return {
    *read(piece: string, separator: string): Generator<string[]> {
      for (let at = 0; at < piece.length; at += 1) {
        const letter = piece[at] as string;
        length += 1;
        if (length > ROW_LENGTH_MAX) throw tooLong();
        if (state === 'quoted') {
          if (letter === '"') state = 'after quote';
          else field += letter;
        } else if (letter === separator) endField();
        else if (letter === '\n') {
          const row = endRow();
          if (row !== null) yield row;
        } else if (letter === '\r') continue;
        else if (letter === '"' && state === 'after quote') {
          field += letter;
          state = 'quoted';
        } else if (letter === '"' && field === '') state = 'quoted';
        else field += letter;
      }
    },
    *end(): Generator<string[]> {
      if (state === 'quoted') {
        throw new PortabilityError('The file ends within quotes: it is not whole, or is no CSV.');
      }
      const row = fields.length === 0 && field === '' ? null : endRow();
      if (row !== null) yield row;
    },
  };
};

export const tooLong = (): PortabilityError =>
  new PortabilityError(
    `A row of the file is longer than ${ROW_LENGTH_MAX / 1024} kB: it is neither CSV nor lines of JSON.`,
  );
