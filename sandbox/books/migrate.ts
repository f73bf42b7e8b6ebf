// Numbered SQL, applied once each, in the order of the numbers.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';

const folder = join(import.meta.dirname, 'migrations');

export const migrate = async (client: pg.Client): Promise<void> => {
  await client.query(
    'create table if not exists public.sandbox_migrations (name text primary key)',
  );
  const { rows } = await client.query<{ name: string }>(
    'select name from public.sandbox_migrations',
  );
  const applied = new Set(rows.map(({ name }) => name));
  for (const name of readdirSync(folder).toSorted()) {
    if (applied.has(name)) continue;
    await client.query('begin');
    try {
      await client.query(readFileSync(join(folder, name), 'utf8'));
      await client.query('insert into public.sandbox_migrations (name) values ($1)', [name]);
      await client.query('commit');
    } catch (error) {
      await client.query('rollback');
      throw error;
    }
  }
};
