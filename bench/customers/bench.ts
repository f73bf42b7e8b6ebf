// Customers per second, created and retrieved, as a ratio to pgbench's TPC-B on the same server in the
// same run. The gateway, the load, pgbench and PostgreSQL share the machine.
//
//   npm run bench:customers

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect, withDatabase } from '#platform/db';
import { startPostgres } from '#platform/postgres';
import { silentLog } from '../../src/kit/context/for-tests.ts';
import { get, type Measured, measure, post } from '../support/load.ts';
import { findPgbench, median, prepareYardstick } from '../support/pgbench.ts';

const ROUNDS = 3;
const SECONDS = 4;
const CONCURRENCIES = [16, 64, 256];
const CLIENTS = [8, 16, 32];

const pgbench = findPgbench();
// What else the machine does is part of the result.
const [loadBefore = 0] = loadavg();
const folder = mkdtempSync(join(tmpdir(), 'tollgate-bench-'));
const postgres = await startPostgres({ dataFolder: folder, log: silentLog });
const login = /\/\/([^:]+):([^@]+)@/.exec(postgres.ownerUrl);
const owner = await connect({
  url: postgres.ownerUrl,
  connectTimeoutMs: 5_000,
  statementTimeoutMs: 60_000,
  applicationName: 'bench',
});
await owner.send({ name: '', text: 'create database yardstick' });
await owner.close();
const yardstick = prepareYardstick(pgbench, {
  socketFolder: postgres.socketFolder,
  port: postgres.port,
  user: login?.[1] ?? '',
  password: decodeURIComponent(login?.[2] ?? ''),
});

const gateway = spawn(
  process.execPath,
  [...process.execArgv, fileURLToPath(new URL('./gateway.ts', import.meta.url))],
  {
    env: {
      ...process.env,
      PORT: '0',
      TOLLGATE_DATA: join(folder, 'gateway'),
      DATABASE_URL: withDatabase(postgres.ownerUrl, 'tollgate'),
      TOLLGATE_LOG_LEVEL: 'error',
      TOLLGATE_LOG_FORMAT: 'json',
      TOLLGATE_RATE_PER_SECOND: '1000000',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  },
);
try {
  const [line] = (await once(gateway.stdout, 'data')) as [Buffer];
  const { port, key } = JSON.parse(String(line)) as { port: number; key: string };
  await run(port, key);
} finally {
  gateway.kill('SIGTERM');
  await once(gateway, 'exit');
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function run(port: number, key: string): Promise<void> {
  const head = { port, concurrency: 1, seconds: 1 };
  const create = (n: number): string =>
    post(
      '/v1/customers',
      key,
      `email=load${n}%40example.com&name=Load&metadata[order]=${n}`,
      `Idempotency-Key: load-${process.pid}-${n}-${Math.round(performance.now())}\r\n`,
    );

  const made = await fetch(`http://127.0.0.1:${port}/v1/customers`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
  });
  const { id } = (await made.json()) as { id: string };
  const retrieve = (): string => get(`/v1/customers/${id}`, key);
  await measure({ ...head, concurrency: 64, seconds: 2, request: create });
  await measure({ ...head, concurrency: 64, seconds: 2, request: retrieve });

  const tpcb: number[] = [];
  const results = new Map<string, Measured[]>();
  for (let round = 0; round < ROUNDS; round += 1) {
    tpcb.push(Math.max(...CLIENTS.map((clients) => yardstick.tpcb(clients, SECONDS))));
    for (const [name, request] of [
      ['create', create],
      ['retrieve', retrieve],
    ] as const) {
      for (const concurrency of CONCURRENCIES) {
        const label = `${name} at ${concurrency}`;
        const measured = await measure({ ...head, concurrency, seconds: SECONDS, request });
        results.set(label, [...(results.get(label) ?? []), measured]);
      }
    }
  }

  const base = median(tpcb);
  process.stdout.write(
    `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), load ${loadBefore.toFixed(1)} before, Node ${process.version}, PostgreSQL with fsync on\n\n`,
  );
  process.stdout.write(
    `pgbench TPC-B, prepared, best of ${CLIENTS.join('/')} clients: ${base.toFixed(0)} tps (runs: ${tpcb.map((tps) => tps.toFixed(0)).join(', ')})\n\n`,
  );
  process.stdout.write(
    '| what | per second | × TPC-B | p50 | p99 | not 200 |\n|---|---|---|---|---|---|\n',
  );
  for (const [label, runs] of results) {
    const perSecond = median(runs.map((run) => run.perSecond));
    const p50 = median(runs.map((run) => run.p50Ms));
    const p99 = median(runs.map((run) => run.p99Ms));
    const notOk = runs.reduce((sum, run) => sum + run.notOk, 0);
    process.stdout.write(
      `| ${label} | ${perSecond.toFixed(0)} | ${(perSecond / base).toFixed(2)} | ${p50.toFixed(1)} ms | ${p99.toFixed(1)} ms | ${notOk} |\n`,
    );
  }
}
