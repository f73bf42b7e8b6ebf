// One connection. Statements are pipelined: what a transaction can send without waiting goes out in
// one write. Every limit of time is kept on our side, because a frozen server keeps none.

import pg from 'pg';
import type { Row, Statement, Tx } from '#kit/context';
import { Unavailable } from '#kit/failure';

export type ConnectionSettings = {
  readonly url: string;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly applicationName: string;
};

/** The database cannot be reached, is frozen, or refuses for now. Nothing was committed. */
export class DatabaseUnavailable extends Unavailable {
  override readonly name = 'DatabaseUnavailable';
}

export type Connection = Tx & {
  /** Sends without waiting; the caller awaits what it needs. */
  send<T extends Row = Row>(statement: Statement, values?: readonly unknown[]): Promise<T[]>;
  readonly broken: boolean;
  close(): Promise<void>;
  /** Cuts the connection: whatever is under way rejects. */
  destroy(): void;
};

// 57014: it took too long. 53: the server's disk is full, its memory used up. 58030: its disk failed.
// Not what was asked is at fault, so the answer is "later", and nothing is kept of the attempt.
const cannotNow = /^(57014|53|58030)/;
const TIMESTAMPTZ = 1184;
const INT8 = 20;

const parsers = new Map<number, (text: string) => unknown>([
  // Milliseconds since 1970: the product never handles a Date.
  [TIMESTAMPTZ, (text) => Date.parse(text)],
  [INT8, (text) => BigInt(text)],
]);

const types = {
  getTypeParser: (oid: number, format?: string) =>
    (format === 'text' || format === undefined ? parsers.get(oid) : undefined) ??
    pg.types.getTypeParser(oid, format as 'text'),
};

export const connect = async (settings: ConnectionSettings): Promise<Connection> => {
  const client = new pg.Client({
    connectionString: settings.url,
    connectionTimeoutMillis: settings.connectTimeoutMs,
    query_timeout: settings.statementTimeoutMs,
    application_name: settings.applicationName,
    pipeline: true,
    keepAlive: true,
    types: types as pg.CustomTypesConfig,
  } as pg.ClientConfig);

  let broken = false;
  client.on('error', () => {
    broken = true;
  });
  client.on('end', () => {
    broken = true;
  });

  try {
    await client.connect();
    // One text for all limits and formats; a pooler in transaction mode never loses it, since what
    // differs by transaction is set in the transaction.
    await client.query(
      `set timezone = 'UTC'; set datestyle = 'ISO'; set lock_timeout = '2s';
       set statement_timeout = '5s'; set idle_in_transaction_session_timeout = '10s';
       set synchronous_commit = on`,
    );
  } catch (error) {
    client.end().catch(() => {});
    throw asUnavailable(error);
  }

  const send = async <T extends Row>(
    statement: Statement,
    values: readonly unknown[] = [],
  ): Promise<T[]> => {
    try {
      const config = { name: statement.name, text: statement.text, values: [...values] };
      const result = await client.query(statement.name === '' ? withoutName(config) : config);
      return result.rows as T[];
    } catch (error) {
      // A statement that took too long, or that a full disk stopped, was undone by the server; the
      // connection is as good as before.
      if (isServerError(error) && cannotNow.test(error.code)) throw asUnavailable(error);
      if (isServerError(error)) throw error;
      broken = true;
      throw asUnavailable(error);
    }
  };

  return {
    send,
    query: send,
    get broken() {
      return broken;
    },
    close: async () => {
      broken = true;
      await client.end().catch(() => {});
    },
    destroy: () => {
      broken = true;
      const { stream } = (client as unknown as { connection: { stream: { destroy(): void } } })
        .connection;
      stream.destroy();
    },
  };
};

const withoutName = ({ text, values }: { text: string; values: unknown[] }) => ({ text, values });

/** An error that PostgreSQL itself answered with: five characters of SQLSTATE. */
export const isServerError = (
  error: unknown,
): error is Error & { code: string; constraint?: string } =>
  error instanceof pg.DatabaseError && !fatalStates.test(error.code ?? '');

// 57P0x: the server is being shut down or has crashed; 53300: too many connections; 08: connection.
const fatalStates = /^(57P0[1-5]|53300|08)/;

const asUnavailable = (error: unknown): Error =>
  error instanceof DatabaseUnavailable
    ? error
    : new DatabaseUnavailable(
        `${isServerError(error) ? 'The database cannot do it now' : 'The database does not answer'}: ${error instanceof Error ? error.message : String(error)}`,
        { cause: error },
      );
