// A bounded set of connections with a bounded wait. When all are taken for longer than the limit, the
// caller learns it before anything was sent anywhere.

import {
  type Connection,
  type ConnectionSettings,
  connect,
  DatabaseUnavailable,
} from './connection.ts';

export type PoolSettings = ConnectionSettings & {
  readonly size: number;
  readonly waitTimeoutMs: number;
};

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
  let closed = false;

  const acquire = async (): Promise<Connection> => {
    if (closed) throw new DatabaseUnavailable('The database pool is closed.');
    for (let connection = idle.pop(); connection; connection = idle.pop()) {
      if (!connection.broken) return connection;
      open -= 1;
    }
    if (open < settings.size) return openOne();
    return waitForOne();
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
      const timer = setTimeout(() => {
        waiters.splice(waiters.indexOf(waiter), 1);
        reject(new DatabaseUnavailable(`No free connection within ${settings.waitTimeoutMs} ms.`));
      }, settings.waitTimeoutMs);
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
    });

  const release = (connection: Connection): void => {
    if (connection.broken || closed) {
      open -= 1;
      void connection.close();
      replaceFor(waiters.shift());
      return;
    }
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
      const connection = await acquire();
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
