// Where the database lives: in the data folder, unless we are root and the database's user may not
// enter that folder (a clone under /root). Then it lives outside, and the data folder holds a link.
// We never loosen the permissions of folders that are not ours.

import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  type Stats,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Log } from '#kit/context';
import { giveAllTo, giveTo, isRoot, mayEnter, nobody, type RunAs } from './run-as.ts';
import { explainFileError, StartError } from './start-error.ts';

export type Home = {
  /** Holds the cluster, its socket and, if need be, a copy of the binaries. */
  readonly folder: string;
  /** PostgreSQL's own data directory; may not exist yet. */
  readonly cluster: string;
  readonly socketFolder: string;
  readonly runAs: RunAs;
};

/**
 * As root, others may pass through (the database's user must) but not look: as little as is enough.
 * That is arranged for a folder that is new or, as root, empty; any other keeps what it has.
 */
export const prepareDataFolder = (dataFolder: string): string => {
  const folder = resolve(dataFolder);
  try {
    const isNew = mkdirSync(folder, { recursive: true }) !== undefined;
    if (isRoot() ? isEmpty(folder) && lstatSync(folder).uid === 0 : isNew) {
      chmodSync(folder, isRoot() ? 0o711 : 0o700);
    }
  } catch (error) {
    throw explainFileError(error, folder);
  }
  return folder;
};

const isEmpty = (folder: string): boolean => readdirSync(folder).length === 0;

export const findHome = (dataFolder: string, log: Log): Home => {
  const entry = join(dataFolder, 'postgres');
  const stats = lstatOrUndefined(entry);
  const link = stats?.isSymbolicLink() === true ? linkedCluster(entry) : undefined;
  const cluster = link ?? entry;

  const runAs = runnerOf(cluster);
  if (isRoot() && !mayEnter(dirname(cluster), runAs)) {
    if (stats !== undefined) throw notPassable(cluster, runAs);
    return homeAt(moveOutside(entry, runAs, log), runAs);
  }
  return homeAt(cluster, runAs);
};

const homeAt = (cluster: string, runAs: RunAs): Home => {
  const folder = dirname(cluster);
  return { folder, cluster, socketFolder: socketFolderFor(folder, runAs), runAs };
};

/**
 * A link whose target is not there yet is a first start that was interrupted. When the folder
 * around the target is gone too, somebody removed the data, and starting with an empty database
 * would hide it.
 */
const linkedCluster = (entry: string): string => {
  const target = resolve(dirname(entry), readlinkSync(entry));
  if (existsSync(dirname(target))) return target;
  throw new StartError(
    'data_folder_not_ours',
    `The database that ${entry} points to is gone (${target}); restore it, or remove the link to begin with an empty one.`,
  );
};

/** As root: whom the data belong to already, else nobody. Otherwise: ourselves, and no other. */
const runnerOf = (cluster: string): RunAs => {
  const stats = lstatOrUndefined(cluster);
  if (!isRoot()) {
    if (stats === undefined || stats.uid === process.getuid?.()) return undefined;
    throw new StartError(
      'data_folder_not_ours',
      `The database in ${cluster} belongs to another user (number ${stats.uid}); start Tollgate as that user or as root, or choose another folder with TOLLGATE_DATA.`,
    );
  }

  if (stats === undefined) return nobody;
  if (stats.uid !== 0) return { uid: stats.uid, gid: stats.gid };
  giveAllTo(cluster, nobody);
  return nobody;
};

const notPassable = (cluster: string, runAs: RunAs): StartError =>
  new StartError(
    'data_folder_not_ours',
    `PostgreSQL does not run as root, and its user (number ${runAs?.uid}) may not enter ${dirname(cluster)}, where the database is; move it or choose another folder with TOLLGATE_DATA.`,
  );

/** The link is made before the data, so that an interrupted first start is found again. */
const moveOutside = (entry: string, runAs: RunAs, log: Log): string => {
  const folder = outsideFolder(runAs);
  const cluster = join(folder, 'postgres');
  try {
    symlinkSync(cluster, entry);
  } catch (error) {
    throw explainFileError(error, dirname(entry));
  }
  log.info(
    {},
    `PostgreSQL does not run as root, and its user may not enter ${dirname(entry)}; the database is kept in ${folder}.`,
  );
  return cluster;
};

const outsideFolder = (runAs: RunAs): string => {
  for (const parent of ['/var/lib/tollgate', join(tmpdir(), 'tollgate'), '/tmp/tollgate']) {
    const folder = makePassable(parent);
    if (folder !== undefined && mayEnter(folder, runAs)) return folder;
  }
  throw new StartError(
    'data_folder_not_writable',
    'PostgreSQL does not run as root, and no folder was found that its user may enter; choose one with TOLLGATE_DATA.',
  );
};

const makePassable = (parent: string): string | undefined => {
  try {
    mkdirSync(parent, { recursive: true });
    if (lstatSync(parent).uid !== 0) return undefined;
    const folder = mkdtempSync(join(parent, 'database-'));
    // Explicitly, because the caller's umask may forbid others even to pass.
    chmodSync(parent, 0o755);
    chmodSync(folder, 0o711);
    return folder;
  } catch {
    return undefined;
  }
};

/** The address of a socket has 108 bytes with its final zero, on macOS 104. */
const socketPathBytesMax = process.platform === 'linux' ? 107 : 103;

const fits = (folder: string): boolean =>
  Buffer.byteLength(join(folder, '.s.PGSQL.5432')) <= socketPathBytesMax;

const socketFolderFor = (home: string, runAs: RunAs): string => {
  const beside = join(home, 'postgres-socket');
  const hash = createHash('sha256').update(home).digest('hex').slice(0, 16);
  const name = `tollgate-${hash}`;
  const folder = [beside, join(tmpdir(), name), join('/tmp', name)].find(fits) ?? beside;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    refuseForeign(folder, runAs);
    giveTo(folder, runAs);
    chmodSync(folder, 0o700);
  } catch (error) {
    throw explainFileError(error, folder);
  }
  return folder;
};

/** The temp folder belongs to everybody: one that is there already may be a trap. */
const refuseForeign = (folder: string, runAs: RunAs): void => {
  const stats: Stats = lstatSync(folder);
  const owners = [process.getuid?.(), runAs?.uid];
  if (stats.isDirectory() && owners.includes(stats.uid)) return;
  throw new StartError(
    'data_folder_not_ours',
    `The folder ${folder}, meant for the database's socket, belongs to another user; remove it or choose a shorter path with TOLLGATE_DATA.`,
  );
};

/** A folder that is there, is not a database and is not empty is not for us to touch. */
export const clusterIsMade = (cluster: string): boolean => {
  if (existsSync(join(cluster, 'PG_VERSION'))) return true;
  if (!existsSync(cluster) || isEmpty(cluster)) return false;
  throw new StartError(
    'data_folder_not_ours',
    `The folder ${cluster} holds something that is not a PostgreSQL database; move it away or choose another folder with TOLLGATE_DATA.`,
  );
};

const lstatOrUndefined = (path: string): Stats | undefined =>
  lstatSync(path, { throwIfNoEntry: false });
