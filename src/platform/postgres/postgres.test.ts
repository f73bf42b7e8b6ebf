// The life of the embedded PostgreSQL: everyday starts and stops, as whom it runs, and what it refuses to start on.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import {
  appendFileSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { removeFirmly, silent } from './for-tests.ts';
import {
  ends,
  firstLine,
  folderForTest,
  holderOn,
  holderProgram,
  kill,
  madeFolder,
  query,
  recall,
  remember,
  start,
  startBound,
  together,
} from './for-tests-starts.ts';
import { startOf } from './process-identity.ts';
import { isRoot, nobody } from './run-as.ts';

/** On every system, number one. */
const daemon = { uid: 1, gid: 1 };

const refusal = (code: string, says: RegExp) => (error: Error & { code?: string }) => {
  assert.equal(error.name, 'StartError');
  assert.equal(error.code, code);
  assert.match(error.message, says);
  assert.doesNotMatch(error.message, /\n/);
  return true;
};

describe('the embedded PostgreSQL', together, () => {
  test('keeps its data over stop and start, and is made only once', async () => {
    const folder = folderForTest();
    const first = await start(folder);
    await remember(first.ownerUrl, 'kept');
    await first.stop();
    assert.equal(startOf(first.pid), undefined);
    assert.deepEqual(await first.exited, { code: 0, signal: null });

    const made = lstatSync(join(folder, 'postgres/PG_VERSION')).mtimeMs;
    const second = await start(folder);
    assert.equal(await recall(second.ownerUrl), 'kept');
    assert.equal(lstatSync(join(folder, 'postgres/PG_VERSION')).mtimeMs, made);
    await second.stop();
  });

  test('is durable and reached by its socket alone', async () => {
    const { ownerUrl, stop } = await startBound(await madeFolder());
    const settings = await query(
      ownerUrl,
      `select name, setting from pg_settings where name in ('fsync', 'full_page_writes',
        'synchronous_commit', 'data_checksums', 'listen_addresses', 'wal_segment_size') order by name`,
    );
    assert.deepEqual(
      settings.map(({ name, setting }) => `${String(name)}=${String(setting)}`),
      [
        'data_checksums=on',
        'fsync=on',
        'full_page_writes=on',
        'listen_addresses=',
        'synchronous_commit=on',
        `wal_segment_size=${4 * 1024 * 1024}`,
      ],
    );
    await assert.rejects(query(ownerUrl.replace(/:[^:@]+@/, ':wrong@'), 'select'), /password/);
    await stop();
  });

  test('keeps the values of statements out of its log', async () => {
    const folder = await madeFolder();
    const { ownerUrl, stop } = await startBound(folder);
    await query(ownerUrl, 'create table cards (number text primary key check (number > $$5$$))');
    await assert.rejects(query(ownerUrl, `insert into cards values ('4242424242424242')`));
    await assert.rejects(query(ownerUrl, `select '4242424242424242'::date`));
    await stop();
    assert.doesNotMatch(readFileSync(join(folder, 'postgres.log'), 'utf8'), /4242424242/);
  });

  test('cuts its log when it has grown', async () => {
    const folder = await madeFolder();
    writeFileSync(join(folder, 'postgres.log'), 'x'.repeat(5 * 1024 * 1024));
    const { stop } = await startBound(folder);
    await stop();
    assert.ok(lstatSync(join(folder, 'postgres.log')).size < 64 * 1024);
    assert.ok(existsSync(join(folder, 'postgres.log.1')));
  });

  test('is reached in a folder whose path is too long for a socket', async () => {
    const folder = join(folderForTest(), 'a'.repeat(60), 'b'.repeat(60));
    const postgres = await start(folder);
    assert.ok(Buffer.byteLength(postgres.socketFolder) < 90);
    assert.deepEqual(await query(postgres.ownerUrl, 'select 1 as one'), [{ one: 1 }]);
    await postgres.stop();
    rmSync(postgres.socketFolder, { recursive: true });
  });

  test('runs beside another one in another folder', async () => {
    const [one, two] = await Promise.all([start(await madeFolder()), start(await madeFolder())]);
    await remember(one.ownerUrl, 'one');
    await remember(two.ownerUrl, 'two');
    assert.equal(await recall(one.ownerUrl), 'one');
    assert.equal(await recall(two.ownerUrl), 'two');
    await Promise.all([one.stop(), two.stop()]);
  });
});

describe('a start is refused with one sentence', together, () => {
  test('while another gateway runs on the folder', async () => {
    const folder = await madeFolder();
    const holder = holderOn(folder);
    await holder.said;
    const says = new RegExp(`^Another Tollgate \\(process ${holder.process.pid}\\) runs on `);
    await assert.rejects(start(folder), refusal('data_folder_in_use', says));
    await kill(holder.process);

    const { stop } = await startBound(folder);
    await assert.rejects(start(folder), refusal('data_folder_in_use', /^Another Tollgate/));
    await stop();
  });

  test('when a newer PostgreSQL made the data, or an older one', async () => {
    const folder = await madeFolder();
    const { stop } = await startBound(folder);
    await stop();
    writeFileSync(join(folder, 'postgres/PG_VERSION'), '19\n');
    await assert.rejects(start(folder), refusal('data_from_newer_version', /PostgreSQL 19, newer/));
    writeFileSync(join(folder, 'postgres/PG_VERSION'), '17\n');
    await assert.rejects(start(folder), refusal('data_from_older_version', /PostgreSQL 17, and/));
  });

  test('when something else is in the place of the data', async () => {
    const folder = folderForTest();
    mkdirSync(join(folder, 'postgres'));
    writeFileSync(join(folder, 'postgres/holiday.jpg'), '');
    await assert.rejects(start(folder), refusal('data_folder_not_ours', /is not a PostgreSQL/));
  });

  test('when the passwords are lost', async () => {
    const folder = await madeFolder();
    const { stop } = await startBound(folder);
    await stop();
    rmSync(join(folder, 'postgres-passwords.json'));
    await assert.rejects(start(folder), refusal('data_folder_not_ours', /passwords is missing/));
  });

  test('when PostgreSQL itself refuses, with its reason', async () => {
    const folder = await madeFolder();
    const { stop } = await startBound(folder);
    await stop();
    appendFileSync(join(folder, 'postgres/postgresql.auto.conf'), "shared_buffers = 'much'\n");
    await assert.rejects(start(folder), refusal('postgres_failed', /^PostgreSQL did not start: /));
  });

  test('when a file is in the place of the folder', async () => {
    const file = join(folderForTest(), 'file');
    writeFileSync(file, '');
    await assert.rejects(
      start(file),
      refusal('data_folder_not_writable', /a file is in its place/),
    );
  });

  test('when the folder is not writable', async () => {
    const folder = join(folderForTest(), 'locked');
    mkdirSync(folder, { mode: 0o555 });
    const said = await holderOn(folder, isRoot() ? nobody : {}).said;
    assert.equal(said.name, 'StartError');
    assert.match(said.message ?? '', /^The data folder .*locked is not writable/);
  });

  test('when the disk is full', {
    skip: !mayMount() && 'mounting is not allowed here',
  }, async () => {
    const folder = folderForTest();
    const script =
      'mount -t tmpfs -o size=30m,mode=711 tmpfs "$1" && exec "$2" "$3" "$1" && sleep 1';
    const child = spawn(
      'unshare',
      ['--mount', 'sh', '-c', script, 'sh', folder, process.execPath, holderProgram],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const said = await firstLine(child);
    assert.match(said.message ?? '', /^The disk that holds .* is full; free some space/);
  });
});

describe('as root', { ...together, skip: !isRoot() && 'this is an ordinary user' }, () => {
  test('the server runs as an unprivileged user', async () => {
    const postgres = await start(folderForTest());
    assert.equal(lstatSync(`/proc/${postgres.pid}`).uid, nobody.uid);
    await postgres.stop();
  });

  test('data in a folder that this user may not enter are kept outside, behind a link', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'untraversable-'));
    const dataFolder = join(folder, '.tollgate');
    const said: string[] = [];
    const log = { ...silent, info: (_: unknown, message: string) => said.push(message) };
    const first = await start(dataFolder, { log });
    const outside = dirname(realpathSync(join(dataFolder, 'postgres')));
    after(() => {
      for (const path of [folder, outside]) removeFirmly(path);
    });
    await remember(first.ownerUrl, 'outside');
    await first.stop();
    assert.equal(lstatSync(folder).mode & 0o777, 0o700);
    assert.equal(said.filter((line) => line.includes(outside)).length, 1);

    const second = await start(dataFolder, { log });
    assert.equal(await recall(second.ownerUrl), 'outside');
    await second.stop();
    assert.equal(said.filter((line) => line.includes(outside)).length, 1);

    rmSync(outside, { recursive: true });
    await assert.rejects(start(dataFolder), refusal('data_folder_not_ours', /is gone/));
  });

  test('data that an ordinary user made still belong to that user', async () => {
    const folder = folderForTest();
    chownSync(folder, daemon.uid, daemon.gid);
    const holder = holderOn(folder, daemon);
    const { ownerUrl } = await holder.said;
    await remember(ownerUrl as string, 'theirs');
    await kill(holder.process);

    const postgres = await start(folder);
    assert.equal(await recall(postgres.ownerUrl), 'theirs');
    assert.equal(lstatSync(`/proc/${postgres.pid}`).uid, daemon.uid);
    await postgres.stop();
  });

  test('an empty folder that was made for the data is used, whatever its mode', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tollgate-empty-'));
    after(() => removeFirmly(folder));
    const { stop } = await startBound(folder);
    await stop();
    assert.ok(lstatSync(join(folder, 'postgres')).isDirectory());
  });

  test('a strict umask keeps nobody from running a copy of the binaries', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'untraversable-'));
    const dataFolder = join(folder, 'data');
    const child = spawn(
      '/bin/sh',
      ['-c', 'umask 077 && exec "$@"', 'sh', process.execPath, holderProgram, dataFolder],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const { pid, ownerUrl, message } = await firstLine(child);
    const outside = dirname(realpathSync(join(dataFolder, 'postgres')));
    after(() => {
      for (const path of [folder, outside]) removeFirmly(path);
    });
    assert.equal(message, undefined);
    assert.deepEqual(await query(ownerUrl as string, 'select 1 as one'), [{ one: 1 }]);
    await kill(child);
    assert.ok(await ends(Number(pid), 15_000));
  });

  test('a user without a name is told so', async () => {
    const folder = folderForTest();
    chownSync(folder, 54_321, 54_321);
    const said = await holderOn(folder, { uid: 54_321, gid: 54_321 }).said;
    assert.match(
      said.message ?? '',
      /^PostgreSQL needs a user with a name, and the user 54321 has/,
    );
  });
});

function mayMount(): boolean {
  if (!isRoot() || process.platform !== 'linux') return false;
  try {
    execFileSync('unshare', ['--mount', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
