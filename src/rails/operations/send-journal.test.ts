import assert from 'node:assert/strict';
import { constants } from 'node:fs';
import {
  appendFile,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { newUuid } from '#kit/ids';
import { testAccount, testContext } from '../../for-tests.ts';
import { manualClock } from '../../kit/context/for-tests.ts';
import { createOutgoing } from './call-out.ts';
import { newFor } from './for-tests.ts';
import { charging, newBook } from './for-tests-bank.ts';
import { createGates } from './gates.ts';
import {
  findForgottenSends,
  lineOf,
  openSendJournal,
  readSendJournal,
  type SentLine,
} from './send-journal.ts';
import { sendOperation } from './send-operation.ts';

const clock = manualClock();
const source = { clock, random: { bytes: (count: number) => Buffer.alloc(count, 7) } };
const scope = { accountId: newUuid(source), livemode: true };
const newFolder = () => mkdtemp(join(tmpdir(), 'sends-'));
const lineNumber = (n: number): SentLine => ({
  ...lineOf(scope, newFor(source, scope), clock.now(), { key: 'k', fingerprint: 'f' }),
  reference: `r${n}`,
});
const readAll = async (folder: string, sinceMs?: number): Promise<string[]> => {
  const references: string[] = [];
  for await (const { reference } of readSendJournal(folder, sinceMs)) references.push(reference);
  return references.sort();
};

describe('the send journal', () => {
  test('holds a line when it says so, however many come at once', async () => {
    const folder = await newFolder();
    const journal = await openSendJournal(source, folder);
    const numbers = Array.from({ length: 200 }, (_, n) => n);
    await Promise.all(
      numbers.map(async (n) => {
        await journal.append(lineNumber(n));
        assert.ok((await readAll(folder)).includes(`r${n}`));
      }),
    );
    await journal.close();
    assert.equal((await readAll(folder)).length, 200);
  });

  const onLinux = { skip: process.platform !== 'linux' && 'there is no /proc here' };
  test('is written through to the disk by the write itself', onLinux, async () => {
    const folder = await newFolder();
    const journal = await openSendJournal(source, folder);
    await journal.append(lineNumber(1));
    const [name = ''] = await readdir(folder);
    const open = await readdir('/proc/self/fd');
    const places = open.map(async (fd) => ({
      fd,
      path: await readlink(`/proc/self/fd/${fd}`).catch(() => ''),
    }));
    const ours = (await Promise.all(places)).find(({ path }) => path.endsWith(name));
    const info = await readFile(`/proc/self/fdinfo/${ours?.fd}`, 'utf8');
    const flags = Number.parseInt(/^flags:\s+(\d+)/m.exec(info)?.[1] ?? '', 8);
    assert.equal(flags & constants.O_DSYNC, constants.O_DSYNC);
    await journal.close();
  });

  test('begins a new file when one is full or a day old, and reads all of them', async () => {
    const folder = await newFolder();
    const journal = await openSendJournal(source, folder, { bytesMax: 600 });
    for (let n = 0; n < 6; n += 1) await journal.append(lineNumber(n));
    const full = (await readdir(folder)).length;
    assert.ok(full >= 2 && full <= 6, `${full} files`);
    clock.advance(24 * 3_600_000);
    await journal.append(lineNumber(6));
    assert.ok((await readdir(folder)).length > full);
    assert.equal((await readAll(folder)).length, 7);
    assert.deepEqual(await readAll(folder, clock.now()), ['r6']);
    await journal.close();
  });

  test('forgets what is older than any backup, and nothing younger', async () => {
    const folder = await newFolder();
    const [old, young] = [`sends-${clock.now()}-old.jsonl`, `sends-${clock.now()}-young.jsonl`];
    for (const [name, ageDays] of [
      [old, 91],
      [young, 89],
    ] as const) {
      await writeFile(join(folder, name), '');
      const at = new Date(clock.now() - ageDays * 86_400_000);
      await utimes(join(folder, name), at, at);
    }
    const journal = await openSendJournal(source, folder);
    await journal.append(lineNumber(0));
    await journal.close();
    const names = await readdir(folder);
    assert.deepEqual([names.includes(old), names.includes(young)], [false, true]);
  });

  test('is read past a torn last line, which was never acted upon', async () => {
    const folder = await newFolder();
    const journal = await openSendJournal(source, folder);
    await journal.append(lineNumber(1));
    await journal.close();
    const [name = ''] = await readdir(folder);
    await appendFile(join(folder, name), '{"atMs":17,"operat');
    assert.deepEqual(await readAll(folder), ['r1']);
  });

  test('holds references only, under names that are known', async () => {
    const folder = await newFolder();
    const journal = await openSendJournal(source, folder);
    await journal.append(lineNumber(1));
    await journal.close();
    const [name = ''] = await readdir(folder);
    const line = JSON.parse(await readFile(join(folder, name), 'utf8')) as object;
    assert.deepEqual(Object.keys(line).sort(), [
      'accountId',
      'amount',
      'asked',
      'atMs',
      'connectorAccountId',
      'currency',
      'intentId',
      'kind',
      'livemode',
      'operationId',
      'providerKey',
      'reference',
      'send',
    ]);
  });

  test('refuses every line of a write that failed', async () => {
    const folder = await newFolder();
    const journal = await openSendJournal(source, join(folder, 'there'));
    await writeFile(join(folder, 'file'), '');
    await assert.rejects(openSendJournal(source, join(folder, 'file', 'not')));
    await journal.close();
  });
});

test('F7: a database from an old backup is told of every call it has forgotten', async () => {
  const now = await testContext();
  const restored = await testContext();
  const folder = await newFolder();
  const account = await testAccount(now);
  const journal = await openSendJournal(now, folder);
  const outgoing = createOutgoing({ journal, gates: createGates(now) });
  const sent = [];
  for (let n = 0; n < 5; n += 1) {
    const operation = newFor(now, account);
    await sendOperation(now, account, outgoing, { operation, port: charging(newBook()) });
    sent.push(operation);
  }
  assert.deepEqual(await findForgottenSends(now, folder), []);
  const forgotten = await findForgottenSends(restored, folder);
  assert.deepEqual(
    forgotten.map(({ operationId, providerKey }) => [operationId, providerKey]),
    sent.map(({ id, providerKey }) => [id, providerKey]),
  );
  // Whoever asks for the same again there meets the same key at the provider.
  for (const { intentId, providerKey } of sent) {
    const again = newFor(restored, account, { intentId });
    assert.equal(again.providerKey, providerKey);
  }
  await journal.close();
});
