// A bounded set of connections with a bounded wait. Who waits while others are served is only in a queue,
// and waits on; when nobody was served for the whole limit, the database is at fault and the caller learns
// it before anything was sent anywhere.

import {
  type Connection,
  type ConnectionSettings,
  connect,
  DatabaseUnavailable,
} from './connection.ts';

export type PoolSettings = ConnectionSettings & {
  readonly size: number;
  /** So long without anybody being served. */
  readonly waitTimeoutMs: number;
};

/** However well a queue moves, a caller at its end has asked again by then. */
const WAITS_MAX = 5;

export type Pool = {
  use<T>(work: (connection: Connection) => Promise<T>): Promise<T>;
  readonly busy: number;
  readonly waiting: number;
  close(): Promise<void>;
};

type Waiter = { resolve: (connection: Connection) => void; reject: (error: Error) => void };

export const createPool = (settings: PoolSettings): Pool => {
  const idle: Connection[] = [];
  const waiters: Waiter[] = [];
  let open = 0;
  let served = 0;
  let closed = false;

  const takeIdle = (): Connection | undefined => {
    for (let connection = idle.pop(); connection; connection = idle.pop()) {
      if (!connection.broken) return connection;
      open -= 1;
    }
    return undefined;
  };

  const acquire = (): Promise<Connection> => {
    if (closed) throw new DatabaseUnavailable('The database pool is closed.');
    return open < settings.size ? openOne() : waitForOne();
  };

  const openOne = async (): Promise<Connection> => {
    open += 1;
    try {
      return await connect(settings);
    } catch (error) {
      open -= 1;
      throw error;
    }
  };

  const waitForOne = (): Promise<Connection> =>
    new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout;
      const wait = (waitsLeft: number): void => {
        const servedBefore = served;
        const decide = (): void => {
          const place = waiters.indexOf(waiter);
          if (place === -1) return;
          if (served !== servedBefore && waitsLeft > 1) {
            wait(waitsLeft - 1);
            return;
          }
          waiters.splice(place, 1);
          reject(new DatabaseUnavailable(`No free connection, with ${waiters.length} waiting.`));
        };
        // A busy process reads late: what has arrived meanwhile counts before anybody is sent away.
        timer = setTimeout(() => setImmediate(decide), settings.waitTimeoutMs);
      };
      const waiter: Waiter = {
        resolve: (connection) => {
          clearTimeout(timer);
          resolve(connection);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      waiters.push(waiter);
      wait(WAITS_MAX);
    });

  const release = (connection: Connection): void => {
    if (connection.broken || closed) {
      open -= 1;
      void connection.close();
      replaceFor(waiters.shift());
      return;
    }
    served += 1;
    const waiter = waiters.shift();
    if (waiter) waiter.resolve(connection);
    else idle.push(connection);
  };

  // A waiter must not starve because the connection it would have got has broken.
  const replaceFor = (waiter: Waiter | undefined): void => {
    if (!waiter) return;
    openOne().then(waiter.resolve, waiter.reject);
  };

  return {
    use: async (work) => {
      const connection = takeIdle() ?? (await acquire());
      try {
        return await work(connection);
      } finally {
        release(connection);
      }
    },
    get busy() {
      return open - idle.length;
    },
    get waiting() {
      return waiters.length;
    },
    close: async () => {
      closed = true;
      for (const waiter of waiters.splice(0)) {
        waiter.reject(new DatabaseUnavailable('The database pool is closed.'));
      }
      await Promise.all(idle.splice(0).map((connection) => connection.close()));
    },
  };
};
