// A gateway as it runs in earnest, with everything that it says, writes and answers kept to be searched:
// a durable PostgreSQL of its own, whose files can be read raw, the vault in a process of its own, the
// gateway in another, both in live mode and logging at level debug. A third process, this one, shares
// their database and keys, to make keys and to rotate them meanwhile.

import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, closeSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { connect as connectTo } from 'node:net';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { vaultOf } from '#cards/vault';
import { createKey } from '#identity/keys';
import { systemClock } from '#kit/context';
import { type RunningPostgres, startPostgres } from '#platform/postgres';
import { readSettings } from '../../src/config.ts';
import { bareEnvironment } from '../../src/kit/context/for-tests.ts';
import { createLog } from '../../src/kit/log/index.ts';
import { connect } from '../../src/platform/db/connection.ts';
import { asOwner, connectionSettings } from '../../src/platform/db/for-tests.ts';
import { temporaryFolder } from '../../src/platform/postgres/for-tests.ts';
import { openRuntime, type Runtime } from '../../src/runtime.ts';
import { type Answer, type Ask, type Asked, createAsk } from './ask.ts';
import { createMerchant, type Merchant } from './merchant.ts';
import { pause, waitUntil } from './writers.ts';

export type World = {
  /** Everything below it was written by a process of the gateway or its database. */
  readonly folder: string;
  readonly runtime: Runtime;
  readonly merchant: Merchant & {
    readonly livePublishableKey: string;
    readonly restricted: string;
  };
  /** Keeps each answer to be searched, whole. */
  readonly ask: Ask;
  readonly raw: (bytes: Buffer | string, how?: RawHow) => Promise<{ status: number; text: string }>;
  /** Notes text that somebody could see, for the search. */
  hear(where: string, text: string): void;
  readonly heard: readonly { readonly where: string; readonly text: string }[];
  readonly gatewayLog: string;
  readonly postgresLog: string;
  readonly owner: { readonly ownerUrl: string; readonly appUrl: string };
  sql(text: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  /** Runs `during` while nobody can write a card. */
  whileLocked(during: () => Promise<void>): Promise<void>;
  /** As a crash would end it. It is started again by whoever watches over it. */
  crashPostgres(): Promise<void>;
  /** As a power cut would end it, and up again. */
  kill(which: 'gateway' | 'vault'): Promise<void>;
  start(which: 'gateway' | 'vault'): Promise<void>;
  ready(): Promise<void>;
  /** What anybody on this machine sees of processes and their arguments, and the owner of statements. */
  lookAround(): Promise<void>;
  stop(): Promise<void>;
  remove(): void;
};

export type RawHow = {
  /** Closes the connection without waiting for an answer. */
  readonly hangUpAfterMs?: number;
};

export const metricsToken = 'only-for-these-metrics';

const cli = fileURLToPath(new URL('../../cli/tollgate.ts', import.meta.url));
const run = promisify(execFile);

export const startWorld = async (): Promise<World> => {
  const { folder, remove } = temporaryFolder();
  const at = foldersIn(folder);
  const ownLog = createLog({
    format: 'json',
    level: 'debug',
    clock: systemClock,
    write: (line) => appendFileSync(join(at.logs, 'tests.log'), line),
  });
  const postgres = await startPostgres({ dataFolder: at.database, log: ownLog });
  const env = environmentOf(postgres, at);
  const runtime = await openRuntime(readSettings(env), {
    log: ownLog,
    actor: { kind: 'system', id: 'tests' },
    vault: 'here',
  });

  const heard: { where: string; text: string }[] = [];
  const hear = (where: string, text: string): void => void heard.push({ where, text });
  const owner = { ownerUrl: postgres.ownerUrl, appUrl: '' };
  const sql: World['sql'] = (text, values) => asOwner(owner, text, values);
  const gatewayLog = join(at.logs, 'gateway.stderr');
  const spawned = (which: 'gateway' | 'vault'): Promise<Running> =>
    spawnRole({ ...env, TOLLGATE_LIVE: 'on' }, { which, logs: at.logs });
  const running = { vault: await spawned('vault'), gateway: await spawned('gateway') };

  const ask: Ask = async (method, path, asked: Asked = {}) => {
    const answer = await running.gateway.ask(method, path, asked);
    hear(`answer of ${method} ${path}`, wholeOf(answer));
    return answer;
  };
  const merchant = await merchantOf(runtime);
  // `readyz` alone would not do: half a second long it says what it said before the crash.
  const ready = (): Promise<void> =>
    waitUntil('ready', 60_000, async () => {
      await sql('select');
      const { gateway } = running;
      const read = await gateway.ask('GET', '/v1/events?limit=1', { key: merchant.liveKey });
      return read.status === 200 && (await gateway.ask('GET', '/readyz')).status === 200;
    });

  return {
    folder,
    runtime,
    merchant,
    ask,
    raw: async (bytes, how) => {
      const text = await sendRaw(running.gateway.port, bytes, how);
      hear('answer to bytes', text);
      return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), text };
    },
    hear,
    heard,
    gatewayLog,
    postgresLog: join(at.database, 'postgres.log'),
    owner,
    sql,
    whileLocked: async (during) => {
      const holder = await connect(connectionSettings(postgres.ownerUrl));
      try {
        await holder.send(unnamed('begin'));
        await holder.send(unnamed('lock table vault.cards in access exclusive mode'));
        await during();
      } finally {
        // Ends the transaction too, also when there is no server any more.
        holder.destroy();
      }
    },
    crashPostgres: async () => {
      const file = join(at.database, 'postgres', 'postmaster.pid');
      process.kill(Number(readFileSync(file, 'utf8').split('\n', 1)[0]), 'SIGKILL');
    },
    kill: (which) => running[which].end('SIGKILL'),
    start: async (which) => {
      running[which] = await spawned(which);
    },
    ready,
    lookAround: async () => {
      const { stdout } = await run('ps', ['-A', '-o', 'args=']);
      assert.ok(stdout.includes('tollgate'), 'The gateway is among what ps lists.');
      hear('ps', stdout);
      for (const row of await sql('select a::text as line from pg_stat_activity a')) {
        hear('pg_stat_activity', String(row['line']));
      }
    },
    stop: async () => {
      await running.gateway.end('SIGTERM');
      await running.vault.end('SIGTERM');
      await runtime.close();
      await postgres.stop();
    },
    remove,
  };
};

const unnamed = (text: string) => ({ name: '', text });

const foldersIn = (folder: string) => {
  const at = {
    database: join(folder, 'database'),
    data: join(folder, 'data'),
    logs: join(folder, 'logs'),
    temporary: join(folder, 'temporary'),
    socket: join(folder, 'vault.sock'),
    sharesA: join(folder, 'shares', 'a'),
    sharesB: join(folder, 'shares', 'b'),
  };
  for (const path of [at.data, at.logs, at.temporary]) mkdirSync(path, { mode: 0o700 });
  return at;
};

type Folders = ReturnType<typeof foldersIn>;

const environmentOf = (postgres: RunningPostgres, at: Folders): Record<string, string> => ({
  ...bareEnvironment,
  HOME: at.data,
  TMPDIR: at.temporary,
  PORT: '0',
  DATABASE_URL: postgres.ownerUrl,
  TOLLGATE_DATA: at.data,
  TOLLGATE_KEY_SHARES: `${at.sharesA},${at.sharesB}`,
  TOLLGATE_SECRET: 'ca4a91'.repeat(11).slice(0, 64),
  TOLLGATE_PUBLIC_URL: 'https://pay.test',
  TOLLGATE_LOG_FORMAT: 'json',
  TOLLGATE_LOG_LEVEL: 'debug',
  TOLLGATE_RATE_PER_SECOND: '1000000',
  TOLLGATE_PROXIES: '1',
  TOLLGATE_VAULT_SOCKET: at.socket,
  TOLLGATE_METRICS_TOKEN: metricsToken,
});

type Running = {
  readonly port: number;
  readonly ask: Ask;
  end(signal: NodeJS.Signals): Promise<void>;
};

const argumentsOf = {
  gateway: ['start', '--quickstart', '--role', 'api,worker'],
  vault: ['start', '--role', 'vault'],
} as const;

/** With its output going straight into files, which are searched like all others. */
const spawnRole = async (
  env: Record<string, string>,
  { which, logs }: { readonly which: 'gateway' | 'vault'; readonly logs: string },
): Promise<Running> => {
  const errors = join(logs, `${which}.stderr`);
  const [out, err] = [openSync(join(logs, `${which}.stdout`), 'a'), openSync(errors, 'a')];
  const before = readFileSync(errors, 'utf8').length;
  const child = spawn(process.execPath, [cli, ...argumentsOf[which]], {
    // However we end, it ends too.
    env: { ...env, TOLLGATE_PARENT: String(process.pid) },
    stdio: ['ignore', out, err],
  });
  closeSync(out);
  closeSync(err);
  const ended = once(child, 'exit');
  const port = await portOf(child, () => readFileSync(errors, 'utf8').slice(before));
  const { ask, close } = createAsk(port);
  return {
    port,
    ask,
    end: async (signal) => {
      close();
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      await ended;
    },
  };
};

const portOf = async (child: ChildProcess, output: () => string): Promise<number> => {
  let port = Number.NaN;
  await waitUntil('a gateway that is up', 60_000, async () => {
    assert.equal(child.exitCode, null, output());
    port = Number(/"server\.port":(\d+)[^\n]*The gateway is up/.exec(output())?.[1]);
    return !Number.isNaN(port);
  });
  return port;
};

const merchantOf = async (runtime: Runtime): Promise<World['merchant']> => {
  const merchant = await createMerchant(runtime.context, 'Canaries');
  return {
    ...merchant,
    livePublishableKey: await createKey(runtime.context, {
      scope: merchant.liveScope,
      kind: 'publishable',
      name: 'Tests',
    }),
    restricted: await merchant.restrictedKey({ events: 'read' }),
  };
};

const wholeOf = ({ status, headers, text }: Answer): string =>
  `${status}\n${JSON.stringify(headers)}\n${text}`;

const ANSWER_LIMIT_MS = 10_000;

/** Everything that comes back until the connection is closed. */
const sendRaw = (port: number, bytes: Buffer | string, how: RawHow = {}): Promise<string> =>
  new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connectTo(port, '127.0.0.1').setNoDelay();
    const limit = setTimeout(() => socket.destroy(), how.hangUpAfterMs ?? ANSWER_LIMIT_MS);
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(limit);
      resolve(Buffer.concat(chunks).toString('latin1'));
    });
    socket.write(bytes);
  });

/** Every key of the vault is rotated, over and over, until it is told to end; says how often. */
export const rotateMeanwhile = (world: World): { stop(): Promise<number> } => {
  const { context } = world.runtime;
  const vault = vaultOf(context);
  let stopped = false;
  const rotate = async (): Promise<number> => {
    for (let times = 0; ; ) {
      for (const key of ['data', 'key_encryption', 'fingerprint', 'risk'] as const) {
        if (stopped && times >= 4) return times;
        await vault.rotate(context, { key });
        times += 1;
        for (let steps = 0; steps < 20 && (await vault.maintain(context)) > 0; steps += 1);
        await pause(100);
      }
    }
  };
  const rotating = rotate();
  // Whoever fails is heard by `stop`.
  rotating.catch(() => {});
  return {
    stop: () => {
      stopped = true;
      return rotating;
    },
  };
};

/** Every row of every table and every large object, as text, catalogs with their statistics included. */
export const dump = async (
  world: World,
  see: (table: string, line: string) => void,
): Promise<number> => {
  await world.sql('analyze');
  const tables = await world.sql(
    `select format('%I.%I', n.nspname, c.relname) as name
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'm') and n.nspname <> 'pg_toast' order by 1`,
  );
  for (const { name } of tables) {
    const table = String(name);
    for (const { line } of await world.sql(`select t::text as line from ${table} t`)) {
      see(table, String(line));
    }
  }
  return tables.length;
};

/** Every file below the folder, with its bytes, by the path from there. */
export function* filesIn(folder: string): Generator<{ path: string; bytes: Buffer }> {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = readFileSync(path);
    const isLog = /pg_wal\/[0-9A-F]{24}$/.test(path);
    yield { path: relative(folder, path), bytes: isLog ? withoutPageHeads(bytes) : bytes };
  }
}

const LOG_PAGE = 8_192;
const [SHORT_HEAD, LONG_HEAD, HAS_LONG_HEAD] = [24, 40, 2];

/** A record of the write-ahead log goes on over the heads of its pages: a number may lie on two of them. */
export const withoutPageHeads = (log: Buffer): Buffer => {
  const parts: Buffer[] = [];
  for (let at = 0; at + LOG_PAGE <= log.length; at += LOG_PAGE) {
    const hasLongHead = (log.readUInt16LE(at + 2) & HAS_LONG_HEAD) !== 0;
    parts.push(log.subarray(at + (hasLongHead ? LONG_HEAD : SHORT_HEAD), at + LOG_PAGE));
  }
  return Buffer.concat(parts);
};
