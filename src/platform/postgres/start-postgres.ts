// The embedded database of one data folder: found or made, started, watched, started again when it
// ends unexpectedly, and stopped cleanly. It runs before there is a context, so the clock and the
// randomness here are the machine's own.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { Log } from '#kit/context';
import { type Binaries, packagedVersion, prepareBinaries } from './binaries.ts';
import { lockFolder } from './folder-lock.ts';
import { clusterIsMade, findHome, type Home, prepareDataFolder } from './home.ts';
import { initializeCluster, owner, removeInterrupted } from './initialize-cluster.ts';
import { watchSize } from './log-file.ts';
import { endOrphans } from './orphans.ts';
import { passwordsFor } from './passwords.ts';
import { refuseRootWithoutNobody } from './run-as.ts';
import { type Ended, type ServerProcess, startServer } from './server-process.ts';
import { port, writeSettings } from './settings.ts';
import { StartError } from './start-error.ts';

export type PostgresOptions = {
  dataFolder: string;
  log: Log;
  /** Without durability, for tests that throw the data away. */
  throwAway?: boolean;
  /** Told each time the server has ended unexpectedly, before it is started again. */
  onUnexpectedEnd?: (ended: Ended) => void;
};

export type RunningPostgres = {
  /** For the role that owns the tables. It is PostgreSQL's superuser here: never serve with it. */
  readonly ownerUrl: string;
  /** For the role that serves requests, which the migrations make. */
  readonly appPassword: string;
  readonly socketFolder: string;
  readonly port: number;
  /** Of the server that runs now; another one after it was started again. */
  readonly pid: number;
  stop(): Promise<void>;
  /** When it has ended for good: stopped, or given up on, and then `error` says so to people. */
  readonly exited: Promise<Ended & { error?: StartError }>;
  /** Lets our own process end on its own, and the server with it. */
  unref(): void;
};

const database = 'tollgate';

// A server that ends six times within a minute will end a seventh time.
const restartsMax = 5;
const restartsWithinMs = 60_000;
const firstPauseMs = 100;

export const startPostgres = async (options: PostgresOptions): Promise<RunningPostgres> => {
  const dataFolder = prepareDataFolder(options.dataFolder);
  const release = lockOrRefuse(dataFolder);
  try {
    const supervisor = new Supervisor({ ...options, dataFolder }, release);
    await supervisor.start();
    return supervisor;
  } catch (error) {
    release();
    throw error;
  }
};

const lockOrRefuse = (dataFolder: string): (() => void) => {
  const lock = lockFolder(dataFolder, 'postgres.lock');
  if (lock.ok) return lock.release;
  throw StartError.inUse(dataFolder, lock.holder.pid);
};

class Supervisor implements RunningPostgres {
  readonly exited: Promise<Ended & { error?: StartError }>;
  readonly port = port;

  private readonly options: PostgresOptions;
  private readonly release: () => void;
  private readonly logFile: string;
  private readonly stopping = new AbortController();
  private readonly endsAtMs: number[] = [];
  private resolveExited!: (ended: Ended & { error?: StartError }) => void;
  private home!: Home;
  private binaries!: Binaries;
  private passwords!: { owner: string; app: string };
  private server!: ServerProcess;
  private mayEndAlone = false;

  constructor(options: PostgresOptions, release: () => void) {
    this.options = options;
    this.release = release;
    this.logFile = join(options.dataFolder, 'postgres.log');
    this.exited = new Promise((resolve) => {
      this.resolveExited = resolve;
    });
  }

  get pid(): number {
    return this.server.pid;
  }

  get socketFolder(): string {
    return this.home.socketFolder;
  }

  get ownerUrl(): string {
    return this.urlOf(database);
  }

  get appPassword(): string {
    return this.passwords.app;
  }

  async start(): Promise<void> {
    const { dataFolder, log, throwAway = false } = this.options;
    refuseRootWithoutNobody();
    this.home = findHome(dataFolder, log);
    const isMade = clusterIsMade(this.home.cluster);
    this.passwords = passwordsFor(dataFolder, isMade);
    this.binaries = prepareBinaries({
      copyFolder: join(this.home.folder, `postgres-binaries-${packagedVersion()}`),
      runAs: this.home.runAs,
    });

    await removeInterrupted(this.home);
    if (isMade) refuseOtherVersion(this.home.cluster, this.binaries.major);
    else await this.initialize(throwAway);

    this.server = await this.launch();
    try {
      await makeDatabase(this.urlOf('postgres'));
    } catch (error) {
      await this.server.stop();
      throw error;
    }
    const sizeWatch = watchSize(this.logFile);
    void this.exited.then(() => clearInterval(sizeWatch));
    void this.watch();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.server.stop();
    await this.exited;
  }

  unref(): void {
    this.mayEndAlone = true;
    this.server.unref();
  }

  private async initialize(throwAway: boolean): Promise<void> {
    const { home, binaries } = this;
    const password = this.passwords.owner;
    await initializeCluster({ home, binaries, password, throwAway });
  }

  private async launch(): Promise<ServerProcess> {
    const { home, binaries, logFile } = this;
    const { log, throwAway = false } = this.options;
    await endOrphans(home, log);
    writeSettings(home, throwAway);
    const server = await startServer({ home, binaries, logFile, throwAway });
    try {
      await server.ready();
    } catch (error) {
      await server.stop();
      throw error;
    }
    if (this.mayEndAlone) server.unref();
    return server;
  }

  private async watch(): Promise<void> {
    while (true) {
      const ended = await this.server.ended;
      if (this.stopping.signal.aborted) return this.finish(ended);

      this.options.onUnexpectedEnd?.(ended);
      const error = await this.restart(ended);
      if (error !== undefined) return this.finish({ ...ended, error });
    }
  }

  /** Undefined once it runs again, or once we are to stop. */
  private async restart(ended: Ended): Promise<StartError | undefined> {
    const { log } = this.options;
    let reason = `it ended with ${ended.signal ?? `code ${ended.code}`}`;

    while (!this.stopping.signal.aborted) {
      const recentEnds = this.countEnd();
      if (recentEnds > restartsMax) return givenUp(reason, this.logFile);

      log.error({}, `PostgreSQL ended unexpectedly (${reason}); it is started again.`);
      await this.pause(firstPauseMs * 2 ** (recentEnds - 1));
      try {
        this.server = await this.launch();
        log.warn({}, 'PostgreSQL runs again.');
        if (this.stopping.signal.aborted) await this.server.stop();
        return undefined;
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error);
      }
    }
    return undefined;
  }

  private countEnd(): number {
    const now = performance.now();
    this.endsAtMs.push(now);
    return this.endsAtMs.filter((at) => now - at < restartsWithinMs).length;
  }

  private async pause(durationMs: number): Promise<void> {
    const { signal } = this.stopping;
    await sleep(durationMs, undefined, { signal }).catch(() => {});
  }

  private finish(ended: Ended & { error?: StartError }): void {
    this.release();
    this.resolveExited(ended);
  }

  private urlOf(name: string): string {
    const host = encodeURIComponent(this.home.socketFolder);
    return `postgresql://${owner}:${this.passwords.owner}@/${name}?host=${host}&port=${port}`;
  }
}

const givenUp = (reason: string, logFile: string): StartError =>
  new StartError(
    'postgres_failed',
    `PostgreSQL ended ${restartsMax + 1} times within a minute (${reason}), so it is not started again; its log is ${logFile}.`,
  );

const refuseOtherVersion = (cluster: string, major: number): void => {
  const found = Number(readFileSync(join(cluster, 'PG_VERSION'), 'utf8').trim());
  if (found === major) return;
  if (found > major) {
    throw new StartError(
      'data_from_newer_version',
      `The database in ${cluster} was made by PostgreSQL ${found}, newer than the ${major} that this Tollgate brings; start it with a newer Tollgate.`,
    );
  }
  throw new StartError(
    'data_from_older_version',
    `The database in ${cluster} was made by PostgreSQL ${found}, and this Tollgate brings ${major}; move the data with pg_upgrade or a dump first.`,
  );
};

const makeDatabase = async (url: string): Promise<void> => {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [
      database,
    ]);
    if (rowCount === 0) await client.query(`create database ${database}`);
  } finally {
    await client.end();
  }
};
