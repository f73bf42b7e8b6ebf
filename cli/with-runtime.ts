// Commands that work on the data: with the database that DATABASE_URL names, or that of the gateway
// which runs on the data folder, or one started for as long as the command lasts.

import { userInfo } from 'node:os';
import { sealAudit } from '#identity/audit';
import { systemClock } from '#kit/context';
import { createLog } from '#kit/log';
import { runningOwnerUrl, StartError, startPostgres } from '#platform/postgres';
import type { Settings } from '../src/config.ts';
import { openRuntime, type Runtime } from '../src/runtime.ts';
import { settingsOfProject } from './settings.ts';

export const withDatabaseUrl = async <T>(work: (settings: Settings) => Promise<T>): Promise<T> => {
  const settings = settingsOfProject(process.env);
  if (settings.databaseUrl !== '') return work(settings);

  const log = quietLog();
  try {
    const postgres = await startPostgres({ dataFolder: settings.data, log });
    try {
      return await work({ ...settings, databaseUrl: postgres.ownerUrl });
    } finally {
      await postgres.stop();
    }
  } catch (error) {
    const isRunning = error instanceof StartError && error.code === 'data_folder_in_use';
    const databaseUrl = isRunning ? runningOwnerUrl(settings.data, 'tollgate', log) : null;
    if (databaseUrl === null) throw error;
    return work({ ...settings, databaseUrl });
  }
};

export const withRuntime = <T>(work: (runtime: Runtime) => Promise<T>): Promise<T> =>
  withDatabaseUrl(async (settings) => {
    const runtime = await openRuntime(settings, {
      log: quietLog(),
      actor: { kind: 'operator', id: operator() },
      vault: 'reveal',
    });
    try {
      const result = await work(runtime);
      // With the gateway stopped nobody else would seal what this command wrote into the audit log.
      await sealAudit(runtime.context, runtime.sealing);
      return result;
    } finally {
      await runtime.close();
    }
  });

/** Who is written into the audit log: the user of this machine who gave the command. */
const operator = (): string => {
  try {
    return userInfo().username;
  } catch {
    return `user ${process.getuid?.() ?? 'unknown'}`;
  }
};

const quietLog = () =>
  createLog({
    format: 'terminal',
    level: 'warn',
    clock: systemClock,
    write: (line) => void process.stderr.write(line),
  });
