// The query language of search: `field:'value'`, `field~'part'`, `field>10`, `-field:'x'`,
// `field:null`, `metadata['k']:'v'`, joined by AND, by no more than a space, which means AND, or by OR. Text to a
// small tree; the tree to SQL is in search-sql.ts. Both are pure, and the reader goes over the text once.

import { ApiError } from './errors.ts';
import { cardNumberRefused } from './refusals.ts';
import { containsCardNumber, echo } from './sensitive.ts';

/**
 * What may be asked of a field: `token` is compared whole, `string` also by part, `words` by part and by some of
 * its words as they follow each other, `number` also by size. `metadata` is a field of every resource that has it, declared as kind `metadata`.
 */
export type SearchFieldKind = 'token' | 'string' | 'words' | 'number' | 'metadata';
export type SearchFields = Readonly<Record<string, SearchFieldKind>>;

export type SearchOperator = ':' | '~' | '>' | '<' | '>=' | '<=';

export type SearchClause = {
  readonly field: string;
  readonly kind: SearchFieldKind;
  /** The key, for metadata. */
  readonly key?: string;
  readonly negated: boolean;
  readonly operator: SearchOperator;
  /** Null asks for the absence of a value. */
  readonly value: string | number | null;
};

export type SearchQuery = {
  readonly join: 'and' | 'or';
  readonly clauses: readonly SearchClause[];
};

const limits = { lengthMax: 2_000, clausesMax: 10, partLengthMin: 3 } as const;

export const parseSearchQuery = (text: string, fields: SearchFields): SearchQuery => {
  if (text.length > limits.lengthMax) {
    throw refusal(`a query can have up to ${limits.lengthMax} characters`);
  }
  if (containsCardNumber(text)) throw cardNumberRefused('query');

  const reader: Reader = { text, at: 0 };
  const clauses = [readClause(reader, fields)];
  let join: 'and' | 'or' | null = null;

  for (;;) {
    const word = readJoin(reader);
    if (word === null) return { join: join ?? 'and', clauses };
    if (join !== null && join !== word) throw refusal('AND and OR cannot be used together');

    join = word;
    clauses.push(readClause(reader, fields));
    if (clauses.length > limits.clausesMax) {
      throw refusal(`a query can have up to ${limits.clausesMax} clauses`);
    }
  }
};

type Reader = { readonly text: string; at: number };

const readClause = (reader: Reader, fields: SearchFields): SearchClause => {
  skipSpace(reader);
  if (reader.text[reader.at] === '(') throw refusal('parentheses are not supported');
  const negated = take(reader, '-');

  const field = readPattern(reader, fieldPattern);
  if (field === '') throw refusal(`a field was expected ${place(reader)}`);
  const kind = Object.hasOwn(fields, field) ? fields[field] : undefined;
  if (kind === undefined) {
    const known = Object.keys(fields).join(', ');
    throw refusal(`the field '${echo(field)}' cannot be searched; these can: ${known}`);
  }
  const key = kind === 'metadata' ? readKey(reader, field) : undefined;

  skipSpace(reader);
  const operator = readOperator(reader, kind);
  skipSpace(reader);
  const value = readValue(reader, field, kind, operator);

  return { field, kind, ...(key === undefined ? {} : { key }), negated, operator, value };
};

/** What a number equals may be said by either sign. */
const readOperator = (reader: Reader, kind: SearchFieldKind): SearchOperator => {
  if (kind === 'number' && take(reader, '=')) return ':';
  const operator = readPattern(reader, operatorPattern) as SearchOperator | '';
  if (operator === '') throw refusal(`one of : ~ > < >= <= was expected ${place(reader)}`);
  return operator;
};

const fieldPattern = /[A-Za-z_][A-Za-z0-9_.]{0,99}/y;
const operatorPattern = />=|<=|[:~><]/y;
const numberPattern = /-?\d{1,15}(?:\.\d{1,6})?(?![\w.])/y;
const nullPattern = /null(?!\w)/iy;
const joinPattern = /(?:and|or)(?=\s|$)/iy;

const readValue = (
  reader: Reader,
  field: string,
  kind: SearchFieldKind,
  operator: SearchOperator,
): string | number | null => {
  if (operator === ':' && readPattern(reader, nullPattern) !== '') return null;

  if (kind === 'number') {
    if (operator === '~') throw refusal(`the field '${field}' is a number; ~ searches text`);
    return readNumber(reader, field);
  }
  if (operator !== ':' && operator !== '~') {
    throw refusal(`the field '${field}' is text; ${operator} compares numbers`);
  }
  if (operator === '~' && kind === 'token') {
    throw refusal(`the field '${field}' is compared whole, with :`);
  }

  const value = operator === ':' ? readText(reader) : readQuoted(reader);
  if (operator === '~' && [...value].length < limits.partLengthMin) {
    throw refusal(`~ needs at least ${limits.partLengthMin} characters`);
  }
  return value;
};

/** A text that is a number needs no quotes, and stays the text it is: `last4:0042`. */
const readText = (reader: Reader): string => {
  const bare = isQuote(reader.text[reader.at]) ? '' : readPattern(reader, numberPattern);
  return bare === '' ? readQuoted(reader) : bare;
};

/** A number may stand in quotes. */
const readNumber = (reader: Reader, field: string): number => {
  const quoted = isQuote(reader.text[reader.at]);
  const text = quoted ? readQuoted(reader) : readPattern(reader, numberPattern);
  numberPattern.lastIndex = 0;
  if (text === '' || numberPattern.exec(text)?.[0] !== text) {
    throw refusal(`a number was expected for the field '${field}'`);
  }
  return Number(text);
};

const readKey = (reader: Reader, field: string): string => {
  skipSpace(reader);
  if (!take(reader, '[')) throw refusal(`${field} is searched by key: ${field}['key']:'value'`);
  const key = readQuoted(reader);
  if (!take(reader, ']')) throw refusal(`a ] was expected ${place(reader)}`);
  return key;
};

/** Single or double quotes; a backslash takes the next character as it is. */
const readQuoted = (reader: Reader): string => {
  const { text } = reader;
  const quote = text[reader.at];
  if (!isQuote(quote)) throw refusal(`a quoted value was expected ${place(reader)}`);

  let value = '';
  for (let at = reader.at + 1; at < text.length; at++) {
    if (text[at] === quote) {
      reader.at = at + 1;
      return value;
    }
    if (text[at] === '\\' && at + 1 < text.length) at += 1;
    value += text[at];
  }
  throw refusal(`the quote opened ${place(reader)} is not closed`);
};

/** `AND`, `OR` (in any case), a space alone, or the end of the query. */
const readJoin = (reader: Reader): 'and' | 'or' | null => {
  const before = reader.at;
  skipSpace(reader);
  if (reader.at === reader.text.length) return null;

  if (reader.at === before) throw refusal(`AND or OR was expected ${place(reader)}`);
  const word = readPattern(reader, joinPattern);
  if (word === '') return 'and';
  return word.toLowerCase() === 'and' ? 'and' : 'or';
};

const readPattern = (reader: Reader, sticky: RegExp): string => {
  sticky.lastIndex = reader.at;
  const match = sticky.exec(reader.text)?.[0] ?? '';
  reader.at += match.length;
  return match;
};

const take = (reader: Reader, character: string): boolean => {
  if (reader.text[reader.at] !== character) return false;
  reader.at += 1;
  return true;
};

const skipSpace = (reader: Reader): void => {
  while (/\s/.test(reader.text.charAt(reader.at))) reader.at += 1;
};

const isQuote = (character: string | undefined): boolean => character === "'" || character === '"';

const place = ({ text, at }: Reader): string =>
  at >= text.length ? 'at the end' : `at character ${at + 1}`;

const refusal = (reason: string): ApiError =>
  new ApiError(400, `We were unable to parse your search query: ${reason}.`, { param: 'query' });
