// How many rows a question reads: PostgreSQL counts them, whatever the machine is doing, also within functions.

import { present } from '#kit/assert';
import type { Context, Row, Scope, Statement, Tx, Write } from '#kit/context';
import { asOwner, type TestDatabase } from './for-tests.ts';

type Asked = {
  readonly scope: Scope | null;
  readonly statement: Statement;
  readonly values: readonly unknown[];
};

/** The most that one of the statements read which `ask` sends, each planned once for all values. */
export const rowsRead = async <C extends Context>(
  context: C,
  ask: (context: C) => Promise<unknown>,
): Promise<number> => {
  const all: Asked[] = [];
  const read: Context['database']['read'] = (scope, statement, values = []) => {
    all.push({ scope, statement, values });
    return context.database.read(scope, statement, values);
  };
  await ask({ ...context, database: { ...context.database, read } });
  let most = 0;
  for (const asked of all) most = Math.max(most, await readBy(context, asked));
  return most;
};

/** What is read to write it; it is written with that. */
export const rowsReadToWrite = (
  context: Pick<Context, 'database'>,
  scope: Scope,
  { into, row }: Write,
): Promise<number> =>
  readBy(context, {
    scope,
    statement: present(into.ofOne, 'A statement of one row'),
    values: row,
  });

const readBy = async (
  context: Pick<Context, 'database'>,
  { scope, statement, values }: Asked,
): Promise<number> => {
  if (scope === null) return 0;
  const given = values.length === 0 ? '' : `(${values.map(spelled).join(', ')})`;
  return context.database.transaction(scope, async (tx) => {
    const say = (text: string) => tx.query({ name: '', text });
    await say('set local plan_cache_mode = force_generic_plan');
    await say(`prepare asked as ${statement.text}`);
    const before = await countedBy(tx);
    await say(`execute asked${given}`);
    const rows = (await countedBy(tx)) - before;
    await say('deallocate asked');
    return rows;
  });
};

const spelled = (value: unknown): string => {
  if (value === null || value === undefined) return 'null';
  const text = Array.isArray(value) ? `{${value.join(',')}}` : String(value);
  return `'${text.replaceAll("'", "''")}'`;
};

/** By a statement that looks at the rows of all, as a job's does. What it writes stays written. */
export const rowsReadBy = (context: Pick<Context, 'database'>, text: string): Promise<number> =>
  context.database.system(async (tx) => {
    const before = await countedBy(tx);
    await tx.query({ name: '', text });
    return (await countedBy(tx)) - before;
  });

const countedBy = async (tx: Tx): Promise<number> => {
  const [row] = await tx.query<Row & { rows: number }>({
    name: '',
    text: `select sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::float8 as rows
             from pg_stat_xact_user_tables`,
  });
  return row?.rows ?? 0;
};

/** As autovacuum does: plans are made for tables as they are. */
export const analyzed = (on: TestDatabase): Promise<unknown> => asOwner(on, 'analyze');
