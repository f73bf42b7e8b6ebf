// Which packages this machine needs, and whether they are there. npm keeps a second lock file inside
// node_modules that says what it really installed; it is compared with ours, which also covers what
// somebody installed by hand and what an interrupted install did not finish.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** `scope` is `runtime`, or `dev` for these and what building and testing need. */
export const packagesAreThere = (projectFolder, scope) => {
  const installed = installedPackages(projectFolder);
  if (installed === undefined) return false;

  return Object.entries(packagesIn(join(projectFolder, 'package-lock.json')))
    .filter(([path, entry]) => path !== '' && isNeeded(entry, scope))
    .every(([path, entry]) => {
      const found = installed[path];
      return (
        found !== undefined &&
        found.version === entry.version &&
        found.integrity === entry.integrity &&
        existsSync(join(projectFolder, path, 'package.json'))
      );
    });
};

/** Undefined when npm never finished an install here. */
export const installedPackages = (projectFolder) => {
  try {
    return packagesIn(join(projectFolder, 'node_modules/.package-lock.json'));
  } catch {
    return undefined;
  }
};

const packagesIn = (lockFile) => JSON.parse(readFileSync(lockFile, 'utf8')).packages;

const isNeeded = (entry, scope) => {
  if (scope === 'runtime' && (entry.dev || entry.devOptional)) return false;
  return (
    allows(entry.os, process.platform) &&
    allows(entry.cpu, process.arch) &&
    allows(entry.libc, libc())
  );
};

const allows = (list, value) => list === undefined || [list].flat().includes(value);

const libc = () => {
  const { glibcVersionRuntime } = process.report.getReport().header;
  return glibcVersionRuntime === undefined ? 'musl' : 'glibc';
};
