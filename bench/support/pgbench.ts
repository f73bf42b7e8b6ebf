// The yardstick: pgbench's TPC-B on the same server in the same run. It comes with Debian's package
// `postgresql`; the embedded server does not bring it.

import { execFileSync } from 'node:child_process';
import { globSync } from 'node:fs';

export type Yardstick = { tpcb(clients: number, seconds: number): number };

export const prepareYardstick = (server: {
  socketFolder: string;
  port: number;
  user: string;
  password: string;
}): Yardstick => {
  const program = globSync(['/usr/bin/pgbench', '/usr/lib/postgresql/*/bin/pgbench'])[0];
  if (program === undefined) {
    throw new Error('pgbench is not installed: apt-get install postgresql brings it.');
  }
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
