// Databases for tests: made on the run's throw-away server, never removed one by one, since the whole
// server goes at the end.

import { crashPointFrom, systemRandom } from '#kit/context';
import { sha256 } from '#kit/crypto';
import { spellBytes } from '#kit/ids';
import { silentLog } from '../../kit/context/for-tests.ts';
import { atEnd } from '../../kit/context/for-tests-end.ts';
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

const VAULT_PASSWORD = 'onlyForVaultTests';

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

// A server's process for each of some ten thousand questions was a quarter of what the whole run took: the last few
// connections are kept for who asks next.
const KEPT_MAX = 3;
let kept: { readonly url: string; readonly connection: Connection }[] = [];

// What closes first was opened first, and asks some hundred questions more once a file is over: each check of each module.
const CLOSED_AFTER_MS = 20;
let isOver = false;
let closing: NodeJS.Timeout | undefined;
atEnd(() => {
  isOver = true;
  closeSoon();
});
const closeSoon = (): void => {
  clearTimeout(closing);
  closing = setTimeout(() => {
    for (const { connection } of kept.splice(0)) void connection.close();
  }, CLOSED_AFTER_MS);
};

/** What else is said on the same connection would depend on it. */
const leavesTraces = /(?:^|;)\s*(?:set|begin|create\s+temp)\b/i;

const takeKept = (url: string): Connection | undefined => {
  const found = kept.find((each) => each.url === url && !each.connection.broken);
  kept = kept.filter((each) => each !== found && !each.connection.broken);
  return found?.connection;
};

const keep = async (url: string, connection: Connection): Promise<void> => {
  kept.push({ url, connection });
  const [oldest] = kept;
  if (kept.length > KEPT_MAX) {
    kept = kept.filter((each) => each !== oldest);
    await oldest?.connection.close();
  }
  if (isOver) closeSoon();
};

/** Runs SQL as the owner, past every policy: for arranging and for looking. */
export const asOwner = async (
  { ownerUrl }: Pick<TestDatabase, 'ownerUrl'>,
  text: string,
  values: readonly unknown[] = [],
): Promise<Record<string, unknown>[]> => {
  const before = takeKept(ownerUrl);
  const owner = before ?? (await connect(connectionSettings(ownerUrl)));
  try {
    const rows = await owner.send({ name: '', text }, values);
    if (leavesTraces.test(text)) await owner.close();
    else await keep(ownerUrl, owner);
    return rows;
  } catch (error) {
    const isGone = owner.broken;
    await owner.close();
    // It was cut off while nobody used it, as those who test that do.
    if (before !== undefined && isGone) return asOwner({ ownerUrl }, text, values);
    throw error;
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
