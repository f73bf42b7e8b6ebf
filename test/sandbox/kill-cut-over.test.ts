// Power cuts in a cut-over: the journal of a bank ends after any of its lines, as a kill would leave it.
// What was written stands, the rest follows, and nobody is cleared or paid twice.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { readJournal } from '../../sandbox/books/journal.ts';
import { startSandbox } from '../../sandbox/main.ts';
import { journalFile } from '../../sandbox/world/world.ts';
import { clockAt, controlOf, DAY_MS } from './support/control.ts';
import { charge, connectGateway } from './support/gateway.ts';
import { assertAgree } from './support/verdict.ts';
import { newDatabase, newFolder, newSettings } from './support/world.ts';

const MERCHANTS = 12;
const ROUNDS = 6;
const EVERY = process.env['TOLLGATE_TEST_FULL'] ? 1 : 4;

/** What is cleared and paid, told by the journal alone. */
const outcomeOf = (file: string) => {
  const { bank } = readJournal(file).state();
  const batches = [...bank.batches.values()].map(
    ({ merchant, day, valueDay, count, netMinor, fundedMinor, isFunded, items }) => {
      const keys = items.map(({ key }) => key);
      return { merchant, day, valueDay, count, netMinor, fundedMinor, isFunded, keys };
    },
  );
  const accounts = [...bank.accounts.values()].map(({ iban, balanceMinor, entries }) => ({
    iban,
    balanceMinor,
    entries: entries.map(({ day, amountMinor, kind }) => [day, amountMinor, kind]),
  }));
  const byName = <T extends { merchant?: string; iban?: string }>(a: T, b: T): number =>
    (a.merchant ?? a.iban ?? '') < (b.merchant ?? b.iban ?? '') ? -1 : 1;
  return { batches: batches.toSorted(byName), accounts: accounts.toSorted(byName) };
};

test('after every line of a cut-over and of a funding', { timeout: 280_000 }, async (t) => {
  const settings = await newSettings({ clock: clockAt('2027-06-01T09:00:00Z') });
  const first = await startSandbox(settings);
  const gateway = await connectGateway(first.ports.acquirer);
  for (let at = 1; at <= MERCHANTS; at += 1) {
    const merchant = `MERCHANT${String(at).padStart(7, '0')}`;
    const card = at % 2 === 0 ? '4242424242424242' : '5555555555554444';
    await gateway.ask(charge(at, { card, amount: 1_000 * at, more: { 42: merchant } }));
  }
  gateway.close();
  const control = controlOf(first.ports.control);
  const file = journalFile(settings.dataFolder);
  const sold = readJournal(file).lines.length;
  await control.moveTo('2027-06-02T07:00:00Z');
  await first.stop();
  const whole = readFileSync(file, 'utf8').trimEnd().split('\n');
  const expected = outcomeOf(file);
  assert.equal(expected.batches.length, MERCHANTS);
  assert.ok(expected.batches.every(({ isFunded }) => isFunded));

  // The moved clock is a line of its own; from there on a power cut may come after any line, and in the
  // middle of one. Books of a killed world are behind its journal, never ahead: here they begin anew.
  let cuts = 0;
  for (let kept = sold + 1; kept < whole.length; kept += EVERY) {
    const databaseUrl = await newDatabase();
    const torn = cuts % 2 === 0 ? (whole[kept] ?? '').slice(0, 40) : '';
    writeFileSync(file, `${whole.slice(0, kept).join('\n')}\n${torn}`);
    const again = await startSandbox({ ...settings, databaseUrl });
    await controlOf(again.ports.control).advance(1);
    await again.stop();
    assert.deepEqual(outcomeOf(file), expected, `killed after line ${kept}`);
    await assertAgree(databaseUrl, readJournal(file));
    cuts += 1;
  }
  t.diagnostic(`${cuts} power cuts in ${whole.length - sold} lines`);
  assert.ok(cuts >= 10);
});

const bookedUpTo = async (databaseUrl: string): Promise<number> => {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ seq: string }>(
      'select applied_seq as seq from sandbox.world',
    );
    return Number(rows[0]?.seq);
  } finally {
    await client.end();
  }
};

const program = join(import.meta.dirname, '../../sandbox/main.ts');

test('kill -9 while a cut-over is under way', { timeout: 280_000 }, async (t) => {
  const [databaseUrl, folder] = [await newDatabase(), newFolder()];
  const start = async () => {
    const ports = ['--acquirer-port', '0', '--control-port', '0'];
    const child = spawn(process.execPath, [program, '--data', folder, ...ports], {
      env: { ...process.env, SANDBOX_DATABASE_URL: databaseUrl },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    after(() => child.kill('SIGKILL'));
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    const { ports: open } = JSON.parse(line) as { ports: { acquirer: number; control: number } };
    return { child, gateway: await connectGateway(open.acquirer), control: open.control };
  };
  const end = async (child: ChildProcess, signal: NodeJS.Signals): Promise<void> => {
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  };

  let sales = 0;
  let cuts = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const { child, gateway, control } = await start();
    for (let at = 0; at < 60; at += 1) {
      sales += 1;
      await gateway.ask(charge(sales, { more: { 42: `MERCHANT${String(at).padStart(7, '0')}` } }));
    }
    const file = journalFile(folder);
    const bytes = statSync(file).size;
    // Three days: the cut-over, and on most days the funding too.
    const asked = controlOf(control)
      .advance(3 * DAY_MS)
      .catch(() => {});
    for (let waits = 0; statSync(file).size === bytes && waits < 10_000; waits += 1) await pause(0);
    await end(child, 'SIGKILL');
    await asked;
    if ((await bookedUpTo(databaseUrl)) < readJournal(file).lines.length) cuts += 1;
  }

  const { child, control } = await start();
  await controlOf(control).advance(10 * DAY_MS);
  await end(child, 'SIGTERM');
  const journal = readJournal(journalFile(folder));
  const { bank } = journal.state();
  const cleared = [...bank.batches.values()].flatMap(({ items }) => items.map(({ key }) => key));
  const sold = journal.lines.flatMap(({ fact }) =>
    fact.fact === 'approved' ? [fact.approval.id] : [],
  );
  assert.equal(sold.length, sales);
  assert.deepEqual(cleared.toSorted(), sold.toSorted());
  assert.equal(bank.unfunded.size + bank.unsettled.size, 0);
  const funded = journal.lines.flatMap(({ fact }) =>
    fact.fact === 'batch_funded' ? [fact.batchId] : [],
  );
  assert.equal(new Set(funded).size, funded.length);
  assert.deepEqual(
    bank.closedCycles.map(({ cycle }) => cycle),
    bank.closedCycles.map((_, at) => at + 1),
  );
  await assertAgree(databaseUrl, journal);
  t.diagnostic(`${ROUNDS} kills, ${sales} sales; ${cuts} times the books were behind the journal`);
});
