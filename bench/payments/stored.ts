// Payments by the million, made by SQL from one that was really paid: every row that it left behind is
// copied under ids of its own, a hundred thousand a day, in the past. What the gateway forgets after a day or a
// month is copied for the last day or month alone.

import type { Connection } from '#platform/db';

type Column = { readonly name: string; readonly type: string; readonly generated: boolean };
type Send = Pick<Connection, 'send'>;

const sql = (text: string) => ({ name: '', text });

type Table = readonly [name: string, condition: string, keptDays?: number];

/** Tables in which one payment leaves rows, the largest first, and how the rows of this one are found. */
const tables: readonly Table[] = [
  ['platform.events', 'o.object_id = any($IDS)'],
  ['payments.charges', 'o.intent_id = any($IDS)'],
  ['rails.operations', 'o.intent_id = any($IDS)'],
  ['payments.intents', 'o.id = any($IDS)'],
  ['rails.evidence', 'o.operation_id = any($IDS)'],
  ['books.entries', 'o.subject = any($IDS)'],
  ['books.expectations', 'o.reference = any($TEXTS)'],
  ['outward.deliveries', 'o.object_id = any($IDS)', 30],
  ['platform.answers', 'o.request_id = any($TEXTS)', 1],
];

/** The one payment of an account that made no other, and where its copies begin. */
export type Template = {
  readonly accountId: string;
  readonly ids: readonly string[];
  readonly texts: readonly string[];
  readonly madeMs: number;
};

export const templateOf = async (owner: Send, accountId: string): Promise<Template> => {
  const of = `account_id = '${accountId}'`;
  const list = async (text: string): Promise<string[]> =>
    (await owner.send<{ id: string }>(sql(text))).map(({ id }) => id);
  const intents = await list(`select id::text as id from payments.intents where ${of}`);
  const charges = await list(`select id::text as id from payments.charges where ${of}`);
  const operations = await list(`select id::text as id from rails.operations where ${of}`);
  const references = await list(`select reference as id from rails.operations where ${of}`);
  const requests = await list(`select request_id as id from platform.answers where ${of}`);
  if (intents.length !== 1) throw new Error(`One payment was to be copied, not ${intents.length}`);
  return {
    accountId,
    ids: [...intents, ...charges, ...operations],
    texts: [...references, ...requests],
    // So long before that none meets the payment of which all are copies.
    madeMs: Date.now() - 3_600_000,
  };
};

export type Numbers = { readonly from: number; readonly to: number };

/**
 * Each older than all that there are, so that none meets another. As many tables at once as there are
 * connections; each belongs to a superuser: copies refer to copies that come later, and nothing is to be refused.
 */
export const storePayments = async (
  owners: readonly Send[],
  template: Template,
  numbers: Numbers,
): Promise<{ readonly rows: number; readonly sizes: string }> => {
  const left = [...tables];
  const sizes: string[] = [];
  let rows = 0;
  const store = async (owner: Send): Promise<void> => {
    await owner.send(
      sql(`set session_replication_role = replica; set synchronous_commit = off;
           set maintenance_work_mem = '512MB'`),
    );
    for (let table = left.shift(); table !== undefined; table = left.shift()) {
      rows += await storeTable(owner, template, numbers, table);
      sizes.push(`${table[0]} ${await gigabytesOf(owner, table[0])}`);
    }
    await owner.send(
      sql(`reset session_replication_role; reset synchronous_commit; reset maintenance_work_mem`),
    );
  };
  const [first] = owners;
  if (first === undefined) throw new Error('Payments are stored by at least one connection');
  // It would look through each table again and again while it grows.
  await setAutovacuum(first, 'off');
  await Promise.all(owners.map(store));
  await setAutovacuum(first, 'on');
  await first.send(sql('checkpoint'));
  return { rows, sizes: sizes.join(', ') };
};

const setAutovacuum = async (owner: Send, to: 'on' | 'off'): Promise<void> => {
  await owner.send(sql(`alter system set autovacuum = ${to}`));
  await owner.send(sql('select pg_reload_conf()'));
};

const storeTable = async (
  owner: Send,
  template: Template,
  numbers: Numbers,
  [table, condition, keptDays]: Table,
): Promise<number> => {
  const where = `o.account_id = '${template.accountId}' and ${condition}`
    .replace('$IDS', `'{${template.ids.join(',')}}'::uuid[]`)
    .replace('$TEXTS', `'{${template.texts.join(',')}}'::text[]`);
  // An index is made of a million rows in seconds, and kept through a million rows in minutes.
  const indexes = await dropIndexes(owner, table);
  const to = Math.min(numbers.to, (keptDays ?? Number.POSITIVE_INFINITY) * A_DAY);
  const rows =
    numbers.from > to ? 0 : await copy(owner, table, where, template, { from: numbers.from, to });
  for (const { made } of indexes) await owner.send(sql(made));
  await owner.send(sql(`vacuum analyze ${table}`));
  return rows;
};

/** With all its parts and indexes. */
const gigabytesOf = async (owner: Send, table: string): Promise<string> => {
  const [row] = await owner.send<{ bytes: number }>(
    sql(`select sum(pg_total_relation_size(relid))::float8 as bytes
           from (select to_regclass('${table}') union select relid from pg_partition_tree('${table}')) as part (relid)`),
  );
  return `${((row?.bytes ?? 0) / 1e9).toFixed(2)} GB`;
};

/** All but those that other tables refer to, and primary keys of partitioned tables, which go by time. */
const dropIndexes = async (owner: Send, table: string): Promise<{ readonly made: string }[]> => {
  const indexes = await owner.send<{ dropped: string; made: string }>(
    sql(`select case when c.oid is null then format('drop index %s', i.indexrelid::regclass)
                     else format('alter table %s drop constraint %I', i.indrelid::regclass, c.conname) end as dropped,
                case when c.oid is null then pg_get_indexdef(i.indexrelid)
                     else format('alter table %s add constraint %I %s', i.indrelid::regclass, c.conname,
                                 pg_get_constraintdef(c.oid)) end as made
           from pg_index i
           join pg_class t on t.oid = i.indrelid and t.relkind = 'r'
           left join pg_constraint c on c.conindid = i.indexrelid and c.contype in ('p', 'u')
          where i.indrelid = to_regclass('${table}')
            and not exists (select from pg_constraint f where f.conindid = i.indexrelid and f.contype = 'f')`),
  );
  for (const { dropped } of indexes) await owner.send(sql(dropped));
  return indexes;
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
  `(lpad(to_hex($MOMENT), 12, '0') || right(replace(o.${column}::text, '-', ''), 20))::uuid`;
const drawn = (column: string): string => `md5(o.${column}::text || g)::uuid`;

const keptIds = new Set(['account_id', 'connector_account_id', 'customer_id', 'endpoint_id']);
// A copy that kept what its original is found by would be copied with it the next time.
const unique = new Set(['reference', 'order_reference', 'request_id']);
const A_DAY = 100_000;
const EACH_MS = 864;
const AT_ONCE = 50_000;

const copy = async (
  owner: Send,
  table: string,
  where: string,
  { ids, madeMs }: Template,
  { from, to }: Numbers,
): Promise<number> => {
  const known = new Set(ids);
  const columns = (await columnsOf(owner, table)).filter(({ generated }) => !generated);
  const uuids = columns.filter(({ name, type }) => type === 'uuid' && !keptIds.has(name));
  const samples = await owner.send<Record<string, string | null>>(
    sql(`select ${uuids.map(({ name }) => `o.${name}::text as ${name}`).join(', ')}
           from ${table} o where ${where}`),
  );
  if (samples.length === 0) throw new Error(`${table} holds nothing of the payment`);
  const isTimed = (name: string): boolean =>
    samples.every(
      (row) => row[name] === null || row[name]?.[14] === '7' || known.has(row[name] ?? ''),
    );
  const texts = columns.map(({ name, type }) => {
    if (type === 'uuid' && !keptIds.has(name)) return isTimed(name) ? timed(name) : drawn(name);
    if (type === 'text' && unique.has(name)) return `o.${name} || 'x' || g`;
    return `o.${name}`;
  });
  const selected = texts
    .join(', ')
    .replaceAll('$MOMENT', `(${madeMs} - g::bigint * ${EACH_MS})::bigint`);
  // Read once: the table has lost the index that would find them.
  await owner.send(
    sql(`create temporary table template as select o.* from ${table} o where ${where}`),
  );
  for (let first = from; first <= to; first += AT_ONCE) {
    const last = Math.min(first + AT_ONCE - 1, to);
    await owner.send(
      sql(
        `insert into ${table} (${columns.map(({ name }) => name).join(', ')})
         select ${selected} from generate_series(${first}, ${last}) g, template o`,
      ),
    );
  }
  await owner.send(sql('drop table template'));
  return samples.length * (to - from + 1);
};
