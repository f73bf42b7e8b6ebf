import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { holderOf, lockFolder } from './folder-lock.ts';
import { temporaryFolder } from './for-tests.ts';
import { ownIdentity } from './process-identity.ts';

const folderForTest = (): string => {
  const { folder, remove } = temporaryFolder();
  after(remove);
  return folder;
};

describe('the lock of a folder', () => {
  test('is held by one and free again after its release', () => {
    const folder = folderForTest();
    const first = lockFolder(folder, 'lock');
    assert.ok(first.ok);

    const second = lockFolder(folder, 'lock');
    assert.ok(!second.ok);
    assert.equal(second.holder.pid, process.pid);
    assert.equal(holderOf(folder, 'lock')?.pid, process.pid);

    first.release();
    assert.equal(holderOf(folder, 'lock'), undefined);
    assert.ok(lockFolder(folder, 'lock').ok);
  });

  test('is taken over from a process that is gone', () => {
    const folder = folderForTest();
    writeFileSync(join(folder, 'lock'), '{"pid":999999999,"started":"then"}');
    assert.equal(holderOf(folder, 'lock'), undefined);
    assert.ok(lockFolder(folder, 'lock').ok);
  });

  test('is taken over when another process has the number by now', () => {
    const folder = folderForTest();
    const earlier = { pid: ownIdentity().pid, started: 'an earlier time' };
    writeFileSync(join(folder, 'lock'), JSON.stringify(earlier));
    assert.ok(lockFolder(folder, 'lock').ok);
  });

  test('is taken over when a power cut left the file empty', () => {
    const folder = folderForTest();
    writeFileSync(join(folder, 'lock'), '');
    assert.ok(lockFolder(folder, 'lock').ok);
  });

  test('is not removed by one who has lost it', () => {
    const folder = folderForTest();
    const lock = lockFolder(folder, 'lock');
    assert.ok(lock.ok);
    writeFileSync(join(folder, 'lock'), 'of somebody else');
    lock.release();
    assert.equal(readFileSync(join(folder, 'lock'), 'utf8'), 'of somebody else');
  });

  test('goes to exactly one of many that find it stale at once', async () => {
    const folder = folderForTest();
    writeFileSync(join(folder, 'lock'), '{"pid":999999999,"started":"then"}');
    const program = `
      import { lockFolder } from ${JSON.stringify(new URL('./folder-lock.ts', import.meta.url).href)};
      process.stdout.write(lockFolder(process.argv[1], 'lock').ok ? 'won' : 'lost');
      process.stdin.resume();`;

    // Whoever has it keeps it until all have tried, however long a machine takes to start them.
    const racers = Array.from({ length: 8 }, () =>
      spawn(process.execPath, ['--input-type=module', '-e', program, folder], {
        stdio: ['pipe', 'pipe', 'inherit'],
      }),
    );
    const outcomes = await Promise.all(
      racers.map(async ({ stdout }) => String((await once(stdout, 'data'))[0])),
    );
    const ended = racers.map((racer) => once(racer, 'exit'));
    for (const { stdin } of racers) stdin.end();
    await Promise.all(ended);
    assert.deepEqual(outcomes.sort(), [...Array(7).fill('lost'), 'won']);
    assert.ok(existsSync(join(folder, 'lock')));
  });
});
