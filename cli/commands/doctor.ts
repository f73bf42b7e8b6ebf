// tollgate doctor: every setting with its meaning and value, and what is wrong here.

import type { Command } from 'commander';
import { systemClock } from '#kit/context';
import { connect, isMigrated, readMigrations, withoutPassword } from '#platform/db';
import { directoryOf } from '#rails/connectors';
import { discoverConnectors } from '#rails/psp';
import { definitions, readSettings, type Settings, SettingsError } from '../../src/config.ts';
import { type Misled, misledAccounts, refusalsOfDatabase } from '../../src/live-mode.ts';
import { modules } from '../../src/modules.ts';
import { placesOf } from '../../src/runtime.ts';
import { explain } from '../errors.ts';
import { paint, say } from '../say.ts';
import { withDatabaseUrl } from '../with-runtime.ts';

export const addDoctor = (program: Command): void => {
  program
    .command('doctor')
    .description('list every setting, and say what keeps Tollgate from running well here')
    .action(async () => {
      listSettings();
      const wrong = findWrongSettings();
      const found = wrong.length > 0 ? { ...nothing, problems: wrong } : await examineDatabase();
      const { lines, exitCode } = toldOf(found);
      say('', ...lines);
      process.exitCode = exitCode;
    });
};

type Found = {
  readonly problems: readonly string[];
  /** What may stay as it is: nothing that asks whether all is well has to hear of it. */
  readonly advice: readonly string[];
};

const nothing: Found = { problems: [], advice: [] };

export const toldOf = ({ problems, advice }: Found) => ({
  lines: [
    ...(problems.length === 0 ? [paint.bold('Nothing wrong.')] : []),
    ...problems.map((problem) => `- ${problem}`),
    ...advice.map((each) => `- Advice: ${each}`),
  ],
  exitCode: problems.length === 0 ? 0 : 1,
});

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

const examineDatabase = async (): Promise<Found> => {
  try {
    return await withDatabaseUrl(diagnose);
  } catch (error) {
    return { ...nothing, problems: [explain(error)] };
  }
};

const diagnose = async (settings: Settings): Promise<Found> => {
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
    const { problems, advice } = server === undefined ? nothing : foundOfServer(server);
    const behind = (await isUpToDate(database))
      ? []
      : ['The schema is not up to date: tollgate migrate, or the next start, brings it there.'];
    const misled = await misledIn(database, settings);
    const unsafe = await refusalsOfDatabase(database, systemClock);
    return {
      // Asked as the owner, who does own the tables.
      problems: [
        ...problems,
        ...behind,
        ...unsafe.filter((one) => !one.startsWith('The role ')),
        ...(settings.liveMode ? misled.live : []),
      ],
      advice: [...advice, ...(settings.liveMode ? [] : misled.live), ...misled.disabled],
    };
  } finally {
    await database.close();
  }
};

type Server = { readonly version: string; readonly number: number; readonly checksums: string };

export const foundOfServer = ({ number, checksums }: Omit<Server, 'version'>): Found => ({
  problems: number < 160_000 ? ['PostgreSQL 16 or later is needed.'] : [],
  advice:
    checksums === 'off'
      ? [
          'The database keeps no checksums of its pages, and takes a damaged one for a good one: stop it and run pg_checksums --enable.',
        ]
      : [],
});

/** Of live mode, which does not start with those that are enabled: those of test mode lead to what is there to try. */
const misledIn = async (
  database: Parameters<typeof misledAccounts>[0],
  settings: Settings,
): Promise<Misled> => {
  // Whatever is sealed stays so.
  const directory = directoryOf(await discoverConnectors(), Buffer.alloc(32), placesOf(settings));
  return ifThere(() => misledAccounts(database, directory), { live: [], disabled: [], test: [] });
};

const isUpToDate = (database: Parameters<typeof isMigrated>[0]): Promise<boolean> =>
  ifThere(async () => isMigrated(database, await readMigrations(modules)), false);

/** A database may be empty: then there is no table to ask. */
const ifThere = async <T>(ask: () => Promise<T>, otherwise: T): Promise<T> => {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Error && /does not exist/.test(error.message)) return otherwise;
    throw error;
  }
};
