// Searching the rows of a scope, newest first by their ids.
//
// What is asked for is either common, and then among the newest rows, or rare, and then found by an index if one of
// the conditions has one. Which of the two it is is looked at and not left to statistics, which know nothing of what
// conditions have in common, and of one who asks for what there is not.

import type { Context, Row, Scope, Statement } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { type MadeWithin, ownRows, readOwn, type Stored } from './own-rows.ts';
import { statement } from './write.ts';

type Reading = Pick<Context, 'database'>;

/** Text of ours with values of theirs. */
export type SearchCondition = (firstParameter: number) => {
  readonly text: string;
  readonly values: readonly unknown[];
};

/**
 * A select of the ids (`id`) of own rows, whose account and mode are `$1` and `$2`, from `$3` on and before `$4`: of all that the
 * condition can find, and perhaps of more. It is `loose` where whole pages are read for one row.
 */
export type SearchIds = { readonly select: SearchCondition; readonly isLoose: boolean };

export type Search = {
  readonly condition: SearchCondition;
  readonly made: MadeWithin;
  readonly ids?: SearchIds;
};

export type RowSearch = Search & { readonly from: Uuid | null; readonly limit: number };

/** Some tens of milliseconds. */
const NEWEST_ROWS = 20_000;
/** A second or two; for what is rare, but not so rare that few pages have it. */
const NEWEST_ROWS_MAX = 400_000;
/** Nobody should send more of them to and fro. */
const IDS_MAX = 10_000;

/** `where` is what every row found must be. */
export const searchIn = <R extends Row, T>(input: Stored<R, T> & { readonly where: string }) => {
  const rows = `${input.from} where ${ownRows} and id >= $3::uuid and id < $4::uuid`;

  const search = async (context: Reading, scope: Scope, asked: RowSearch): Promise<T[]> => {
    const { condition, made, ids, from, limit } = asked;
    const { text, values } = condition(6);
    const idBefore = from !== null && from < made.idBefore ? from : made.idBefore;
    const given = [made.idFrom, idBefore, limit, ...values];
    const read = async (source: string, more: readonly unknown[] = []): Promise<T[]> => {
      const found = unnamed(`select ${input.select} from ${source} and ${input.where} and (${text})
                              order by id desc limit $5`);
      return (await readOwn<R>(context, scope, found, [...given, ...more])).map(input.fromRow);
    };
    if (ids === undefined) return read(rows);

    for (const atMost of ids.isLoose ? [NEWEST_ROWS, NEWEST_ROWS_MAX] : [NEWEST_ROWS]) {
      const found = await read(
        `(select * from ${rows} order by id desc limit ${atMost}) newest where true`,
      );
      if (found.length === limit) return found;
      if (found.length === 0) break;
    }
    const bounds = [made.idFrom, idBefore];
    const known = await among(context, scope, ids, { bounds, firstParameter: 6 + values.length });
    return read(`${rows} and ${known.text}`, known.values);
  };

  const count = async (context: Reading, scope: Scope, asked: Search): Promise<number> => {
    const { condition, made, ids } = asked;
    const { text, values } = condition(5);
    const bounds = [made.idFrom, made.idBefore];
    const known = await among(context, scope, ids, { bounds, firstParameter: 5 + values.length });
    const found = unnamed(
      `select count(*)::integer as count from ${rows} and ${known.text} and ${input.where} and (${text})`,
    );
    const given = [...bounds, ...values, ...known.values];
    const [row] = await readOwn<{ count: number }>(context, scope, found, given);
    return row?.count ?? 0;
  };

  return { search, count };
};

/** That a row is among those whose ids an index knows. Few are looked up first, so that the plan cannot be another. */
const among = async (
  context: Reading,
  scope: Scope,
  ids: SearchIds | undefined,
  { bounds, firstParameter }: { bounds: readonly Uuid[]; firstParameter: number },
): Promise<ReturnType<SearchCondition>> => {
  if (ids === undefined) return { text: 'true', values: [] };
  const { text, values } = ids.select(5);
  const found = unnamed(`${text} limit ${IDS_MAX + 1}`);
  const rows = await readOwn<{ id: Uuid }>(context, scope, found, [...bounds, ...values]);
  if (rows.length <= IDS_MAX) {
    return { text: `id = any($${firstParameter}::uuid[])`, values: [rows.map(({ id }) => id)] };
  }
  // What is in many pages is found no sooner by looking for its pages.
  if (ids.isLoose) return { text: 'true', values: [] };
  const all = ids.select(firstParameter);
  return { text: `id = any(array(${all.text}))`, values: all.values };
};

// Unnamed: each query has a text of its own, and prepared statements are kept for ever.
const unnamed = (text: string): Statement => statement('', text);
