// Builds statements that write many rows at once, unnested in the database: one array of rows, or one array
// per column where a row cannot be told as PostgreSQL keeps it. One row alone is a list of values.

import type { Scope, Statement, Write, WriteStatement } from '#kit/context';
import { mustAskWhose, type OwnedBy, ownerIn, strayedIn, tellingStrays } from './wall.ts';
import type { ElementType } from './wire-arrays.ts';

/** Statements of a batch run in this order: who may write at all is settled first, and what all wait for is locked last. */
export const rank = { claim: 10, update: 20, insert: 30, log: 40, lock: 50 } as const;

type Columns = Readonly<Record<string, ElementType>>;

export const insertRows = (input: {
  readonly name: string;
  readonly table: string;
  /** Column to SQL type, in the order of a row's values. */
  readonly columns: Columns;
  /** The column that identifies the row within a batch. */
  readonly key: string;
  readonly rank: number;
  /** `on conflict do nothing`, for rows that someone else may have written first. */
  readonly orNothing?: boolean;
  /** As `WriteStatement` has it. */
  readonly isNote?: boolean;
  /** As `writeRows` has it. */
  readonly ownedBy?: OwnedBy;
}): WriteStatement => {
  const names = Object.keys(input.columns);
  const written = writeRows({
    ...input,
    losesByConflict: true,
    text: (given) => `insert into ${input.table} (${names.join(', ')})
select ${names.map((name) => `given.${name}`).join(', ')} from ${given}
${input.orNothing ? 'on conflict do nothing\n' : ''}returning ${input.key}::text as key`,
  });
  return input.isNote ? { ...written, isNote: true } : written;
};

const RETURNING = /\nreturning [^\n]+ as key$/;
const OR_NOTHING = /\non conflict do nothing\s*(?=\n|$)/;

/** The same, an error where a row would lose. Where that cannot be said, it is asked for the keys. */
const sureOf = (
  name: string,
  text: string,
  {
    losesByConflict = false,
    ownedBy,
    given,
  }: { readonly losesByConflict?: boolean; readonly ownedBy?: OwnedBy; readonly given: string },
): Statement => {
  const isSure = true;
  if (!RETURNING.test(text)) return { name, text };
  // A row that is there already is an error by itself.
  if (losesByConflict) {
    return { name, text: text.replace(RETURNING, '').replace(OR_NOTHING, ''), isSure };
  }
  // What begins so may write in several places, which PostgreSQL takes at the outermost level alone.
  if (text.startsWith('with ')) return { name, text };
  const strayed = (ownedBy === undefined ? strayedIn(text) : null) ?? 'null';
  const counting = `with done as (
${text.replace(RETURNING, `\nreturning ${strayed} as strayed`)}
)
select from done having 1 / (count(*) = ${given} and count(strayed) = 0)::integer = 0`;
  return { name, text: counting, isSure };
};

/** `text` uses the rows as `given`, with the columns' names, and returns `key`. */
export const writeRows = (input: {
  readonly name: string;
  readonly columns: Columns;
  readonly key: string;
  readonly rank: number;
  readonly text: (given: string) => string;
  /** It inserts each row that it is given, unless that stands in the way of one that is there. */
  readonly losesByConflict?: boolean;
  /** Whose it is, where not that of the columns `account_id` and `livemode`. */
  readonly ownedBy?: OwnedBy;
}): WriteStatement => {
  const names = Object.keys(input.columns);
  const owner = ownerIn(input.name, names, input.ownedBy);
  const isOfAccounts = input.ownedBy === undefined;
  const asKeys = (of: string): string => (isOfAccounts ? tellingStrays(of, input.key) : of);
  const type = `pg_temp.given_${input.name.replaceAll('.', '_')}`;
  const text = input.text(`unnest($1::${type}[]) as given`);
  if (isOfAccounts) mustAskWhose(input.name, text);
  const one = input.text(`(select ${valuesOfOne(input.columns)}) as given`);
  return {
    name: input.name,
    rank: input.rank,
    types: Object.values(input.columns),
    keyColumn: names.indexOf(input.key),
    owner,
    text: asKeys(input.text(`unnest(${arrays(input.columns)}) as given(${names.join(', ')})`)),
    ofRows: {
      name: `${input.name}.rows`,
      text: asKeys(text),
      type,
      columns: names,
      sure: sureOf(`${input.name}.sure`, text, { ...input, given: 'cardinality($1)' }),
    },
    ofOne: sureOf(`${input.name}.one`, one, { ...input, given: '1' }),
  };
};

/** Only from the version that was read: whoever comes second reads again and decides again. */
export const updateRows = <C extends Columns>(input: {
  readonly name: string;
  readonly table: string;
  readonly columns: C;
  /** What changes beside the version. */
  readonly set: readonly (keyof C & string)[];
  /** A further condition on the row as it stands, which is called `kept`. */
  readonly where?: string;
}): WriteStatement =>
  writeRows({
    name: input.name,
    columns: input.columns,
    key: 'id',
    rank: rank.update,
    text: (given) => `update ${input.table} kept
   set ${['version', ...input.set].map((name) => `${name} = given.${name}`).join(', ')}
  from ${given}
 where kept.account_id = given.account_id and kept.livemode = given.livemode
   and kept.id = given.id and kept.version = given.version - 1
   ${input.where === undefined ? '' : `and ${input.where}`}
returning kept.id::text as key`,
  });

/** Hands an object in for a statement, as the values of its row. */
export const writing =
  <T>(into: WriteStatement, toRow: (scope: Scope, it: T) => readonly unknown[]) =>
  (scope: Scope, it: T): Write => ({ into, row: toRow(scope, it) });

const arrays = (columns: Columns): string =>
  Object.values(columns)
    .map((type, index) => `$${index + 1}::${type}[]`)
    .join(', ');

const valuesOfOne = (columns: Columns): string =>
  Object.entries(columns)
    .map(([name, type], index) => `$${index + 1}::${type} as ${name}`)
    .join(', ');

export const statement = (name: string, text: string): Statement => ({ name, text });
