// Power cuts at the bank. Its process is killed while it books; what it had told anybody is in its
// journal, its books follow, and whoever asks again gets the same answer.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Message } from '#kit/iso8583';
import { readJournal } from '../../sandbox/books/journal.ts';
import { journalFile } from '../../sandbox/world/world.ts';
import { charge, codeOf, connectGateway } from './support/gateway.ts';
import { assertAgree, assertDecidedOnce } from './support/verdict.ts';
import { newDatabase, newFolder } from './support/world.ts';

const program = join(import.meta.dirname, '../../sandbox/main.ts');
const ROUNDS = 6;
const PER_ROUND = 1_500;

type Running = { readonly child: ChildProcess; readonly acquirer: number };

const start = async (databaseUrl: string, folder: string): Promise<Running> => {
  const ports = ['--acquirer-port', '0', '--control-port', '0'];
  const child = spawn(process.execPath, [program, '--data', folder, ...ports], {
    env: { ...process.env, SANDBOX_DATABASE_URL: databaseUrl },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  after(() => child.kill('SIGKILL'));
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const { ports: open } = JSON.parse(line) as { ports: { acquirer: number } };
  return { child, acquirer: open.acquirer };
};

const kill = async ({ child }: Running): Promise<void> => {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
};

test('kill -9 while it books', { timeout: 280_000 }, async (t) => {
  const [databaseUrl, folder] = [await newDatabase(), newFolder()];
  const sent: Message[] = [];
  const told = new Map<string, Message>();
  let lost = 0;

  for (let round = 0; round < ROUNDS; round += 1) {
    const running = await start(databaseUrl, folder);
    const gateway = await connectGateway(running.acquirer);
    const messages = Array.from({ length: PER_ROUND }, (_, at) =>
      charge(round * PER_ROUND + at + 1, { mti: at % 2 === 0 ? '0200' : '0100' }),
    );
    const began = performance.now();
    for (const [at, message] of messages.entries()) {
      sent.push(message);
      gateway.send(message);
      if (at % 20 === 19) await pause(1);
      if (performance.now() - began > 30 + round * 25) break;
    }
    await kill(running);
    await gateway.closed;
    for (const answer of gateway.received) told.set(String(answer.fields[37]), answer);

    const approved = new Map(
      readJournal(journalFile(folder))
        .liveApprovals()
        .map((live) => [live.reference, live]),
    );
    for (const [reference, answer] of told) {
      if (answer.mti === '0810') continue;
      assert.equal(codeOf(answer), '00');
      assert.ok(approved.has(reference), `${reference} was told and is not in the journal`);
    }
    lost += approved.size - told.size;
  }

  const running = await start(databaseUrl, folder);
  const gateway = await connectGateway(running.acquirer);
  await assertAgree(databaseUrl, readJournal(journalFile(folder)));
  const again = await Promise.all(sent.map((message) => gateway.ask(message, 30_000)));
  for (const answer of again) {
    const before = told.get(String(answer?.fields[37]));
    assert.equal(codeOf(answer), '00');
    if (before !== undefined) assert.deepEqual(answer, before);
  }
  const journal = readJournal(journalFile(folder));
  assert.equal(journal.liveApprovals().length, sent.length);
  assertDecidedOnce(journal);
  await assertAgree(databaseUrl, journal);
  gateway.close();
  const gone = once(running.child, 'exit');
  running.child.kill('SIGTERM');
  assert.deepEqual(await gone, [0, null]);
  t.diagnostic(
    `${ROUNDS} kills, ${sent.length} sent, ${told.size} told; ${lost} times one was booked and not told`,
  );
});
