// How a search query is answered: the condition of each row, when the rows were made, and what an index knows of them.
// Of clauses that must all hold one says where to look; where one of them is enough, all have to. Every row is held
// against the whole query all the same.

import { Unavailable } from '#kit/failure';
import type { Search, SearchIds } from '#platform/db';
import { ApiError } from './errors.ts';
import { madeIn } from './list.ts';
import type { SearchClause, SearchQuery } from './search-query.ts';
import { type SearchColumns, searchToSql } from './search-sql.ts';

/** Puts a value into the statement, and says how it is called there. */
type Parameter = (value: unknown, type: string) => string;

/** An index that knows the rows which have a value of the field. */
export type SearchIndex = {
  readonly field: string;
  readonly isLoose?: boolean;
  /** A select of ids (see `SearchIds`), or null where the index does not help. All clauses are of the field and name a value. */
  readonly idsOf: (clauses: readonly SearchClause[], parameter: Parameter) => string | null;
};

/** `indexes`: the ones that mostly know fewer rows stand first. */
export const planSearch = (
  query: SearchQuery,
  { columns, indexes }: { columns: SearchColumns; indexes: readonly SearchIndex[] },
): Search => {
  const ids = idsOf(query, indexes);
  return {
    condition: (first) => searchToSql(query, columns, first),
    made: madeIn(boundsOf(named(query, 'created'))),
    ...(ids === undefined ? {} : { ids }),
  };
};

/** The clauses that every row found has to fulfil by the value it has. */
const named = ({ join, clauses }: SearchQuery, field: string): SearchClause[] =>
  join === 'and' || clauses.length === 1 ? clauses.filter((each) => isNamed(each, field)) : [];

const isNamed = (clause: SearchClause, field: string): boolean =>
  clause.field === field && !clause.negated && clause.value !== null;

const idsOf = (query: SearchQuery, indexes: readonly SearchIndex[]): SearchIds | undefined => {
  if (query.join === 'or') return idsOfEither(query, indexes);
  for (const index of indexes) {
    const ids = idsBy(index, named(query, index.field));
    if (ids !== undefined) return ids;
  }
  return undefined;
};

/** Of any of the clauses: without an index for one of them all rows would have to be read for it. */
const idsOfEither = (
  { clauses }: SearchQuery,
  indexes: readonly SearchIndex[],
): SearchIds | undefined => {
  const all: SearchIds[] = [];
  for (const clause of clauses) {
    const known = indexes
      .filter(({ field }) => isNamed(clause, field))
      .flatMap((index) => idsBy(index, [clause]) ?? []);
    const [ids] = known;
    if (ids === undefined) return undefined;
    all.push(ids);
  }
  return {
    select: (firstParameter) => {
      const values: unknown[] = [];
      const texts = all.map(({ select }) => {
        const each = select(firstParameter + values.length);
        values.push(...each.values);
        return `select id from (${each.text}) as one`;
      });
      return { text: texts.join(' union all '), values };
    },
    isLoose: all.some(({ isLoose }) => isLoose),
  };
};

const idsBy = (
  { isLoose = false, idsOf: find }: SearchIndex,
  clauses: readonly SearchClause[],
): SearchIds | undefined => {
  if (clauses.length === 0) return undefined;
  const select = (firstParameter: number) => {
    const values: unknown[] = [];
    const text = find(clauses, (value, type) => {
      values.push(value);
      return `$${firstParameter + values.length - 1}::${type}`;
    });
    return { text, values };
  };
  if (select(1).text === null) return undefined;
  return {
    select: (firstParameter) => {
      const { text, values } = select(firstParameter);
      return { text: text ?? noIds, values };
    },
    isLoose,
  };
};

/** For a value that no row has. */
export const noIds = 'select $3::uuid as id where ($1::uuid, $2::boolean, $4::uuid) is null';

export const ownIds = (table: string): string =>
  `select id from ${table} where account_id = $1 and livemode = $2 and id >= $3 and id < $4`;

/** In the place of a customer's id that is none. */
export const NOBODY = 'nobody';

/** For queries that name a customer by the bits of their id. */
export const customerIndex = (table: string): SearchIndex => ({
  field: 'customer',
  idsOf: ([clause], parameter) =>
    clause?.value === NOBODY
      ? noIds
      : `${ownIds(table)} and customer_id = ${parameter(clause?.value, 'uuid')}`,
});

/** `find` is a function of the database: account, mode, ids from and before, and what is asked for, to ids. */
export const metadataIndex = (find: string): SearchIndex => ({
  field: 'metadata',
  idsOf: (clauses, parameter) => {
    const pairs = clauses.flatMap(({ key, value, operator }) =>
      operator === ':' && isPlain(`${key}${value}`) ? [[key, value] as const] : [],
    );
    if (pairs.length === 0) return null;
    return `select ${find}($1, $2, $3, $4, ${parameter(JSON.stringify(Object.fromEntries(pairs)), 'jsonb')}) as id`;
  },
});

// In JSON a control character is written with letters, which a letter beside it could be told apart by.
const isPlain = (text: string): boolean => !/\p{Cc}/u.test(text);

/** Likewise, from one amount to another. */
export const amountIndex = (find: string): SearchIndex => ({
  field: 'amount',
  isLoose: true,
  idsOf: (clauses, parameter) => {
    const { gte = 0, lte = Number.MAX_SAFE_INTEGER } = boundsOf(clauses);
    return `select ${find}($1, $2, $3, $4, ${parameter(gte, 'bigint')}, ${parameter(lte, 'bigint')}) as id`;
  },
});

/** The whole numbers that fulfil them all. */
const boundsOf = (clauses: readonly SearchClause[]): { gte?: number; lte?: number } => {
  const least: number[] = [];
  const most: number[] = [];
  for (const { operator, value } of clauses) {
    if (typeof value !== 'number') continue;
    if (operator === ':' || operator === '>=') least.push(Math.ceil(value));
    if (operator === ':' || operator === '<=') most.push(Math.floor(value));
    if (operator === '>') least.push(Math.floor(value) + 1);
    if (operator === '<') most.push(Math.ceil(value) - 1);
  }
  return {
    ...(least.length === 0 ? {} : { gte: Math.max(...least) }),
    ...(most.length === 0 ? {} : { lte: Math.min(...most) }),
  };
};

/** What reads too much to be answered was not kept by anybody: it would be no quicker in a moment. */
export const inTime = async <T>(searched: Promise<T>): Promise<T> => {
  try {
    return await searched;
  } catch (error) {
    throw error instanceof Unavailable && error.tookTooLong ? tooMuch() : error;
  }
};

const tooMuch = (): ApiError =>
  new ApiError(
    400,
    "This search has to look through too much to be answered in time. Narrow it by when it was created, as in created>1767225600, or by a customer or by metadata, as in metadata['order']:'6735', joined by AND; and leave out total_count.",
    { param: 'query' },
  );
