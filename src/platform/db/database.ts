// The database as the context carries it: reads, transactions, and the group commit.

import type { Clock, CrashPoint, Database, Scope, Tx } from '#kit/context';
import { type ConnectionSettings, connect, isOutOfRoom } from './connection.ts';
import type { Fence } from './fence.ts';
import { createLane, type Lane } from './group-commit.ts';
import { createPool, type Pool } from './pool.ts';
import { createReads } from './reads.ts';
import { inTransaction, retrying } from './transaction.ts';

export type DatabaseSettings = {
  readonly url: string;
  readonly poolSize: number;
  readonly clock: Clock;
  readonly crashPoint: (point: CrashPoint) => void;
  readonly fence?: Fence;
  readonly observeBatch?: (batch: { units: number; seconds: number }) => void;
};

export type OpenDatabase = Database & {
  readonly pool: Pick<Pool, 'busy' | 'waiting'>;
  /** A transaction as of `system`, on a connection of its own: it may last without anybody waiting for it. */
  apart<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Whether the server said a moment ago that it has no room to store anything: it may answer every question. */
  isFull(): boolean;
  /** Whether so much of that mode waits for the next commit that whoever begins now would only wait longer, and take memory. */
  isCrowded(livemode: boolean): boolean;
  close(): Promise<void>;
};

/** Some things still fit into a full disk, so that one that went well does not say that there is room. */
const FULL_FOR_MS = 10_000;

/** Requests are let in by so many at once, too. */
export const UNITS_PER_BATCH_MAX = 64;
const UNITS_WAITING_MAX = 10_000;

export const openDatabase = (settings: DatabaseSettings): OpenDatabase => {
  const connection: ConnectionSettings = {
    url: settings.url,
    connectTimeoutMs: 3_000,
    statementTimeoutMs: 6_000,
    applicationName: 'tollgate',
    ...(settings.fence ? { fence: settings.fence } : {}),
  };
  const pool = createPool({ ...connection, size: settings.poolSize, waitTimeoutMs: 900 });

  const reads = createReads(pool);

  // A batch admits the accounts it carries in one mode, so test and live never share one.
  const laneOf = (livemode: boolean): Lane =>
    createLane({
      connect: () => connect(connection),
      livemode,
      unitsMax: UNITS_PER_BATCH_MAX,
      waitingMax: UNITS_WAITING_MAX,
      crashPoint: settings.crashPoint,
      monotonicMs: () => settings.clock.monotonicMs(),
      ...(settings.observeBatch ? { observe: settings.observeBatch } : {}),
    });
  const lanes = { live: laneOf(true), test: laneOf(false) };

  let fullMs: number | null = null;
  const storing = <T>(work: Promise<T>): Promise<T> => {
    work.catch((error: unknown) => {
      if (isOutOfRoom(error)) fullMs = settings.clock.monotonicMs();
    });
    return work;
  };

  return {
    read: (scope, statement, values = []) => reads(scope, statement, values),
    transaction: (scope, work) => storing(transact(pool, scope, work)),
    system: (work) => storing(transact(pool, null, work)),
    commit: (scope, writes) =>
      storing((scope.livemode ? lanes.live : lanes.test).submit(scope, writes)),
    isFull: () => fullMs !== null && settings.clock.monotonicMs() - fullMs < FULL_FOR_MS,
    isCrowded: (livemode) => (livemode ? lanes.live : lanes.test).waiting >= UNITS_PER_BATCH_MAX,
    apart: async (work) => {
      const own = await connect({ ...connection, applicationName: 'tollgate apart' });
      try {
        return await inTransaction(own, null, work);
      } finally {
        await own.close();
      }
    },
    pool,
    close: async () => {
      await Promise.all([lanes.live.close(), lanes.test.close()]);
      await pool.close();
    },
  };
};

const transact = <T>(
  pool: Pool,
  scope: Scope | null,
  work: Parameters<typeof inTransaction<T>>[2],
): Promise<T> => retrying(() => pool.use((connection) => inTransaction(connection, scope, work)));
