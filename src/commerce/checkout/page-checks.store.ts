// What the last look at the live page came to: one row for the installation.

import type { Context, Database } from '#kit/context';
import { spellTime, statement } from '#platform/db';

const save = statement(
  'page_checks.save',
  `insert into commerce.page_checks as kept (only_one, checked_at, differences)
   values (true, $1::timestamptz, $2::text[])
   on conflict (only_one) do update
      set checked_at = excluded.checked_at, differences = excluded.differences`,
);

export const savePageCheck = async (
  { clock, database }: Context,
  differences: readonly string[],
): Promise<void> => {
  await database.system((tx) => tx.query(save, [spellTime(clock.now()), differences]));
};

const load = statement('page_checks.load', 'select differences from commerce.page_checks');

/** Names of what differed the last time; null before the first. */
export const lastPageCheck = async (database: Database): Promise<readonly string[] | null> => {
  const [row] = await database.system((tx) => tx.query<{ differences: string[] }>(load));
  return row?.differences ?? null;
};
