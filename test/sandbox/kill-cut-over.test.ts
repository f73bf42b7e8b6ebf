// Power cuts in a cut-over: the journal of a bank ends after any of its lines, as a kill would leave it.
// What was written stands, the rest follows, and nobody is cleared or paid twice.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { readJournal } from '../../sandbox/books/journal.ts';
import { startSandbox } from '../../sandbox/main.ts';
import { journalFile } from '../../sandbox/world/world.ts';
import { clockAt, controlOf } from './support/control.ts';
import { charge, connectGateway } from './support/gateway.ts';
import { assertAgree } from './support/verdict.ts';
import { newDatabase, newSettings } from './support/world.ts';

const MERCHANTS = 12;
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

test('after every line of a cut-over and of a funding', { timeout: 120_000 }, async (t) => {
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
