// The sandbox's own database, beside that of the gateway on the same server: a role that owns it and may
// enter no table of the gateway, and a database that no role of the gateway may enter.

import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { withDatabase, withLogin } from '#platform/db';
import { CliError } from '../errors.ts';

type Where = {
  /** Of a role that may make roles and databases. */
  readonly ownerUrl: string;
  readonly folder: string;
  /** Only of a server of our own may a role that is there be taken over. */
  readonly isOurServer: boolean;
};

export const prepareSandboxDatabase = async (where: Where): Promise<string> => {
  const { ownerUrl, folder, isOurServer } = where;
  const password = passwordIn(folder);
  return withClient(ownerUrl, async (owner) => {
    const { rows } = await owner.query<{ name: string }>('select current_database() as name');
    const name = `${rows[0]?.name.slice(0, 50)}_sandbox`;
    const url = withDatabase(withLogin(ownerUrl, name, password), name);
    if (await answers(url)) return url;

    const [role, database] = [pg.escapeIdentifier(name), pg.escapeIdentifier(name)];
    const asRole = `login password ${pg.escapeLiteral(password)}`;
    const { rowCount } = await owner.query('select from pg_roles where rolname = $1', [name]);
    if (rowCount !== 0 && !isOurServer) {
      throw new CliError(
        `The role ${name} is there already, with a password that is not in ${folder}.`,
      );
    }
    await owner.query(`${rowCount === 0 ? 'create' : 'alter'} role ${role} ${asRole}`);
    if (!isOurServer) await owner.query(`grant ${role} to current_user`);
    const made = await owner.query('select from pg_database where datname = $1', [name]);
    if (made.rowCount === 0) await owner.query(`create database ${database} owner ${role}`);
    await owner.query(`revoke all on database ${database} from public`);
    return url;
  });
};

/** Kept in the folder of the sandbox; nobody ever types it. */
const passwordIn = (folder: string): string => {
  const file = join(folder, 'database-password');
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  const password = randomBytes(24).toString('hex');
  writeFileSync(`${file}.new`, `${password}\n`, { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
  return password;
};

const answers = async (url: string): Promise<boolean> => {
  try {
    await withClient(url, (client) => client.query('select 1'));
    return true;
  } catch {
    return false;
  }
};

const withClient = async <T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> => {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'tollgate start',
    connectionTimeoutMillis: 5_000,
    statement_timeout: 10_000,
  });
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};
