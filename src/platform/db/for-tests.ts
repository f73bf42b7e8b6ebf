// Databases for tests: made on the run's throw-away server, never removed one by one, since the whole
// server goes at the end.

import { crashPointFrom, systemRandom } from '#kit/context';
import { sha256 } from '#kit/crypto';
import { spellBytes } from '#kit/ids';
import { silentLog } from '../../kit/context/for-tests.ts';
import { testServer } from '../postgres/for-tests.ts';
import { type Connection, type ConnectionSettings, connect } from './connection.ts';
import { APP_ROLE, type Migration, migrate } from './migrate.ts';
import { withDatabase, withLogin } from './url.ts';

export type TestDatabase = {
  readonly ownerUrl: string;
  readonly appUrl: string;
  /** As the vault's role, where the migrations made it. */
  readonly vaultUrl?: string;
};

const APP_PASSWORD = 'onlyForTests';
/** A migration that makes a role of its own gets a password for it. */
const passwordsOf = (migrations: readonly Migration[]): Record<string, string> =>
  migrations.some(({ module }) => module === 'cards/vault')
    ? { tollgate_vault: VAULT_PASSWORD }
    : {};

export const VAULT_PASSWORD = 'onlyForVaultTests';

const TEMPLATE_LOCK = 4_242;

/** A database with these migrations applied, cloned from a template that is made once per run. */
export const databaseWith = async (migrations: readonly Migration[]): Promise<TestDatabase> => {
  const { ownerUrl } = await testServer();
  const template = `template_${sha256(JSON.stringify(migrations)).toString('hex').slice(0, 16)}`;
  const name = `test_${spellBytes(systemRandom.bytes(8)).toLowerCase()}`;

  const server = await connect(connectionSettings(ownerUrl));
  try {
    // Another file may be making the template, for longer than serving connections wait.
    await run(server, "set lock_timeout = 0; set statement_timeout = '60s'");
    await run(server, `select pg_advisory_lock(${TEMPLATE_LOCK})`);
    await makeTemplate(server, ownerUrl, template, migrations);
    // Not by its files, which would take a checkpoint each time: what became of a COMMIT nobody answered is told by those.
    await run(server, `create database ${name} template ${template}`);
    await run(server, `select pg_advisory_unlock(${TEMPLATE_LOCK})`);
  } finally {
    await server.close();
  }

  return {
    ownerUrl: withDatabase(ownerUrl, name),
    appUrl: withLogin(withDatabase(ownerUrl, name), APP_ROLE, APP_PASSWORD),
    vaultUrl: withLogin(withDatabase(ownerUrl, name), 'tollgate_vault', VAULT_PASSWORD),
  };
};

const makeTemplate = async (
  server: Connection,
  ownerUrl: string,
  template: string,
  migrations: readonly Migration[],
): Promise<void> => {
  const known = await server.send({
    name: '',
    text: `select 1 as one from pg_database where datname = '${template}'`,
  });
  if (known.length > 0) return;

  await run(server, `create database ${template}_new`);
  await migrate({
    connection: connectionSettings(withDatabase(ownerUrl, `${template}_new`)),
    migrations,
    log: silentLog,
    crashPoint: crashPointFrom(undefined),
    passwords: { [APP_ROLE]: APP_PASSWORD, ...passwordsOf(migrations) },
  });
  await run(server, `alter database ${template}_new rename to ${template}`);
};

/** Runs SQL as the owner, past every policy: for arranging and for looking. */
export const asOwner = async (
  database: TestDatabase,
  text: string,
  values: readonly unknown[] = [],
): Promise<Record<string, unknown>[]> => {
  const owner = await connect(connectionSettings(database.ownerUrl));
  try {
    return await owner.send({ name: '', text }, values);
  } finally {
    await owner.close();
  }
};

export const connectionSettings = (url: string): ConnectionSettings => ({
  url,
  connectTimeoutMs: 5_000,
  statementTimeoutMs: 60_000,
  applicationName: 'tollgate tests',
});

const run = async (connection: Connection, text: string): Promise<void> => {
  await connection.send({ name: '', text });
};
