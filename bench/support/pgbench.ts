// The yardstick: pgbench's TPC-B on the same server in the same run. It comes with Debian's package
// `postgresql` (any version of it may measure a newer server); the embedded server does not bring it.

import { execFileSync } from 'node:child_process';
import { globSync } from 'node:fs';

export type Yardstick = { tpcb(clients: number, seconds: number): number };

/** Asked before anything is started, so that the answer is one sentence and leaves nothing behind. */
export const findPgbench = (): string => {
  // Debian's /usr/bin/pgbench is a wrapper that may be there without what it wraps, so it comes last.
  const known = ['/usr/lib/postgresql/*/bin', '/opt/homebrew/opt/*/bin'];
  const folders = (process.env['PATH'] ?? '').split(':').filter((folder) => folder !== '');
  const [program] = [...known, ...folders].flatMap((folder) => globSync(`${folder}/pgbench`));
  if (program !== undefined) return program;
  process.stderr.write(
    'pgbench, which this is measured against, is not installed; on Debian "apt-get install postgresql" brings it, elsewhere the client tools of PostgreSQL.\n',
  );
  process.exit(1);
};

export const prepareYardstick = (
  program: string,
  server: {
    socketFolder: string;
    port: number;
    user: string;
    password: string;
  },
): Yardstick => {
  const env = {
    ...process.env,
    PGHOST: server.socketFolder,
    PGPORT: String(server.port),
    PGUSER: server.user,
    PGPASSWORD: server.password,
    PGDATABASE: 'yardstick',
  };
  const run = (...args: string[]): string =>
    execFileSync(program, args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  run('-i', '-q', '-s', '20');
  return {
    tpcb: (clients, seconds) => {
      const text = run(
        '-n',
        '-M',
        'prepared',
        '-c',
        String(clients),
        '-j',
        '2',
        '-T',
        String(seconds),
      );
      return Number(/tps = ([\d.]+)/.exec(text)?.[1]);
    },
  };
};

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
};
