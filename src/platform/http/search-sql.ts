// A search query as an SQL condition. The text holds only column expressions that the module wrote
// itself; everything a caller sent is a value.

import type { SearchClause, SearchQuery } from './search-query.ts';

/** Field name to the SQL expression of its column, written by the module: `c.email`. */
export type SearchColumns = Readonly<Record<string, string>>;

export type SqlCondition = { readonly text: string; readonly values: readonly unknown[] };

/**
 * `firstParameter` is the number of the first `$` that is free. Metadata columns are `jsonb`. Text is
 * compared without case, as Stripe does.
 */
export const searchToSql = (
  query: SearchQuery,
  columns: SearchColumns,
  firstParameter = 1,
): SqlCondition => {
  const values: unknown[] = [];
  const parameter = (value: unknown, type: string): string => {
    values.push(value);
    return `$${firstParameter + values.length - 1}::${type}`;
  };

  const parts = query.clauses.map((clause) => clauseToSql(clause, columns, parameter));
  return { text: parts.join(query.join === 'and' ? ' and ' : ' or '), values };
};

type Parameter = (value: unknown, type: string) => string;

const clauseToSql = (
  clause: SearchClause,
  columns: SearchColumns,
  parameter: Parameter,
): string => {
  const column = columns[clause.field];
  if (column === undefined) throw new Error(`The field ${clause.field} has no column.`);

  const left =
    clause.key === undefined ? `(${column})` : `((${column}) ->> ${parameter(clause.key, 'text')})`;
  if (clause.value === null) return `${left} is ${clause.negated ? 'not ' : ''}null`;

  // A row without the field does not have the value, so it matches the negation.
  const condition = compare(left, clause, parameter);
  return clause.negated ? `(${condition}) is not true` : `(${condition})`;
};

const compare = (
  left: string,
  { kind, operator, value }: SearchClause,
  parameter: Parameter,
): string => {
  if (typeof value === 'number') {
    return `${left} ${operator === ':' ? '=' : operator} ${parameter(value, 'numeric')}`;
  }
  if (operator === '~') {
    return `strpos(lower(${left}), lower(${parameter(value, 'text')})) > 0`;
  }
  if (kind === 'words' && value !== null) {
    const words = parameter(` ${value.trim().split(/\s+/).join(' ')} `, 'text');
    const spaced = `regexp_replace(lower(${left}), '\\s+', ' ', 'g')`;
    return `strpos(' ' || ${spaced} || ' ', lower(${words})) > 0`;
  }
  return `lower(${left}) = lower(${parameter(value, 'text')})`;
};
