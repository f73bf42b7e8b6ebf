// The journal and the books, when a process ended in the middle.

import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { openJournal, readJournal } from '../../sandbox/books/journal.ts';
import { startSandbox } from '../../sandbox/main.ts';
import { applyFact, emptyState } from '../../sandbox/world/state.ts';
import { journalFile } from '../../sandbox/world/world.ts';
import { charge, codeOf, connectGateway } from './support/gateway.ts';
import { newDatabase, newFolder, newSettings } from './support/world.ts';

/** A world in which three purchases happened, and which was stopped. */
const stoppedWorld = async () => {
  const settings = await newSettings();
  const sandbox = await startSandbox(settings);
  const gateway = await connectGateway(sandbox.ports.acquirer);
  for (const count of [1, 2, 3]) await gateway.ask(charge(count));
  gateway.close();
  await sandbox.stop();
  return { settings, file: journalFile(settings.dataFolder) };
};

describe('the journal', () => {
  test('is read as it was written, amounts and all', async () => {
    const { file } = await stoppedWorld();
    const journal = readJournal(file);
    assert.deepEqual(
      journal.lines.map(({ fact }) => fact.fact),
      ['opened', 'account_opened', 'approved', 'approved', 'approved'],
    );
    assert.deepEqual(
      journal.liveApprovals().map(({ reference, amountMinor }) => [reference, amountMinor]),
      [1, 2, 3].map((count) => [`63241200000${count}`, 5_000n]),
    );
  });

  test('loses a torn last line, of which nobody was told, and nothing else', async () => {
    const { settings, file } = await stoppedWorld();
    const whole = readFileSync(file);
    for (const torn of ['0', '0123456789abcdef {"seq":6', '0123456789abcdef {"seq":6}']) {
      writeFileSync(file, whole);
      appendFileSync(file, torn);
      assert.equal(readJournal(file).lines.length, 5);
      const again = await startSandbox(settings);
      assert.equal(again.journal().lines.length, 5);
      await again.stop();
      assert.deepEqual(readFileSync(file), whole);
    }
  });

  test('that was changed, shortened in the middle or mixed is not believed', async () => {
    const { file } = await stoppedWorld();
    const text = readFileSync(file, 'utf8');
    const lines = text.trimEnd().split('\n');
    const damaged = [
      text.replace('"approvedMinor":"5000"', '"approvedMinor":"5001"'),
      lines.toSpliced(2, 1).join('\n').concat('\n'),
      lines.toReversed().join('\n').concat('\n'),
    ];
    for (const other of damaged) {
      writeFileSync(file, other);
      assert.throws(() => readJournal(file), /damaged/);
    }
  });
});

describe('the books', () => {
  test('are brought up to a journal that is ahead of them', async () => {
    const { settings, file } = await stoppedWorld();
    // What a world writes and has no time to book: a fourth purchase, as the third was.
    const writer = await openJournal(file);
    const fact = structuredClone(writer.lines.at(-1)?.fact);
    assert.ok(fact?.fact === 'approved');
    const fourth = {
      ...fact,
      request: { ...fact.request, key: 'late', trace: 'late', rrn: '632412000004' },
      approval: { ...fact.approval, id: 'late', rrn: '632412000004' },
    };
    await writer.append([{ fact: fourth, atMs: Date.now() }]);
    await writer.close();

    const again = await startSandbox(settings);
    try {
      assert.equal(again.journal().liveApprovals().length, 4);
      assert.deepEqual(await again.checkBooks(), []);
      const response = await fetch(
        `http://127.0.0.1:${again.ports.control}/accounts?card=MERCHANT0000001`,
      );
      const [account] = (await response.json()) as { balance_minor: string }[];
      assert.equal(account?.balance_minor, '20000');
    } finally {
      await again.stop();
    }
  });

  test('can be made again from the journal alone', async () => {
    const { settings } = await stoppedWorld();
    const again = await startSandbox({ ...settings, databaseUrl: await newDatabase() });
    try {
      assert.deepEqual(await again.checkBooks(), []);
    } finally {
      await again.stop();
    }
  });

  test('of another journal are refused', async () => {
    const { settings } = await stoppedWorld();
    await assert.rejects(
      startSandbox({ ...settings, dataFolder: newFolder() }),
      /made from another journal/,
    );
  });

  test('with another seed are refused', async () => {
    const { settings } = await stoppedWorld();
    await assert.rejects(startSandbox({ ...settings, seed: 'another' }), /another seed/);
  });
});

test('a repeat after a restart is answered as before it', async () => {
  const { settings } = await stoppedWorld();
  const again = await startSandbox(settings);
  try {
    const gateway = await connectGateway(again.ports.acquirer);
    assert.equal(codeOf(await gateway.ask(charge(1))), '00');
    assert.equal(again.journal().lines.length, 5);
  } finally {
    await again.stop();
  }
});

test('a fact that would take more than was approved is a bug, and ends the world', () => {
  const state = emptyState();
  const change = { heldMinor: 1n, capturedMinor: 0n, refundedMinor: 0n, state: 'held' } as const;
  assert.throws(() => applyFact(state, { fact: 'expired', approvalId: 'none', change }, 0));
});
