// From clear bytes to rows of named values, one at a time.

import { type Columns, refuseForbidden } from './card-columns.ts';
import { readCsv } from './csv.ts';
import { PortabilityError } from './failures.ts';
import { type JsonObject, readJsonObjects } from './json-objects.ts';

export const formats = ['jsonl', 'csv'] as const;
export type Format = (typeof formats)[number];

/** A value with the name of its column, in the order of the file. */
type Named = readonly (readonly [name: string, value: string])[];

export type Row = {
  /** Counted from one, without the line of names; of JSON each card counts. */
  readonly number: number;
  readonly get: (column: keyof Columns) => string | null;
  /** `metadata` as an object, as text that is one, or as columns `metadata.size`. */
  readonly metadata: (of: 'metadata' | 'card_metadata') => Record<string, string> | null;
};

export async function* readRows(
  clear: AsyncIterable<Uint8Array>,
  how: { readonly format: Format | null; readonly columns: Columns },
): AsyncGenerator<Row> {
  const text = peeked(asText(clear));
  const format = how.format ?? formatOf(await text.first());
  const rows = format === 'csv' ? namedByCsv(text.all(), how.columns) : namedByJson(text.all());
  let number = 0;
  for await (const named of rows) {
    number += 1;
    yield rowOf(number, named, how.columns);
  }
}

async function* asText(clear: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const piece of clear) yield decoder.decode(piece, { stream: true });
    yield decoder.decode();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new PortabilityError('The file is not written in UTF-8: have it written so.');
  }
}

const peeked = (text: AsyncGenerator<string>) => {
  const seen: string[] = [];
  return {
    first: async (): Promise<string> => {
      for (;;) {
        const next = await text.next();
        if (next.done === true) return '';
        seen.push(next.value);
        if (next.value.trim() !== '') return next.value.trimStart();
      }
    },
    async *all(): AsyncGenerator<string> {
      yield* seen;
      yield* text;
    },
  };
};

const formatOf = (start: string): Format =>
  start.startsWith('{') || start.startsWith('[') ? 'jsonl' : 'csv';

async function* namedByCsv(text: AsyncIterable<string>, columns: Columns): AsyncGenerator<Named> {
  let names: readonly string[] | null = null;
  for await (const fields of readCsv(text)) {
    if (names === null) {
      names = fields.map((name) => name.trim());
      refuseForbidden(names);
      refuseWithoutNumber(names, columns);
      continue;
    }
    const row: (readonly [string, string])[] = [];
    for (const [at, name] of names.entries()) row.push([name, fields[at]?.trim() ?? '']);
    yield row;
  }
}

const refuseWithoutNumber = (names: readonly string[], columns: Columns): void => {
  const there = new Set(names.map((name) => name.toLowerCase()));
  if (columns.number.some((name) => there.has(name))) return;
  throw new PortabilityError(
    `No column holds the card number (looked for: ${columns.number.join(', ')}): say which one does with --columns number=NAME.`,
  );
};

/** An object is a card, or a customer with several. */
async function* namedByJson(text: AsyncIterable<string>): AsyncGenerator<Named> {
  for await (const object of readJsonObjects(text)) {
    const { cards, ...rest } = object;
    const shared = flat(rest, '');
    refuseForbidden(shared.map(([name]) => name));
    const list = cardsOf(cards);
    if (list === null) yield shared;
    else {
      for (const card of list) {
        const own = flat(card, 'card.');
        refuseForbidden(own.map(([name]) => name));
        yield [...own, ...shared];
      }
    }
  }
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A plain list, or a list as Stripe's API writes it. */
const cardsOf = (cards: unknown): JsonObject[] | null => {
  const list = isObject(cards) ? cards['data'] : cards;
  return Array.isArray(list) ? list.filter(isObject) : null;
};

const flat = (object: JsonObject, prefix: string): (readonly [string, string])[] =>
  Object.entries(object).flatMap(([name, value]) => {
    if (isObject(value)) return flat(value, `${prefix}${name}.`);
    // Of a list only what its objects are called matters: a security code may hide there.
    if (Array.isArray(value)) {
      return value
        .filter(isObject)
        .flatMap((item) =>
          flat(item, `${prefix}${name}.[].`).map(([inner]) => [inner, ''] as const),
        );
    }
    return [[`${prefix}${name}`, value === null ? '' : String(value).trim()] as const];
  });

const rowOf = (number: number, named: Named, columns: Columns): Row => {
  const values = new Map<string, string>();
  for (const [name, value] of named) {
    const known = name.toLowerCase();
    if (value !== '' && !values.has(known)) values.set(known, value);
  }
  const get = (column: keyof Columns): string | null => {
    for (const name of columns[column]) {
      const value = values.get(name);
      if (value !== undefined) return value;
    }
    return null;
  };
  return { number, get, metadata: (of) => metadataOf(named, columns[of], get(of)) };
};

const metadataOf = (
  named: Named,
  names: readonly string[],
  text: string | null,
): Record<string, string> | null => {
  const written = text === null ? {} : parsed(text);
  if (written === null) return null;
  const metadata = new Map(Object.entries(written));
  for (const [name, value] of named) {
    const prefix = names.find((prefix) => name.toLowerCase().startsWith(`${prefix}.`));
    if (prefix !== undefined && value !== '') metadata.set(name.slice(prefix.length + 1), value);
  }
  return Object.fromEntries(metadata);
};

/** Null when the text is no object of texts. */
const parsed = (text: string): Record<string, string> | null => {
  try {
    const value: unknown = JSON.parse(text);
    if (!isObject(value)) return null;
    const entries = Object.entries(value);
    refuseForbidden(entries.map(([name]) => `metadata.${name}`));
    return Object.fromEntries(
      entries.filter(([, one]) => one !== null).map(([name, one]) => [name, String(one)]),
    );
  } catch (error) {
    if (error instanceof PortabilityError) throw error;
    return null;
  }
};
