// tollgate doctor: every setting with its meaning and value, and what is wrong here.

import type { Command } from 'commander';
import { systemClock } from '#kit/context';
import { connect, isMigrated, readMigrations, withoutPassword } from '#platform/db';
import { definitions, readSettings, type Settings, SettingsError } from '../../src/config.ts';
import { refusalsOfDatabase } from '../../src/live-mode.ts';
import { modules } from '../../src/modules.ts';
import { explain } from '../errors.ts';
import { paint, say } from '../say.ts';
import { withDatabaseUrl } from '../with-runtime.ts';

export const addDoctor = (program: Command): void => {
  program
    .command('doctor')
    .description('list every setting, and say what keeps Tollgate from running well here')
    .action(async () => {
      listSettings();
      const problems = findWrongSettings();
      if (problems.length === 0) problems.push(...(await findWrongDatabase()));
      if (problems.length === 0) {
        say('', paint.bold('Nothing wrong.'));
        return;
      }
      say('', ...problems.map((problem) => `- ${problem}`));
      process.exitCode = 1;
    });
};

const listSettings = (): void => {
  for (const definition of Object.values(definitions)) {
    const given = process.env[definition.env];
    const shown = given === undefined || given === '' ? null : shownValue(definition, given);
    const standard = definition.default === '' ? 'empty' : definition.default;
    say(
      `${paint.bold(definition.env)} ${shown ?? paint.dim(`(${standard})`)}`,
      `  ${paint.dim(definition.says)}`,
    );
  }
};

const shownValue = (definition: { readonly kind: unknown }, given: string): string => {
  if (definition.kind !== 'secret') return given;
  return /^postgres(ql)?:\/\//.test(given) ? withoutPassword(given) : '(set)';
};

const findWrongSettings = (): string[] => {
  try {
    readSettings(process.env);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return [...error.problems];
    throw error;
  }
};

const findWrongDatabase = async (): Promise<string[]> => {
  try {
    return await withDatabaseUrl(diagnose);
  } catch (error) {
    return [explain(error)];
  }
};

const diagnose = async (settings: Settings): Promise<string[]> => {
  const database = await connect({
    url: settings.databaseUrl,
    connectTimeoutMs: 5_000,
    statementTimeoutMs: 10_000,
    applicationName: 'tollgate doctor',
  });
  try {
    const [server] = await database.send<Server>({
      name: '',
      text: `select current_setting('server_version') as version,
                    current_setting('server_version_num')::integer as number,
                    current_setting('data_checksums') as checksums`,
    });
    say('', `PostgreSQL ${server?.version ?? 'unknown'}`);
    const problems = server === undefined ? [] : problemsOfServer(server);
    if (!(await isUpToDate(database))) {
      problems.push(
        'The schema is not up to date: tollgate migrate, or the next start, brings it there.',
      );
    }
    const unsafe = await refusalsOfDatabase(database, systemClock);
    // Asked as the owner, who does own the tables.
    return [...problems, ...unsafe.filter((refusal) => !refusal.startsWith('The role '))];
  } finally {
    await database.close();
  }
};

type Server = { readonly version: string; readonly number: number; readonly checksums: string };

export const problemsOfServer = ({ number, checksums }: Omit<Server, 'version'>): string[] => [
  ...(number < 160_000 ? ['PostgreSQL 16 or later is needed.'] : []),
  ...(checksums === 'off'
    ? [
        'The database keeps no checksums of its pages, and takes a damaged one for a good one: stop it and run pg_checksums --enable.',
      ]
    : []),
];

const isUpToDate = async (database: Parameters<typeof isMigrated>[0]): Promise<boolean> => {
  try {
    return await isMigrated(database, await readMigrations(modules));
  } catch (error) {
    // No table of migrations: an empty database.
    if (error instanceof Error && /does not exist/.test(error.message)) return false;
    throw error;
  }
};
