// Payments per second, paid and captured in one request, as a ratio to pgbench's TPC-B on the same server
// in the same run. The gateway, its worker, the load, pgbench and PostgreSQL share the machine.
//
//   npm run bench:payments                 empty, then with a million payments stored
//   npm run bench:payments -- --quick      one short round on an empty database
//   npm run bench:payments -- --full       also with five and ten million
//   npm run bench:payments -- --stored=N   with so many stored, several with commas
//   npm run bench:payments -- --cost       what one payment costs, until its last webhook is told; with the above
//   npm run bench:payments -- --apis=2     with two API processes on one port; with the above
//   npm run bench:payments -- --statements the same, and what each statement of PostgreSQL costs

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Connection, connect, withDatabase } from '#platform/db';
import { startPostgres } from '#platform/postgres';
import { silentLog } from '../../src/kit/context/for-tests.ts';
import { cpuSecondsOf, cpuSecondsOfFamily, parentOf } from '../support/cpu.ts';
import { type Load, type Measured, measure, post } from '../support/load.ts';
import { findPgbench, median, prepareYardstick } from '../support/pgbench.ts';
import { startReceiver } from '../support/receiver.ts';
import { beginCounting, countStatements, tellCounted } from './statements.ts';
import { storePayments, templateOf } from './stored.ts';

const isCounted = process.argv.includes('--statements');
const isCost = isCounted || process.argv.includes('--cost');
const isQuick = process.argv.includes('--quick');
const MILLION = 1_000_000;
const [, storedList] = /^--stored=([\d,]+)$/m.exec(process.argv.join('\n')) ?? [];
const storedAt =
  storedList?.split(',').map(Number) ??
  (isQuick
    ? []
    : process.argv.includes('--full')
      ? [MILLION, 5 * MILLION, 10 * MILLION]
      : [MILLION]);
const apiCount = Number(/^--apis=(\d+)$/m.exec(process.argv.join('\n'))?.[1] ?? 1);
// Where V8's profiles of both roles go, should one be wanted.
const profiles = process.env['BENCH_PROFILES'];
const profiling = profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`];
const ROUNDS = isQuick ? 1 : 3;
const SECONDS = 4;
const CONCURRENCIES = [16, 64, 256];
const DELAYS_MS = [0, 50];
const QUEUED_CONCURRENCIES = [64, 256];
const queued = 'provider 0 ms, webhooks queued and told later';
// The database admits sixty connections, of which each process has some.
const CLIENTS = apiCount > 1 ? [8, 16, 24] : [8, 16, 32];
const CUSTOMERS = 64;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const pgbench = findPgbench();
// What else the machine does is part of the result.
const [loadBefore = 0] = loadavg();
const folder = mkdtempSync(join(tmpdir(), 'tollgate-bench-'));
let postgres = await startPostgres({ dataFolder: folder, log: silentLog });
const login = /\/\/([^:]+):([^@]+)@/.exec(postgres.ownerUrl);
const connectTo = (url: string): Promise<Connection> =>
  connect({
    url,
    connectTimeoutMs: 5_000,
    statementTimeoutMs: 600_000,
    applicationName: 'bench',
  });
const first = await connectTo(postgres.ownerUrl);
await first.send({ name: '', text: 'create database yardstick' });
if (isCounted) await countStatements(first);
await first.close();
if (isCounted) {
  await postgres.stop();
  postgres = await startPostgres({ dataFolder: folder, log: silentLog });
}
const yardstick = prepareYardstick(pgbench, {
  socketFolder: postgres.socketFolder,
  port: postgres.port,
  user: login?.[1] ?? '',
  password: decodeURIComponent(login?.[2] ?? ''),
});

// The merchant's server, which takes every webhook.
const hook = await startReceiver();

const databaseUrl = withDatabase(postgres.ownerUrl, 'tollgate');
const startRole = async (
  role: 'api' | 'worker',
  sharedPort?: number,
): Promise<{ child: ChildProcess; line: string }> => {
  const program = fileURLToPath(new URL('./gateway.ts', import.meta.url));
  // As the gateway itself is started: what the launcher gave to this process.
  const child = spawn(
    process.execPath,
    [
      ...process.execArgv,
      ...profiling,
      program,
      role,
      ...(sharedPort === undefined ? [] : [String(sharedPort)]),
    ],
    {
      env: {
        ...process.env,
        TOLLGATE_DATA: join(folder, 'gateway'),
        DATABASE_URL: databaseUrl,
        TOLLGATE_WEBHOOKS_TO_LOOPBACK: 'on',
        TOLLGATE_RATE_PER_SECOND: '1000000',
      },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    },
  );
  const [line] = (await once(child.stdout!, 'data')) as [Buffer];
  return { child, line: String(line) };
};
const api = await startRole('api');
const merchant = JSON.parse(api.line) as Merchant;
const apis = [api];
while (apis.length < apiCount) apis.push(await startRole('api', merchant.port));
let worker = await startRole('worker');
const owner = await connectTo(databaseUrl);
const secondOwner = await connectTo(databaseUrl);
// Copying a million payments takes its time.
for (const each of [owner, secondOwner]) {
  await each.send({ name: '', text: 'set statement_timeout = 0; set lock_timeout = 0' });
}
try {
  await run(merchant);
} finally {
  for (const { child } of [worker, ...apis]) await end(child);
  for (const each of [owner, secondOwner]) await each.close();
  hook.close();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

type Merchant = { readonly port: number; readonly key: string; readonly accountId: string };

async function run({ port, key, accountId }: Merchant): Promise<void> {
  say(
    `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), load ${loadBefore.toFixed(1)} before, Node ${process.version}, PostgreSQL with fsync on`,
  );
  const ask = async (
    path: string,
    form: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<{ id: string; status?: string }> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/x-www-form-urlencoded',
        ...headers,
      },
      body: form,
    });
    const body = (await response.json()) as { id: string; status?: string };
    if (!response.ok) throw new Error(JSON.stringify(body));
    return body;
  };
  await ask('/v1/webhook_endpoints', `url=http://127.0.0.1:${hook.port}/hook&enabled_events[]=*`);
  const payers: string[] = [];
  for (let n = 0; n < CUSTOMERS; n += 1) {
    const customer = await ask('/v1/customers', `email=payer${n}%40example.com`);
    const method = await ask('/v1/payment_methods/pm_card_visa/attach', `customer=${customer.id}`);
    payers.push(`customer=${customer.id}&payment_method=${method.id}`);
  }
  const pay = (n: number): string =>
    post(
      '/v1/payment_intents',
      key,
      `amount=${1_000 + (n % 9_000)}&currency=eur&confirm=true&off_session=true&${payers[n % CUSTOMERS]}&metadata[order]=${n}`,
      `Idempotency-Key: load-${process.pid}-${n}-${Math.round(performance.now())}\r\n`,
    );
  const one = await ask(
    '/v1/payment_intents',
    `amount=1000&currency=eur&confirm=true&off_session=true&${payers[0]}`,
    { 'idempotency-key': 'the first' },
  );
  if (one.status !== 'succeeded') throw new Error(`The first payment is ${one.status}`);
  await quiet();
  const template = await templateOf(owner, accountId);
  await measure({ port, concurrency: 64, seconds: isQuick ? 3 : 6, request: pay });
  // As autovacuum would soon: plans that were made for empty tables are made anew.
  await owner.send({ name: '', text: 'analyze' });
  // Code is compiled anew as long as it is young.
  await measure({ port, concurrency: 64, seconds: isQuick ? 3 : 15, request: pay });
  const tell = isCost ? tellCosts : compare;
  await tell(port, pay, 'empty');
  let stored = 0;
  for (const count of storedAt) {
    const begun = performance.now();
    // Whatever looks for work finds tables without their indexes meanwhile.
    await end(worker.child);
    const made = await storePayments([owner, secondOwner], template, {
      from: stored + 1,
      to: count,
    });
    worker = await startRole('worker');
    stored = count;
    say(
      `\n${count} payments stored (${made.rows} rows; ${made.sizes}), in ${((performance.now() - begun) / 1000).toFixed(0)} s`,
    );
    await tell(port, pay, `${count / MILLION} million stored`);
  }
}

async function compare(port: number, pay: (n: number) => string, what: string): Promise<void> {
  const tpcb: number[] = [];
  const results = new Map<string, Measured[]>();
  const costs: Cost[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await setDelay(0);
    tpcb.push(Math.max(...CLIENTS.map((clients) => yardstick.tpcb(clients, SECONDS))));
    for (const delayMs of DELAYS_MS) {
      await setDelay(delayMs);
      for (const concurrency of CONCURRENCIES) {
        const label = `${concurrency} at once, provider ${delayMs} ms`;
        const load = { port, concurrency, seconds: SECONDS, request: pay };
        const before = await readCost();
        const measured = await measure(load);
        const after = await readCost();
        if (delayMs === 0 && concurrency === 64)
          costs.push(difference(before, after, measured.answers));
        results.set(label, [...(results.get(label) ?? []), measured]);
      }
    }
    await setDelay(0);
    for (const concurrency of QUEUED_CONCURRENCIES) {
      const label = `${concurrency} at once, ${queued}`;
      const measured = await untold({ port, concurrency, seconds: SECONDS, request: pay });
      results.set(label, [...(results.get(label) ?? []), measured]);
    }
  }
  const base = median(tpcb);
  say(
    `\n## ${what}\n\npgbench TPC-B, prepared, best of ${CLIENTS.join('/')} clients: ${base.toFixed(0)} tps (runs: ${tpcb.map((tps) => tps.toFixed(0)).join(', ')})\n`,
  );
  say('| what | per second | × TPC-B | p50 | p99 | not 200 |\n|---|---|---|---|---|---|');
  let saturation = 0;
  for (const [label, runs] of results) {
    const row = summary(runs);
    if (label.endsWith(' 0 ms')) saturation = Math.max(saturation, row.perSecond);
    say(
      `| ${label} | ${row.perSecond.toFixed(0)} | ${(row.perSecond / base).toFixed(2)} | ${row.p50Ms.toFixed(1)} ms | ${row.p99Ms.toFixed(1)} ms | ${spellOthers(row.others)} |`,
    );
  }
  for (const share of [0.5, 0.8]) {
    for (const [delayMs, isUntold] of [
      ...DELAYS_MS.map((delayMs) => [delayMs, false] as const),
      [0, true] as const,
    ]) {
      await setDelay(delayMs);
      // What the full load before owes still is no part of this one, nor what it and pgbench left to be written: the system
      // does that half a minute later, in one go, and commits wait behind it.
      await quiet();
      execFileSync('sync');
      const perSecond = saturation * share;
      const load = { port, concurrency: 256, seconds: SECONDS * 2, request: pay, perSecond };
      const paced = await (isUntold ? untold(load) : measure(load));
      say(
        `| ${share * 100} % of saturation (${perSecond.toFixed(0)}/s), ${isUntold ? queued : `provider ${delayMs} ms`} | ${paced.perSecond.toFixed(0)} | | ${paced.p50Ms.toFixed(1)} ms | ${paced.p99Ms.toFixed(1)} ms | ${spellOthers(paced.others)} |`,
      );
    }
  }
  const cost = costs[Math.floor(costs.length / 2)];
  if (cost !== undefined) say(`\nPer payment at 64: ${spelled(cost)}`);
}

/** The payments alone: what they cause to be told is queued with them, and told when they have been measured. */
async function untold(load: Load): Promise<Measured> {
  worker.child.kill('SIGSTOP');
  try {
    return await measure(load);
  } finally {
    worker.child.kill('SIGCONT');
    await quiet();
  }
}

function spelled(cost: Cost): string {
  const ms = (seconds: number): string => `${(seconds * 1000).toFixed(2)} ms`;
  return `CPU ${ms(cost.api)} API, ${ms(cost.worker)} worker, ${ms(cost.postgres)} PostgreSQL, ${ms(cost.load)} load; ${cost.walBytes.toFixed(0)} bytes of WAL, ${cost.commits.toFixed(2)} transactions (reads included).`;
}

/** Rates depend on what else the machine does, costs hardly: the load is on until all is told that it caused. */
async function tellCosts(port: number, pay: (n: number) => string, what: string): Promise<void> {
  say(`\n## ${what}`);
  await setDelay(0);
  await quiet();
  for (let round = 0; round < 3; round += 1) {
    const since = isCounted ? await beginCounting(owner) : '';
    const before = await readCost();
    const measured = await measure({ port, concurrency: 64, seconds: SECONDS, request: pay });
    const paid = await readCost();
    await quiet();
    const told = await readCost();
    say(
      `\n${measured.perSecond.toFixed(0)} a second, ${measured.notOk} not 200. Until they were paid: ${spelled(difference(before, paid, measured.answers))}`,
    );
    say(`Until all was told: ${spelled(difference(before, told, measured.answers))}`);
    if (isCounted) say((await tellCounted(owner, since, measured.answers)).join('\n'));
  }
}

/** Nothing is owed to anybody any more. */
async function quiet(): Promise<void> {
  for (let owed = 1; owed > 0; ) {
    const [row] = await owner.send<{ owed: number }>({
      name: '',
      text: `select (select count(*) from platform.outbox)::integer
                    + (select count(*) from outward.deliveries where due_at is not null)::integer as owed`,
    });
    owed = row?.owed ?? 0;
    if (owed > 0) await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** How often which came: `12 × 402 card_declined`. */
function spellOthers(others: Iterable<readonly [other: string, count: number]>): string {
  return [...others].map(([other, count]) => `${count} × ${other}`).join(', ') || '0';
}

function summary(runs: readonly Measured[]) {
  return {
    perSecond: median(runs.map((run) => run.perSecond)),
    p50Ms: median(runs.map((run) => run.p50Ms)),
    p99Ms: median(runs.map((run) => run.p99Ms)),
    others: runs.flatMap((run) => [...run.others]),
  };
}

type Cost = {
  readonly api: number;
  readonly worker: number;
  readonly postgres: number;
  readonly load: number;
  readonly walBytes: number;
  readonly commits: number;
};

async function readCost(): Promise<Cost> {
  const [row] = await owner.send<{ wal: number; commits: number; pid: number }>({
    name: '',
    text: `select (pg_current_wal_insert_lsn() - '0/0')::float8 as wal,
                  (select xact_commit::float8 from pg_stat_database where datname = current_database()) as commits,
                  pg_backend_pid() as pid`,
  });
  const { user, system } = process.cpuUsage();
  return {
    api: apis.reduce((sum, { child }) => sum + cpuSecondsOf(child.pid ?? 0), 0),
    worker: cpuSecondsOf(worker.child.pid ?? 0),
    postgres: cpuSecondsOfFamily(parentOf(row?.pid ?? 0)),
    load: (user + system) / 1e6,
    walBytes: row?.wal ?? 0,
    commits: row?.commits ?? 0,
  };
}

function difference(before: Cost, after: Cost, payments: number): Cost {
  const per = (name: keyof Cost): number => (after[name] - before[name]) / payments;
  return {
    api: per('api'),
    worker: per('worker'),
    postgres: per('postgres'),
    load: per('load'),
    walBytes: per('walBytes'),
    commits: per('commits'),
  };
}

async function setDelay(delayMs: number): Promise<void> {
  for (const { child } of [...apis, worker]) {
    child.send({ delayMs });
    await once(child, 'message');
  }
}
