// The quick start as a user meets it: a process that is started, used and told to stop.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { bareEnvironment } from '../src/kit/context/for-tests.ts';
import { temporaryFolder } from '../src/platform/postgres/for-tests.ts';

const tollgate = fileURLToPath(new URL('./tollgate.ts', import.meta.url));

type Run = { process: ChildProcess; output: () => string; ended: Promise<number | null> };

/** Port 0 lets the system choose, so that tests run beside each other and beside a real gateway. */
const run = (args: readonly string[], env: Record<string, string> = {}, uid?: number): Run => {
  const child = spawn(process.execPath, [tollgate, ...args], {
    env: { ...bareEnvironment, HOME: '/nonexistent', PORT: '0', ...env },
    cwd: '/',
    ...(uid === undefined ? {} : { uid, gid: uid }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text) => {
      output += text;
    });
  }
  after(() => child.kill('SIGKILL'));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { process: child, output: () => output, ended };
};

const quickstart = (dataFolder: string, env: Record<string, string> = {}): Run =>
  run(['start', '--quickstart'], { TOLLGATE_DATA: dataFolder, ...env });

/** What the first test sees all of, and what comes along with it has tests of its own. */
const alone = { TOLLGATE_SANDBOX: 'off' };

const dataFolderForTest = (): string => {
  const { folder, remove } = temporaryFolder();
  after(remove);
  return join(folder, 'data');
};

type Ready = { api: string; secret_key: string; publishable_key: string };

const readiness = async (dataFolder: string, { output, process }: Run): Promise<Ready> => {
  const file = join(dataFolder, 'quickstart.json');
  const deadline = performance.now() + 240_000;
  while (!existsSync(file)) {
    assert.equal(process.exitCode, null, output());
    assert.ok(performance.now() < deadline, `It was not ready in time: ${output()}`);
    await sleep(20);
  }
  return JSON.parse(readFileSync(file, 'utf8'));
};

const serverOf = (dataFolder: string): number =>
  Number(readFileSync(join(dataFolder, 'postgres/postmaster.pid'), 'utf8').split('\n')[0]);

const isThere = (pid: number): boolean => {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};

const isOneSentence = (output: string, says: RegExp): void => {
  assert.match(output, says);
  assert.equal(output.trim().split('\n').length, 1, output);
};

const threadsOf = (pid = 0): string[] =>
  readdirSync(`/proc/${pid}/task`).map((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/comm`, 'utf8').trim(),
  );

describe('the quick start', { concurrency: 3 }, () => {
  test('says where it is, works with the keys it made, and leaves nothing when told to stop', async () => {
    const dataFolder = dataFolderForTest();
    const gateway = quickstart(dataFolder, { TOLLGATE_LOG_LEVEL: 'info' });
    const ready = await readiness(dataFolder, gateway);
    // Only because it was asked for.
    assert.match(gateway.output(), /info {2}The gateway is up/);
    assert.equal(statSync(join(dataFolder, 'quickstart.json')).mode & 0o777, 0o600);
    assert.match(ready.secret_key, /^sk_test_/);
    assert.match(ready.publishable_key, /^pk_test_/);
    assert.equal((await listCustomers(ready)).status, 200);
    if (process.platform === 'linux') {
      const workers = threadsOf(gateway.process.pid).filter((name) => name === 'libuv-worker');
      assert.equal(workers.length, 32, 'Names are looked up in enough places');
    }

    const server = serverOf(dataFolder);
    gateway.process.kill('SIGTERM');
    assert.equal(await gateway.ended, 0);
    assert.match(gateway.output(), /Tollgate is ready\.[^]*sk_test_[^]*pk_test_[^]*curl http/);
    assert.equal(isThere(server), false);
    assert.equal(existsSync(join(dataFolder, 'quickstart.json')), false);
  });

  test('has the same keys when it is started again, and logs no more where a setting is empty', async () => {
    const dataFolder = dataFolderForTest();
    const keys: string[] = [];
    const empty = { TOLLGATE_LOG_FORMAT: '', TOLLGATE_LOG_LEVEL: '' };
    for (const env of [{}, empty]) {
      const gateway = quickstart(dataFolder, { ...alone, ...env });
      keys.push((await readiness(dataFolder, gateway)).secret_key);
      gateway.process.kill('SIGINT');
      assert.equal(await gateway.ended, 0);
      assert.doesNotMatch(gateway.output(), /info {2}/);
    }
    assert.equal(keys[0], keys[1]);
  });

  test('leaves no database behind when it is killed, and starts again', async () => {
    const dataFolder = dataFolderForTest();
    const killed = quickstart(dataFolder, alone);
    await readiness(dataFolder, killed);
    const server = serverOf(dataFolder);
    killed.process.kill('SIGKILL');
    await killed.ended;
    for (let waits = 0; isThere(server) && waits < 2_400; waits += 1) await sleep(50);
    assert.equal(isThere(server), false);

    writeFileSync(join(dataFolder, 'quickstart.json'), '{"api":"stale"}');
    const next = quickstart(dataFolder, alone);
    const deadline = performance.now() + 240_000;
    let api = 'stale';
    while (api === 'stale' && performance.now() < deadline) {
      await sleep(20);
      api = await readiness(dataFolder, next).then((ready) => ready.api);
    }
    assert.match(api, /^http:/);
    next.process.kill('SIGTERM');
    assert.equal(await next.ended, 0);
  });

  test('ends when the launcher that started it has gone', async () => {
    const dataFolder = dataFolderForTest();
    const env = { ...bareEnvironment, ...alone, PORT: '0', TOLLGATE_DATA: dataFolder };
    const script = 'TOLLGATE_PARENT=$$ "$@" & echo $!; wait';
    const command = [process.execPath, tollgate, 'start', '--quickstart'];
    const launcher = spawn('/bin/sh', ['-c', script, 'sh', ...command], {
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [first] = await once(launcher.stdout, 'data');
    const gateway = Number.parseInt(String(first), 10);
    const ready = { process: launcher, output: () => '', ended: Promise.resolve(0) };
    await readiness(dataFolder, ready);
    launcher.kill('SIGKILL');
    for (let waits = 0; isThere(gateway) && waits < 2_400; waits += 1) await sleep(50);
    assert.equal(isThere(gateway), false);
    assert.equal(existsSync(join(dataFolder, 'quickstart.json')), false);
  });

  test('is left by a Ctrl-C while it is still starting, and does not finish that first', async () => {
    const dataFolder = dataFolderForTest();
    const gateway = quickstart(dataFolder);
    // Its folder is the first that it makes; a database takes much longer.
    while (!existsSync(dataFolder) && gateway.process.exitCode === null) await sleep(5);
    gateway.process.kill('SIGINT');
    assert.equal(await gateway.ended, 130);
    assert.doesNotMatch(gateway.output(), /Tollgate is ready/);
  });
});

describe('the quick start refuses with one sentence', { concurrency: 3 }, () => {
  test('a port that is taken, before it touches anything', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    after(() => other.close());
    const { port } = other.address() as { port: number };

    const dataFolder = dataFolderForTest();
    const gateway = quickstart(dataFolder, { PORT: String(port) });
    assert.equal(await gateway.ended, 1);
    isOneSentence(
      gateway.output(),
      new RegExp(`^Port ${port} is taken .*; try PORT=\\d+\\.$`, 'm'),
    );
    assert.equal(existsSync(dataFolder), false);
  });

  test('a port that another program has, also where a killed one left its file', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    after(() => other.close());
    const { port } = other.address() as { port: number };

    const dataFolder = dataFolderForTest();
    mkdirSync(dataFolder);
    const left = {
      'quickstart.json': JSON.stringify({ api: `http://localhost:${port}` }),
      'quickstart.lock': '{"pid":999999999,"started":"then"}',
    };
    for (const [name, text] of Object.entries(left)) writeFileSync(join(dataFolder, name), text);
    const gateway = quickstart(dataFolder, { PORT: String(port) });
    assert.equal(await gateway.ended, 1);
    isOneSentence(gateway.output(), new RegExp(`^Port ${port} is taken by another program; `));
  });

  test('a data folder in use, and leaves the file of the one that uses it', async () => {
    const dataFolder = dataFolderForTest();
    const first = quickstart(dataFolder, alone);
    await readiness(dataFolder, first);

    const second = quickstart(dataFolder);
    assert.equal(await second.ended, 1);
    isOneSentence(second.output(), /^Another Tollgate \(process \d+\) runs on the data folder/);
    assert.ok(existsSync(join(dataFolder, 'quickstart.json')));

    const { api } = JSON.parse(readFileSync(join(dataFolder, 'quickstart.json'), 'utf8'));
    const third = quickstart(dataFolder, { PORT: new URL(api).port });
    assert.equal(await third.ended, 1);
    isOneSentence(third.output(), /^Tollgate is up already: http:/);
    first.process.kill('SIGTERM');
    assert.equal(await first.ended, 0);
  });

  test('a data folder that is not writable', async () => {
    const dataFolder = dataFolderForTest();
    mkdirSync(dataFolder, { mode: 0o555 });
    const asNobody = process.getuid?.() === 0 ? 65_534 : undefined;
    const env = { TOLLGATE_DATA: join(dataFolder, 'inner') };
    const gateway = run(['start', '--quickstart'], env, asNobody);
    assert.equal(await gateway.ended, 1);
    isOneSentence(gateway.output(), /^The data folder .* is not writable for this user/);
  });

  test('a misspelt setting', async () => {
    const gateway = run(['start'], { TOLLGATE_DATE: '/tmp/x' });
    assert.equal(await gateway.ended, 1);
    isOneSentence(gateway.output(), /TOLLGATE_DATE .* TOLLGATE_DATA/);
  });
});

describe('the command line', { concurrency: 3 }, () => {
  test('ends with 2 when it is used in a wrong way, and says how to learn more', async () => {
    for (const args of [['nonsense'], ['start', '--nonsense'], ['start', '--role', 'cook']]) {
      const { ended, output } = run(args);
      assert.equal(await ended, 2);
      assert.match(output(), /^error: .*\n[^]*Try tollgate --help\./);
      assert.doesNotMatch(output(), /\n\s+at /);
    }
  });

  test('prints help and its version', async () => {
    for (const [args, says] of [
      [['--help'], /Usage: tollgate/],
      [['--version'], /^\d+\.\d+\.\d+\n$/],
    ] as const) {
      const { ended, output } = run(args);
      assert.equal(await ended, 0);
      assert.match(output(), says);
    }
  });
});

const listCustomers = ({ api, secret_key }: Ready): Promise<Response> =>
  fetch(`${api}/v1/customers`, { headers: { authorization: `Bearer ${secret_key}` } });
