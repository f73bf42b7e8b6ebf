// The sandbox as a part of the quick start: there when it is ready, there again when it was killed, gone
// when the quick start has gone, and in nobody else's database.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { withDatabase, withLogin } from '#platform/db';
import { runningOwnerUrl } from '#platform/postgres';
import { bareEnvironment, silentLog } from '../../src/kit/context/for-tests.ts';
import { temporaryFolder } from '../../src/platform/postgres/for-tests.ts';

const tollgate = fileURLToPath(new URL('../tollgate.ts', import.meta.url));
const { folder, remove } = temporaryFolder();
after(remove);
const data = join(folder, 'data');

// Registered here: a hook that is registered in a part of a test ends with that part.
const started: ChildProcess[] = [];
after(() => started.forEach((child) => void child.kill('SIGKILL')));

type Ready = { api: string; sandbox?: string; acquirer?: { host: string; port: number } };

const start = async (env: Record<string, string> = {}): Promise<[ChildProcess, Ready]> => {
  const child = spawn(process.execPath, [tollgate, 'start', '--quickstart'], {
    env: { ...bareEnvironment, PORT: '0', TOLLGATE_DATA: data, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  started.push(child);
  const file = join(data, 'quickstart.json');
  await eventually(() => existsSync(file));
  return [child, JSON.parse(readFileSync(file, 'utf8')) as Ready];
};

const eventually = async (isSo: () => boolean | Promise<boolean>): Promise<void> => {
  for (let waits = 0; waits < 4_800; waits += 1) {
    if (await isSo()) return;
    await sleep(50);
  }
  assert.fail('It did not happen within four minutes.');
};

/** The sandbox of that control port, as the system knows it. */
const pidOf = (ready: Ready): number => {
  const { pid } = JSON.parse(readFileSync(join(data, 'sandbox', 'process.json'), 'utf8')) as {
    pid: number;
  };
  assert.ok(ready.sandbox);
  return pid;
};

const isThere = (pid: number): boolean => {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};

const answers = async (address: string | undefined): Promise<boolean> => {
  try {
    return (await fetch(`${address}/clock`)).status === 200;
  } catch {
    return false;
  }
};

const queryAs = async (url: string, text: string): Promise<unknown> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query(text);
  } finally {
    await client.end();
  }
};

test('the sandbox of the quick start', { timeout: 280_000 }, async (t) => {
  let [gateway, ready] = await start();

  await t.test('is there when the gateway is', async () => {
    assert.ok(await answers(ready.sandbox));
    assert.ok((ready.acquirer?.port ?? 0) > 0);
  });

  await t.test(
    'has a database that the roles of the gateway may not enter, and none of theirs',
    async () => {
      const owner = runningOwnerUrl(data, 'tollgate', silentLog) ?? '';
      const secrets = JSON.parse(readFileSync(join(data, 'secrets.json'), 'utf8')) as {
        databaseAppPassword: string;
      };
      const app = withLogin(owner, 'tollgate_app', secrets.databaseAppPassword);
      await queryAs(app, 'select 1');
      await assert.rejects(queryAs(withDatabase(app, 'tollgate_sandbox'), 'select 1'), /denied/);

      const password = readFileSync(join(data, 'sandbox/database-password'), 'utf8').trim();
      const sandbox = withLogin(owner, 'tollgate_sandbox', password);
      await queryAs(withDatabase(sandbox, 'tollgate_sandbox'), 'select 1 from sandbox.world');
      await assert.rejects(queryAs(sandbox, 'select * from platform.accounts'), /denied/);
      await assert.rejects(queryAs(sandbox, 'create table public.mine (id int)'), /denied/);
    },
  );

  await t.test('has nothing on the one port of the gateway: not what operates it', async () => {
    for (const path of ['/sandbox/clock', '/clock', '/sandbox/3ds/../clock']) {
      const refused = await fetch(ready.api + path);
      assert.doesNotMatch(await refused.text(), /"now"/, path);
    }
  });

  await t.test('is started again on its ports when it was killed', async () => {
    const pid = pidOf(ready);
    process.kill(pid, 'SIGKILL');
    await eventually(() => !isThere(pid));
    await eventually(() => answers(ready.sandbox));
    // It answers before the quick start has heard that it is ready, and notes who it is.
    await eventually(() => pidOf(ready) !== pid);
  });

  await t.test('has gone when the quick start was killed, and comes back with it', async () => {
    const pid = pidOf(ready);
    const before = ready;
    gateway.kill('SIGKILL');
    await once(gateway, 'close');
    await eventually(() => !isThere(pid));
    // What was killed leaves its file; the next start takes it away before anything else.
    rmSync(join(data, 'quickstart.json'));
    [gateway, ready] = await start();
    assert.deepEqual([ready.sandbox, ready.acquirer], [before.sandbox, before.acquirer]);
    assert.ok(await answers(ready.sandbox));
  });

  await t.test('has gone when the quick start was told to stop', async () => {
    const pid = pidOf(ready);
    const ended = once(gateway, 'close');
    gateway.kill('SIGTERM');
    assert.deepEqual((await ended)[0], 0);
    assert.equal(isThere(pid), false);
  });

  await t.test('is left out when it is switched off', async () => {
    const [other, without] = await start({ TOLLGATE_SANDBOX: 'off' });
    assert.equal(without.sandbox, undefined);
    const ended = once(other, 'close');
    other.kill('SIGTERM');
    await ended;
  });
});
