// Where PostgreSQL's time goes, statement by statement, and its log, table by table. PostgreSQL counts for
// itself, which costs it something: what is measured with this is for comparing, and not for results.

import type { Connection } from '#platform/db';

type Send = Pick<Connection, 'send'>;

const sql = (text: string) => ({ name: '', text });

/** Takes effect with the next start. */
export const countStatements = async (owner: Send): Promise<void> => {
  await owner.send(sql(`alter system set shared_preload_libraries = 'pg_stat_statements'`));
  await owner.send(sql(`alter system set pg_stat_statements.track_planning = 'on'`));
};

export const beginCounting = async (owner: Send): Promise<string> => {
  await owner.send(
    sql(`create extension if not exists pg_stat_statements;
         create extension if not exists pg_walinspect`),
  );
  await owner.send(sql('select pg_stat_statements_reset()'));
  const [row] = await owner.send<{ lsn: string }>(
    sql('select pg_current_wal_insert_lsn()::text as lsn'),
  );
  return row?.lsn ?? '0/0';
};

/** Lines of a table each. */
export const tellCounted = async (
  owner: Send,
  since: string,
  payments: number,
): Promise<string[]> => {
  const statements = await owner.send<{ line: string }>(
    sql(`select format('| %s | %s | %s | %s | %s | %s | %s |',
                  round((total_exec_time / ${payments} * 1000)::numeric, 1),
                  round((total_plan_time / ${payments} * 1000)::numeric, 1),
                  round(calls::numeric / ${payments}, 3), round(rows::numeric / ${payments}, 2),
                  round(wal_bytes / ${payments}), round(shared_blks_hit::numeric / ${payments}, 1), left(regexp_replace(query, '\\s+', ' ', 'g'), 110)) as line
           from pg_stat_statements where calls > 5
          order by total_exec_time + total_plan_time desc limit 45`),
  );
  const logged = await owner.send<{ line: string }>(
    sql(`select format('| %s | %s | %s | %s |', coalesce(c.oid::regclass::text, b.relfilenode::text),
                  round(count(*)::numeric / ${payments}, 2),
                  round(sum(block_data_length)::numeric / ${payments}),
                  round(sum(block_fpi_length)::numeric / ${payments})) as line
           from pg_get_wal_block_info('${since}', pg_current_wal_flush_lsn()) b
           left join pg_class c on c.relfilenode = b.relfilenode
          group by c.oid, b.relfilenode having count(*) > ${payments} / 20
          order by sum(block_data_length + block_fpi_length) desc limit 60`),
  );
  const kinds = await owner.send<{ line: string }>(
    sql(`select format('| %s | %s | %s | %s |', "resource_manager/record_type",
                  round(count::numeric / ${payments}, 2), round(record_size / ${payments}),
                  round(fpi_size / ${payments})) as line
           from pg_get_wal_stats('${since}', pg_current_wal_flush_lsn(), true)
          where count > 0 order by combined_size desc limit 20`),
  );
  return [
    '| exec µs | plan µs | calls | rows | WAL bytes | buffers | statement |\n|---|---|---|---|---|---|---|',
    ...statements.map(({ line }) => line),
    '\n| relation | records | bytes of data | whole pages |\n|---|---|---|---|',
    ...logged.map(({ line }) => line),
    '\n| kind | records | bytes | whole pages |\n|---|---|---|---|',
    ...kinds.map(({ line }) => line),
  ];
};
