// Payments by the million, made by SQL from one that was really paid: every row that it left behind is
// copied under ids of its own, a hundredth of a second apart, in the past.

import type { Connection } from '#platform/db';

type Column = { readonly name: string; readonly type: string; readonly generated: boolean };
type Send = Pick<Connection, 'send'>;

const sql = (text: string) => ({ name: '', text });

/** Tables in which one payment leaves rows, and how the rows of this one are found. */
const tables: readonly (readonly [table: string, condition: string])[] = [
  ['payments.intents', 'id = $ANY'],
  ['payments.charges', 'intent_id = $ANY'],
  ['rails.operations', 'intent_id = $ANY'],
  ['rails.requests', 'operation_id = $ANY'],
  ['rails.evidence', 'operation_id = $ANY'],
  ['books.entries', 'subject = $ANY'],
  ['books.expectations', 'reference = any($REFERENCES)'],
  ['platform.events', 'object_id = $ANY'],
  ['platform.answers', 'true'],
];

/** All that belongs to the one payment in an account that made no other. */
export const storePayments = async (
  owner: Send,
  accountId: string,
  count: number,
): Promise<{ readonly rows: number; readonly tables: readonly string[] }> => {
  const ids = await idsOfPayments(owner, accountId);
  const done: string[] = [];
  for (const [table, condition] of tables) {
    const columns = await columnsOf(owner, table);
    if (columns.length === 0) continue;
    const where = condition
      .replace('$ANY', `any('{${ids.uuids.join(',')}}'::uuid[])`)
      .replace('$REFERENCES', `'{${ids.references.join(',')}}'::text[]`);
    const own = columns.some(({ name }) => name === 'account_id')
      ? `account_id = '${accountId}' and `
      : '';
    await copy(owner, table, columns, `${own}${where}`, count, ids);
    done.push(table);
  }
  for (const table of done) await owner.send(sql(`analyze ${table}`));
  await owner.send(sql('checkpoint'));
  return { rows: count * done.length, tables: done };
};

type Ids = { readonly uuids: readonly string[]; readonly references: readonly string[] };

const idsOfPayments = async (owner: Send, accountId: string): Promise<Ids> => {
  const of = `account_id = '${accountId}'`;
  const list = async (text: string): Promise<string[]> =>
    (await owner.send<{ id: string }>(sql(text))).map(({ id }) => id);
  const intents = await list(`select id::text as id from payments.intents where ${of}`);
  const charges = await list(`select id::text as id from payments.charges where ${of}`);
  const operations = await list(`select id::text as id from rails.operations where ${of}`);
  const references = await list(`select reference as id from rails.operations where ${of}`);
  if (intents.length !== 1) throw new Error(`One payment was to be copied, not ${intents.length}`);
  return { uuids: [...intents, ...charges, ...operations], references };
};

const columnsOf = (owner: Send, table: string): Promise<Column[]> =>
  owner.send<Column>(
    sql(`select attname as name, format_type(atttypid, atttypmod) as type,
                attgenerated <> '' or attidentity <> '' as generated
           from pg_attribute
          where attrelid = to_regclass('${table}') and attnum > 0 and not attisdropped
          order by attnum`),
  );

/** An id of time keeps its random bits and gets a moment of its own; another is drawn anew. */
const timed = (column: string): string =>
  `(lpad(to_hex($BASE + g * 10), 12, '0') || right(replace(o.${column}::text, '-', ''), 20))::uuid`;
const drawn = (column: string): string => `md5(o.${column}::text || g)::uuid`;

const keptIds = new Set(['account_id', 'connector_account_id', 'customer_id', 'method_id']);
const unique = new Set(['reference', 'order_reference']);

const copy = async (
  owner: Send,
  table: string,
  columns: readonly Column[],
  where: string,
  count: number,
  ids: Ids,
): Promise<void> => {
  const known = new Set(ids.uuids);
  const copied = columns.filter(({ name, generated }) => !generated && name !== 'position');
  const uuids = copied.filter(({ name, type }) => type === 'uuid' && !keptIds.has(name));
  const samples = await owner.send<Record<string, string | null>>(
    sql(`select ${uuids.map(({ name }) => `${name}::text as ${name}`).join(', ') || 'null as none'}
           from ${table} where ${where}`),
  );
  const isTimed = (name: string): boolean =>
    samples.every(
      (row) => row[name] === null || row[name]?.[14] === '7' || known.has(row[name] ?? ''),
    );
  const baseMs = Date.now() - (count + 1) * 10;
  const texts = copied.map(({ name, type }) => {
    if (type === 'uuid' && !keptIds.has(name)) return isTimed(name) ? timed(name) : drawn(name);
    if (type === 'text' && unique.has(name)) return `o.${name} || 'x' || g`;
    return `o.${name}`;
  });
  const step = 100_000;
  for (let from = 1; from <= count; from += step) {
    await owner.send(
      sql(
        `insert into ${table} (${copied.map(({ name }) => name).join(', ')})
         select ${texts.join(', ').replaceAll('$BASE', `${baseMs}::bigint`)}
           from ${table} o, generate_series(${from}, ${Math.min(from + step - 1, count)}) g
          where ${where.replaceAll(/(?<![.\w'])(account_id|intent_id|operation_id|object_id|subject|reference|id) (=)/g, 'o.$1 $2')}`,
      ),
    );
  }
};
