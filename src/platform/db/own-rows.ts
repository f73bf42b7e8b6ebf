// Reading the rows of a scope: by id, page by page, by a search. A store brings its columns, its
// mapping and its conditions; that a row is the scope's own is said here, for all of them alike.

import type { Context, Row, Scope, Statement } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { statement } from './write.ts';

/** The account and the mode are the first two values of every statement on own rows. */
export const ownRows = 'account_id = $1 and livemode = $2';

type Reading = Pick<Context, 'database'>;

/** `values` begin at `$3`. */
export const readOwn = <R extends Row>(
  context: Reading,
  scope: Scope,
  found: Statement,
  values: readonly unknown[] = [],
): Promise<R[]> =>
  context.database.read<R>(scope, found, [scope.accountId, scope.livemode, ...values]);

/** What the rows of a table are read as. */
export type Stored<R extends Row, T> = {
  /** The columns, as SQL. */
  readonly select: string;
  readonly from: string;
  readonly fromRow: (row: R) => T;
};

type Identified = Row & { readonly id: Uuid };

/** Own rows whose `id` is among those of `$3`: whoever else asks for such rows at that moment is served too. */
export const byKeys = (name: string, text: string): Statement => ({
  name,
  text,
  by: { value: 2, column: 'id' },
});

export const findByIds = <R extends Identified, T>(
  input: Stored<R, T> & { readonly name: string },
) => {
  const found = byKeys(
    input.name,
    `select ${input.select} from ${input.from} where ${ownRows} and id = any($3::uuid[])`,
  );
  return async (context: Reading, scope: Scope, ids: readonly Uuid[]): Promise<Map<Uuid, T>> => {
    const rows = await readOwn<R>(context, scope, found, [ids]);
    return new Map(rows.map((row) => [row.id, input.fromRow(row)]));
  };
};

/** `where` is what a row found must be, beside being the one. */
export const findById = <R extends Identified, T>(
  input: Stored<R, T> & { readonly name: string; readonly where?: string },
) => {
  const where = input.where === undefined ? '' : ` and ${input.where}`;
  const found = byKeys(
    input.name,
    `select ${input.select} from ${input.from} where ${ownRows} and id = any($3::uuid[])${where}`,
  );
  return async (context: Reading, scope: Scope, id: Uuid): Promise<T | undefined> => {
    const [row] = await readOwn<R>(context, scope, found, [[id]]);
    return row && input.fromRow(row);
  };
};

export const oneOf =
  <T>(findMany: (context: Reading, scope: Scope, ids: readonly Uuid[]) => Promise<Map<Uuid, T>>) =>
  async (context: Reading, scope: Scope, id: Uuid): Promise<T | undefined> =>
    (await findMany(context, scope, [id])).get(id);

export type PageOfRows = {
  readonly direction: 'older' | 'newer';
  /** Exclusive; null is the end from which the direction starts. */
  readonly from: Uuid | null;
  readonly limit: number;
};

/** Ids begin with the moment they were made at. */
export type MadeWithin = { readonly idFrom: Uuid; readonly idBefore: Uuid };

/** For a list whose first two values are those of `MadeWithin`. */
export const madeWithin = 'id >= $5::uuid and id < $6::uuid';

/**
 * Two statements, `…_older` and `…_newer`. The values of `where` begin at `$5`. Rows come in the order
 * of the direction: the caller turns a page of newer ones round.
 *
 * `asked` says what an expression has to equal; null is not asked for, and no part of the statement. A condition
 * that may be there or not would keep a plan that is made for all values from the index of the one that is.
 */
export const listPages = <R extends Row, T, Filter = unknown>(
  input: Stored<R, T> & {
    readonly name: string;
    readonly where: string;
    readonly values?: (filter: Filter) => readonly unknown[];
    readonly asked?: (filter: Filter) => Readonly<Record<string, unknown>>;
  },
) => {
  const made = new Map<string, Statement>();
  const listing = (direction: PageOfRows['direction'], which: string, where: string) => {
    const name = `${input.name}_${direction}${which === '' ? '' : `_of_${which}`}`;
    const isOlder = direction === 'older';
    const [beyond, order] = isOlder
      ? (['id < $3', 'desc'] as const)
      : (['id > $3', 'asc'] as const);
    const found = made.get(name) ?? statement(name, pageOf({ ...input, where }, beyond, order));
    made.set(name, found);
    return found;
  };
  return async (context: Reading, scope: Scope, filter: PageOfRows & Filter): Promise<T[]> => {
    const values = [filter.from, filter.limit, ...(input.values?.(filter) ?? [])];
    const where = [input.where];
    const which: number[] = [];
    for (const [at, [expression, value]] of Object.entries(input.asked?.(filter) ?? {}).entries()) {
      if (value === null) continue;
      which.push(at);
      // Behind the account and the mode.
      where.push(`${expression} = $${values.push(value) + 2}`);
    }
    const list = listing(filter.direction, which.join('_'), where.join(' and '));
    return (await readOwn<R>(context, scope, list, values)).map(input.fromRow);
  };
};

const pageOf = (
  of: { readonly select: string; readonly from: string; readonly where: string },
  beyond: string,
  order: 'desc' | 'asc',
): string => `select ${of.select} from ${of.from}
 where ${ownRows} and ($3::uuid is null or ${beyond}) and ${of.where}
 order by id ${order} limit $4`;

/** The newest of each of several holders, in one question. */
export const newestOfEach = <R extends Identified, T>(
  input: Stored<R, T> & {
    readonly name: string;
    /** The column that names the holder. */
    readonly by: string;
    readonly where?: string;
    readonly holderOf: (found: T) => Uuid | null;
  },
) => {
  const { name, select, from, by, where = 'true' } = input;
  const found = statement(
    name,
    `select newest.* from unnest($3::uuid[]) as holder(id)
       cross join lateral (
         select ${select} from ${from}
          where ${ownRows} and ${by} = holder.id and ${where}
          order by ${from}.id desc limit $4
       ) as newest
      order by newest.id desc`,
  );
  return async (
    context: Reading,
    scope: Scope,
    { holders, limit }: { readonly holders: readonly Uuid[]; readonly limit: number },
  ): Promise<ReadonlyMap<Uuid, readonly T[]>> => {
    const shown = new Map<Uuid, T[]>(holders.map((id) => [id, []]));
    if (shown.size === 0) return shown;
    const rows = await readOwn<R>(context, scope, found, [[...shown.keys()], limit]);
    for (const each of rows.map(input.fromRow)) {
      const holder = input.holderOf(each);
      if (holder !== null) shown.get(holder)?.push(each);
    }
    return shown;
  };
};
