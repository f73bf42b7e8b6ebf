// Migrations: numbered SQL files per module, applied in the order of `src/modules.ts` and their
// numbers, each in its own transaction, all under one lock, so that processes that start together
// wait for each other instead of colliding. A file is never edited once released: its text is
// remembered by checksum.

import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CrashPoint, Log } from '#kit/context';
import { sha256 } from '#kit/crypto';
import { type Connection, type ConnectionSettings, connect } from './connection.ts';
import { isLockedOut } from './transaction.ts';

export const APP_ROLE = 'tollgate_app';

export type Migration = {
  readonly module: string;
  readonly number: number;
  readonly name: string;
  readonly text: string;
};

export type MigrationSource = { readonly name: string; readonly migrations?: URL };

/** The schema is ahead of, or differs from, what this version of Tollgate knows. */
class SchemaMismatch extends Error {
  override readonly name = 'SchemaMismatch';
}

export const readMigrations = async (
  modules: readonly MigrationSource[],
): Promise<readonly Migration[]> => {
  const all: Migration[] = [];
  for (const module of modules) {
    if (module.migrations === undefined) continue;
    const files = (await readdir(module.migrations)).filter((file) => file.endsWith('.sql')).sort();
    for (const file of files) {
      const url = new URL(file, module.migrations);
      const [number = ''] = basename(fileURLToPath(url)).split('-');
      all.push({
        module: module.name,
        number: Number(number),
        name: file.replace(/\.sql$/, ''),
        text: await readFile(url, 'utf8'),
      });
    }
  }
  return all;
};

const A_DAY_MS = 24 * 60 * 60 * 1000;
const MIGRATION_LOCK = 7_031_991;

export const migrate = async (input: {
  readonly connection: ConnectionSettings;
  readonly migrations: readonly Migration[];
  readonly log: Log;
  readonly crashPoint: (point: CrashPoint) => void;
  /** Roles that get a password of ours, by name; the operator manages those that are absent. */
  readonly passwords?: Readonly<Record<string, string>>;
}): Promise<{ applied: number }> => {
  const owner = await connect({ ...input.connection, statementTimeoutMs: A_DAY_MS });
  try {
    // Waiting for another process that migrates, and long migrations, are no reason to give up: an index on the events
    // of years takes more than minutes, and who gave up would begin anew at each start.
    await run(owner, 'set statement_timeout = 0; set idle_in_transaction_session_timeout = 0');
    await waitForOthers(owner, input.log);
    await run(owner, 'set lock_timeout = 0');
    await prepareRole(owner);
    await run(
      owner,
      `create table if not exists public.tollgate_migrations (
         module text not null, number integer not null, name text not null, checksum bytea not null,
         applied_at timestamptz not null default now(), primary key (module, number))`,
    );
    const pending = await findPending(owner, input.migrations);
    for (const migration of pending) {
      await apply(owner, migration);
      input.crashPoint('migration.between');
      input.log.info({ migration: `${migration.module}/${migration.name}` }, 'Migration applied');
    }
    for (const [role, password] of Object.entries(input.passwords ?? {})) {
      await setPassword(owner, role, password);
    }
    return { applied: pending.length };
  } finally {
    await owner.close();
  }
};

const SAID_EVERY_MS = 60_000;

/** Its lock is ours then. That of a process which stands still is kept, so who waits says so. */
export const waitForOthers = async (
  owner: Pick<Connection, 'send'>,
  log: Log,
  everyMs = SAID_EVERY_MS,
): Promise<void> => {
  await run(owner, `set lock_timeout = ${everyMs}`);
  for (;;) {
    try {
      return await run(owner, `select pg_advisory_lock(${MIGRATION_LOCK})`);
    } catch (error) {
      if (!isLockedOut(error)) throw error;
      log.warn({}, 'the migrations of another process are waited for');
    }
  }
};

/** True when every migration of this version is there; the gateway serves nothing before. */
export const isMigrated = async (
  owner: Pick<Connection, 'send'>,
  migrations: readonly Migration[],
): Promise<boolean> => (await findPending(owner, migrations)).length === 0;

const findPending = async (
  owner: Pick<Connection, 'send'>,
  migrations: readonly Migration[],
): Promise<Migration[]> => {
  const rows = await owner.send<{ module: string; number: number; name: string; checksum: Buffer }>(
    {
      name: '',
      text: 'select module, number, name, checksum from public.tollgate_migrations',
    },
  );
  const known = new Map(migrations.map((migration) => [keyOf(migration), migration]));
  for (const row of rows) {
    const migration = known.get(keyOf(row));
    if (migration === undefined) {
      throw new SchemaMismatch(
        `The data were written by a newer version of Tollgate (it applied ${row.module}/${row.name}): start that version, or restore a backup made before it ran.`,
      );
    }
    if (!sha256(migration.text).equals(row.checksum)) {
      throw new SchemaMismatch(
        `Migration ${row.module}/${row.name} was changed after it had been applied: restore its file.`,
      );
    }
  }
  const applied = new Set(rows.map(keyOf));
  return migrations.filter((migration) => !applied.has(keyOf(migration)));
};

const keyOf = (of: { module: string; number: number }): string => `${of.module}/${of.number}`;

const apply = async (owner: Connection, migration: Migration): Promise<void> => {
  try {
    await run(owner, 'begin');
    await run(owner, migration.text);
    await owner.send(
      {
        name: '',
        text: `insert into public.tollgate_migrations (module, number, name, checksum)
               values ($1, $2, $3, $4)`,
      },
      [migration.module, migration.number, migration.name, sha256(migration.text)],
    );
    await run(owner, 'commit');
  } catch (error) {
    await run(owner, 'rollback').catch(() => {});
    throw new Error(`Migration ${migration.module}/${migration.name} failed: ${messageOf(error)}`, {
      cause: error,
    });
  }
};

// The role is of the whole server while the lock is of one database, hence the exception handler:
// two databases that are migrated at once must not trip over each other.
const prepareRole = async (owner: Connection): Promise<void> => {
  await run(
    owner,
    `do $$ begin
       if not exists (select from pg_roles where rolname = '${APP_ROLE}') then
         create role ${APP_ROLE} login nosuperuser nocreatedb nocreaterole nobypassrls;
       end if;
     exception when duplicate_object or unique_violation then null;
     end $$`,
  );
};

const setPassword = async (owner: Connection, role: string, password: string): Promise<void> => {
  if (!/^[A-Za-z0-9]+$/.test(role.replaceAll('_', '') + password)) {
    throw new Error('The names and passwords of roles must be letters and digits.');
  }
  for (let attempt = 1; ; attempt += 1) {
    try {
      await run(owner, `alter role ${role} login password '${password}'`);
      return;
    } catch (error) {
      // "tuple concurrently updated": another database's migration is at the same row.
      if (attempt === 20) throw error;
    }
  }
};

const run = async (owner: Pick<Connection, 'send'>, text: string): Promise<void> => {
  await owner.send({ name: '', text });
};

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
