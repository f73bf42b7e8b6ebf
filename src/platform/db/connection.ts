// One connection. Statements are pipelined: what a transaction can send without waiting goes out in
// one write. Every limit of time is kept on our side, because a frozen server keeps none.

import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import pg from 'pg';
import type { Row, Statement, Tx } from '#kit/context';
import { Unavailable } from '#kit/failure';
import type { Admission, Fence } from './fence.ts';
import { lendingSocket } from './lending-socket.ts';
import { type Call, failedAt, openWire } from './wire.ts';

export type ConnectionSettings = {
  readonly url: string;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly applicationName: string;
  /** Says which server is believed; absent: any. */
  readonly fence?: Fence;
};

/** The database cannot be reached, is frozen, or refuses for now. Nothing was committed. */
export class DatabaseUnavailable extends Unavailable {
  override readonly name = 'DatabaseUnavailable';
}

export type Connection = Tx & {
  /** Sends without waiting; the caller awaits what it needs. */
  send<T extends Row = Row>(statement: Statement, values?: readonly unknown[]): Promise<T[]>;
  /** All at once, and answered at once: the rows of each. Outside of BEGIN it is a transaction of its own. */
  sendTogether(calls: readonly Call[]): Promise<Row[][]>;
  readonly broken: boolean;
  close(): Promise<void>;
  /** Cuts the connection: whatever is under way rejects. */
  destroy(): void;
};

// 57014: it took too long. 53: the server's disk is full, its memory used up. 58030: its disk failed.
// Not what was asked is at fault, so the answer is "later", and nothing is kept of the attempt.
const cannotNow = /^(57014|53|58030)/;

/** A server that stands still never says goodbye. */
const CLOSED_AFTER_MS = 1_000;

export const connect = async (settings: ConnectionSettings): Promise<Connection> => {
  const client = new pg.Client({
    connectionString: settings.url,
    connectionTimeoutMillis: settings.connectTimeoutMs,
    query_timeout: settings.statementTimeoutMs,
    application_name: settings.applicationName,
    keepAlive: true,
    stream: newStream,
  });
  // Its errors reject what is under way, and `broken` says the rest.
  client.on('error', () => {});
  let admission: Admission | undefined;

  try {
    await client.connect();
    // One text for all limits and formats; a pooler in transaction mode never loses it, since what
    // differs by transaction is set in the transaction.
    const inTime = { query_timeout: settings.connectTimeoutMs };
    await client.query({
      ...inTime,
      text: `set timezone = 'UTC'; set datestyle = 'ISO'; set lock_timeout = '2s';
       set statement_timeout = '5s'; set idle_in_transaction_session_timeout = '10s';
       set synchronous_commit = on`,
    });
    admission = await settings.fence?.admit(
      async (text) => (await client.query({ ...inTime, text })).rows,
    );
  } catch (error) {
    client.end().catch(() => {});
    streamOf(client).destroy();
    throw asUnavailable(error);
  }

  const stream = streamOf(client);
  const wire = openWire(stream, settings.statementTimeoutMs);
  let closed = false;
  try {
    const leave = admission?.(() => wire.destroy());
    if (leave !== undefined) stream.once('close', leave);
  } catch (error) {
    wire.destroy();
    throw error;
  }

  const sendTogether = (calls: readonly Call[]): Promise<Row[][]> =>
    new Promise((resolve, reject) => {
      wire.ask(calls, resolve, (error) => reject(heard(error)));
    });

  const send = <T extends Row>(
    statement: Statement,
    values: readonly unknown[] = [],
  ): Promise<T[]> =>
    new Promise((resolve, reject) => {
      const answered = (rows: Row[][]): void => resolve((rows.at(-1) ?? []) as T[]);
      wire.ask([{ statement, values }], answered, (error) => reject(heard(error)));
    });

  return {
    send,
    sendTogether,
    query: send,
    get broken() {
      return closed || wire.broken;
    },
    close: async () => {
      closed = true;
      const limit = setTimeout(() => wire.destroy(), CLOSED_AFTER_MS);
      await client.end().catch(() => {});
      clearTimeout(limit);
    },
    destroy: () => wire.destroy(),
  };
};

// A statement that took too long, or that a full disk stopped, was undone by the server; the connection is
// as good as before.
const heard = (error: unknown): unknown => {
  if (isServerError(error) && cannotNow.test(error.code)) return asUnavailable(error);
  return failedAt(error) === undefined ? asUnavailable(error) : error;
};

const streamOf = (client: pg.Client): Duplex =>
  (client as unknown as { connection: { stream: Duplex } }).connection.stream;

/** TLS reads by itself. `pg` says which it will be. */
const newStream = ({ ssl }: { readonly ssl?: unknown } = {}): Duplex =>
  ssl ? new Socket() : lendingSocket();

/** An error that PostgreSQL itself answered with: five characters of SQLSTATE. */
export const isServerError = (
  error: unknown,
): error is Error & { code: string; constraint?: string } =>
  error instanceof pg.DatabaseError && !fatalStates.test(error.code ?? '');

/** Refused in so many words, or never said: nothing of it was done. Anything else is silence. */
export const isAnswered = (error: unknown): boolean => failedAt(error) !== undefined;

// 57P0x: the server is being shut down or has crashed; 53300: too many connections; 08: connection.
const fatalStates = /^(57P0[1-5]|53300|08)/;

// 53300, too many connections, passes as soon as one is free.
const withoutRoom = /^(53(?!300)|58030)/;

/** The server cannot store: its disk is full or fails, or its memory is used up. */
export const isOutOfRoom = (error: unknown): boolean =>
  error instanceof DatabaseUnavailable &&
  error.cause instanceof pg.DatabaseError &&
  withoutRoom.test(error.cause.code ?? '');

const asUnavailable = (error: unknown): Error =>
  error instanceof DatabaseUnavailable
    ? error
    : new DatabaseUnavailable(
        `${isServerError(error) ? 'The database cannot do it now' : 'The database does not answer'}: ${error instanceof Error ? error.message : String(error)}`,
        { cause: error, tookTooLong: isServerError(error) && error.code === '57014' },
      );
