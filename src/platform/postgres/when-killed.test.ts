// Every way in which a part of the embedded PostgreSQL can be killed.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import {
  ends,
  folderForTest,
  holderOn,
  kill,
  madeFolder,
  query,
  recall,
  remember,
  start,
  startBound,
  together,
} from './for-tests-starts.ts';
import { type RunningPostgres } from './index.ts';
import { startOf } from './process-identity.ts';

// Where processes can be looked at without a program that may not be installed.
const onLinux = { skip: process.platform !== 'linux' && 'there is no /proc here' };

/** Every server of this supervisor, as soon as it is there. */
const killEach = async (postgres: RunningPostgres, signal: AbortSignal): Promise<void> => {
  let killed = 0;
  while (!signal.aborted) {
    if (postgres.pid !== killed) {
      killed = postgres.pid;
      process.kill(killed, 'SIGKILL');
    }
    await sleep(20);
  }
};

describe('when something is killed', together, () => {
  test('the server is started again, and what was committed is there', async () => {
    const ends: unknown[] = [];
    const postgres = await start(await madeFolder(), {
      onUnexpectedEnd: (ended) => ends.push(ended),
    });
    await remember(postgres.ownerUrl, 'committed');

    const killed = postgres.pid;
    process.kill(killed, 'SIGKILL');
    await until(() => postgres.pid !== killed);

    assert.equal(await recall(postgres.ownerUrl), 'committed');
    assert.deepEqual(ends, [{ code: null, signal: 'SIGKILL' }]);
    await postgres.stop();
  });

  test('a server that ends again and again is given up with one sentence', async () => {
    const postgres = await start(await madeFolder());
    const killing = new AbortController();
    void killEach(postgres, killing.signal);
    const { error } = await postgres.exited;
    killing.abort();
    assert.match(error?.message ?? '', /^PostgreSQL ended 6 times within a minute .*\.$/);
  });

  test('a killed gateway leaves no server behind, and the next one starts at once', async () => {
    const folder = await madeFolder();
    const holder = holderOn(folder);
    const { pid, ownerUrl } = await holder.said;
    await remember(ownerUrl as string, 'before');
    await kill(holder.process);

    // While the server is still on its way out.
    const postgres = await start(folder);
    assert.equal(await recall(postgres.ownerUrl), 'before');
    await postgres.stop();
    assert.ok(await ends(Number(pid), 0));
  });

  test('a gateway killed in the middle of a transaction leaves none either', onLinux, async () => {
    const holder = holderOn(await madeFolder());
    const { pid, ownerUrl } = await holder.said;
    const client = new Client({ connectionString: ownerUrl as string });
    client.on('error', () => {});
    await client.connect();
    await client.query('begin; create table half (a int)');

    await kill(holder.process);
    assert.ok(await ends(Number(pid), 15_000));
    assert.deepEqual(watchersOf(pid), []);
  });

  test('a gateway and its server killed together leave data that can be used', async () => {
    const folder = await madeFolder();
    const holder = holderOn(folder);
    const { pid, ownerUrl } = await holder.said;
    await remember(ownerUrl as string, 'synced');
    holder.process.kill('SIGSTOP');
    process.kill(Number(pid), 'SIGKILL');
    await kill(holder.process);

    const postgres = await start(folder);
    assert.equal(await recall(postgres.ownerUrl), 'synced');
    await postgres.stop();
  });

  test(
    'a server that nobody told to stop is stopped before the next one starts',
    onLinux,
    async () => {
      const folder = await madeFolder();
      const holder = holderOn(folder);
      const { pid, ownerUrl } = await holder.said;
      await remember(ownerUrl as string, 'orphaned');
      for (const watcher of watchersOf(pid)) process.kill(watcher, 'SIGKILL');
      await kill(holder.process);
      await sleep(300);
      assert.notEqual(startOf(Number(pid)), undefined);

      const postgres = await start(folder);
      assert.equal(startOf(Number(pid)), undefined);
      assert.equal(await recall(postgres.ownerUrl), 'orphaned');
      await postgres.stop();
    },
  );

  test('a foreign process that has the number of the old server is left in peace', async () => {
    const folder = await madeFolder();
    const { stop } = await startBound(folder);
    await stop();
    const foreign = spawn('/bin/sleep', ['60'], { stdio: 'ignore' });
    after(() => foreign.kill());
    writeFileSync(join(folder, 'postgres/postmaster.pid'), `${foreign.pid}\n${folder}/postgres\n`);

    const postgres = await start(folder);
    await postgres.stop();
    assert.equal(foreign.exitCode ?? foreign.signalCode, null);
  });

  test('a first start killed at any moment is begun anew', async () => {
    const folder = folderForTest();
    for (const afterMs of [150, 250, 400, 600]) {
      const holder = holderOn(folder);
      await sleep(afterMs);
      await kill(holder.process);
    }
    const postgres = await start(folder);
    await remember(postgres.ownerUrl, 'made');
    await postgres.stop();
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('postgres.new-')),
      [],
    );
  });

  test('what an interrupted first start left is removed', async () => {
    const folder = folderForTest();
    mkdirSync(join(folder, 'postgres.new-0123/base'), { recursive: true });
    mkdirSync(join(folder, 'postgres'));
    const { stop } = await startBound(folder);
    await stop();
    assert.equal(existsSync(join(folder, 'postgres.new-0123')), false);
  });

  test('a Ctrl-C at the terminal does not reach the server', async () => {
    const holder = holderOn(await madeFolder());
    const { ownerUrl } = await holder.said;
    process.kill(-(holder.process.pid as number), 'SIGINT');
    await sleep(300);
    assert.deepEqual(await query(ownerUrl as string, 'select 1 as one'), [{ one: 1 }]);
    await kill(holder.process);
  });
});

const until = async (holds: () => boolean): Promise<void> => {
  const deadline = performance.now() + 30_000;
  while (!holds()) {
    assert.ok(performance.now() < deadline, 'It took too long.');
    await sleep(20);
  }
};

/** The shell that watches over a server stands in the session that the server leads. */
function watchersOf(server: string | undefined): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => isWatcher(pid, String(server)))
    .map(Number);
}

function isWatcher(pid: string, server: string): boolean {
  try {
    const [, name, state, , , session] =
      /\((.*)\) (\S) (\d+) (\d+) (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    return session === server && name === 'sh' && state !== 'Z';
  } catch {
    return false;
  }
}
