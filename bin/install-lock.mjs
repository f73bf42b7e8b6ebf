// Two launchers may find the same fresh clone at once: `npm start` in one terminal, `npm test` in
// another. One installs, the other waits. The lock is a folder, which only one can make; the file
// in it names its owner, so that what a killed launcher left is taken over.

import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const askEveryMs = 200;

/** Between making the folder and naming the owner lies a moment; past this nobody ever will. */
const ownerNamedWithinMs = 5_000;

export const withInstallLock = async (projectFolder, { onWait, work }) => {
  const folder = join(projectFolder, '.tollgate-installing');
  let hasWaited = false;
  while (!take(folder)) {
    if (removeStale(folder)) continue;
    if (!hasWaited) onWait();
    hasWaited = true;
    await sleep(askEveryMs);
  }

  const release = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.removeListener('exit', release);
    release();
  }
};

const take = (folder) => {
  try {
    mkdirSync(folder);
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
  writeFileSync(join(folder, 'owner'), ownerOf(process.pid));
  return true;
};

/** The moment of its start, where the system tells, keeps a reused process id from passing. */
const ownerOf = (pid) => `${pid} ${startOf(pid)}`;

const startOf = (pid) => {
  const stat = read(`/proc/${pid}/stat`);
  return stat === undefined ? '' : stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
};

const removeStale = (folder) => {
  const owner = read(join(folder, 'owner'));
  if (owner === undefined ? !isOld(folder) : isAlive(owner)) return false;

  // Whoever renames it has it alone. It may be a fresh lock by now, made by one who was faster:
  // that is given back.
  const aside = `${folder}-stale-${process.pid}`;
  try {
    renameSync(folder, aside);
  } catch {
    return true;
  }
  if (read(join(aside, 'owner')) !== owner) {
    renameSync(aside, folder);
    return false;
  }
  rmSync(aside, { recursive: true, force: true });
  return true;
};

const isOld = (folder) => {
  try {
    return Date.now() - statSync(folder).mtimeMs > ownerNamedWithinMs;
  } catch {
    return false;
  }
};

const isAlive = (owner) => {
  const pid = Number(owner.split(' ')[0]);
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code === 'ESRCH') return false;
  }
  return ownerOf(pid) === owner;
};

const read = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};
