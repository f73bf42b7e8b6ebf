// What all processes of an installation must agree on. The first one writes it down, and whoever comes
// with another value learns that it does not belong here, before it does any harm.

import type { Database } from '#kit/context';
import { statement } from './write.ts';

const keep = statement(
  'installation.keep',
  'insert into platform.installation (name, value) values ($1, $2) on conflict do nothing',
);
const read = statement(
  'installation.read',
  'select value from platform.installation where name = $1',
);

/** False when the installation has another value under that name. */
export const agreeOn = (
  database: Pick<Database, 'system'>,
  name: string,
  value: string,
): Promise<boolean> =>
  database.system(async (tx) => {
    await tx.query(keep, [name, value]);
    const [kept] = await tx.query<{ value: string }>(read, [name]);
    return kept?.value === value;
  });
