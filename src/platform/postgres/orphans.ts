// Before a start, nothing of an earlier run may still be at work on this cluster. Usually it is on
// its way out: a killed gateway's postmaster shuts down by itself, and the backends of a killed
// postmaster notice. We wait, then help. Only processes that stand in this very cluster are ever
// signalled, never one that merely has the number in an old file.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '#kit/context';
import type { Home } from './home.ts';
import { StartError } from './start-error.ts';

/** From the gentlest on: fast shutdown, shutdown at once, the end. */
const steps: readonly { afterMs: number; signal: NodeJS.Signals }[] = [
  { afterMs: 2_000, signal: 'SIGINT' },
  { afterMs: 15_000, signal: 'SIGQUIT' },
  { afterMs: 20_000, signal: 'SIGKILL' },
];
const giveUpAfterMs = 30_000;
const askEveryMs = 50;

export const endOrphans = async (home: Home, log: Log): Promise<void> => {
  const folder = realpathSync(home.cluster);
  const begunAt = performance.now();
  const due = [...steps];

  for (let found = processesOf(folder); found.length > 0; found = processesOf(folder)) {
    const waitedMs = performance.now() - begunAt;
    const next = due[0];
    if (waitedMs > giveUpAfterMs) throw stillThere(folder, found);
    if (next !== undefined && waitedMs > next.afterMs) {
      due.shift();
      log.warn({}, `An earlier PostgreSQL is still at work on ${folder}; it gets ${next.signal}.`);
      for (const pid of found) signalIfThere(pid, next.signal);
    }
    await sleep(askEveryMs);
  }
  removeStaleLocks(home);
};

/**
 * With nobody left in the cluster its lock files are stale for certain. PostgreSQL itself could not
 * tell if some other process has the number by now, and would refuse to start.
 *
 * Elsewhere than on Linux we cannot see the backends of a killed postmaster, and PostgreSQL looks
 * for them by what its own file says. So there the file stays.
 */
const removeStaleLocks = ({ cluster, socketFolder }: Home): void => {
  if (process.platform !== 'linux') return;
  rmSync(join(cluster, 'postmaster.pid'), { force: true });
  for (const name of readdirSync(socketFolder)) rmSync(join(socketFolder, name), { force: true });
};

const stillThere = (folder: string, pids: readonly number[]): StartError =>
  new StartError(
    'data_folder_in_use',
    `Another PostgreSQL (process ${pids.join(', ')}) is at work on ${folder} and does not end; stop it and start again.`,
  );

const signalIfThere = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};

/** The postmaster and its backends all work in the cluster's folder. */
const processesOf = (folder: string): number[] =>
  process.platform === 'linux'
    ? readdirSync('/proc')
        .filter(isNumber)
        .map(Number)
        .filter((pid) => standsIn(pid, folder))
    : postmasterByFile(folder);

const isNumber = (name: string): boolean => /^\d+$/.test(name);

const standsIn = (pid: number, folder: string): boolean => {
  try {
    return (
      readlinkSync(`/proc/${pid}/cwd`) === folder &&
      readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'postgres'
    );
  } catch {
    return false;
  }
};

/** Where there is no /proc: the number from PostgreSQL's file, if its command names the folder. */
const postmasterByFile = (folder: string): number[] => {
  try {
    const pid = Number(readFileSync(join(folder, 'postmaster.pid'), 'utf8').split('\n')[0]);
    const command = execFileSync('ps', ['-o', 'command=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return command.includes(folder) ? [pid] : [];
  } catch {
    return [];
  }
};
