// What a thief can do with the database alone, or with an old backup of it.

import assert from 'node:assert/strict';
import { createHash, createHmac, hash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { asOwner } from '../../platform/db/for-tests.ts';
import { KeyMissing, VaultRefused } from './failures.ts';
import {
  keep,
  maintainAll,
  newScope,
  plainCard,
  randomNumber,
  reveal,
  testCaller,
  testVault,
  type VaultDatabase,
} from './for-tests.ts';

const isFull = process.env['TOLLGATE_TEST_FULL'] === '1';

/** Every row of every table, as text, as a dump has it. */
const dump = async (on: VaultDatabase): Promise<string> => {
  const tables = await asOwner(
    on,
    `select quote_ident(n.nspname) || '.' || quote_ident(c.relname) as name
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema')`,
  );
  const parts: string[] = [];
  for (const { name } of tables) {
    const rows = await asOwner(on, `select t::text as line from ${String(name)} t`);
    parts.push(...rows.map(({ line }) => `${String(name)} ${String(line)}`));
  }
  return parts.join('\n');
};

const passesLuhn = (digits: string): boolean => {
  let sum = 0;
  for (let place = 0; place < digits.length; place += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - place) - 48;
    const value = place % 2 === 1 ? digit * 2 : digit;
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 === 0;
};

/**
 * Tries the numbers with this one's beginning and end against all that the dump holds, as text or as key.
 * The full run tries all of them; the short one those that begin with the same seven digits.
 */
const attack = (stolen: string, number: string): string[] => {
  const [bin, last4] = [number.slice(0, 6), number.slice(-4)];
  const first = isFull ? 0 : Number(number[6]) * 100_000;
  const found: string[] = [];
  const binary = [...stolen.matchAll(/\\x([0-9a-f]{16,})/g)].map(([, hex]) => hex as string);
  const keys = [...new Set(binary)]
    .filter((hex) => hex.length >= 32 && hex.length <= 256)
    .map((hex) => Buffer.from(hex, 'hex'));
  // Every value in one spelling, so that a guess costs one look.
  const texts = stolen.match(/[0-9A-Za-z+/=_-]{12,}/g) ?? [];
  const words = new Set(texts.map((text) => Buffer.from(text, 'base64').toString('base64')));
  for (const hex of [...binary, ...(stolen.match(/(?<![0-9a-f])[0-9a-f]{32,}/g) ?? [])]) {
    words.add(Buffer.from(hex, 'hex').toString('base64'));
    // What stands within a longer value, at its beginning or end.
    for (const length of [32, 40, 64, 128]) {
      words.add(Buffer.from(hex.slice(0, length), 'hex').toString('base64'));
      words.add(Buffer.from(hex.slice(-length), 'hex').toString('base64'));
    }
  }
  const plain = new Set(stolen.match(/\d{12,19}/g) ?? []);

  for (let middle = first; middle < first + (isFull ? 1_000_000 : 100_000); middle += 1) {
    const guess = `${bin}${String(middle).padStart(6, '0')}${last4}`;
    if (!passesLuhn(guess)) continue;
    const guessed =
      plain.has(guess) ||
      ['md5', 'sha1', 'sha256', 'sha512'].some((name) => words.has(hash(name, guess, 'base64'))) ||
      keys.some((key) => words.has(createHmac('sha256', key).update(guess).digest('base64')));
    if (guessed) found.push(guess);
  }
  return found;
};

describe('a stolen dump', () => {
  test('gives no number to a thief who knows its first six and last four digits', async () => {
    const { vault, on } = await testVault();
    const number = randomNumber();
    const { card } = await keep(vault, newScope(), plainCard({ number, cvc: '123' }), 'op');
    assert.ok(card);
    const stolen = await dump(on);
    assert.ok(stolen.includes('vault.cards') && stolen.includes('vault.shared_keys'));
    assert.deepEqual(attack(stolen, number), []);
    assert.ok(!stolen.includes(number));
    assert.ok(!stolen.includes(Buffer.from(number).toString('hex')));

    // The thief's tool is sharp: with one plain hash in the dump it finds the number.
    for (const careless of [
      createHash('sha256').update(number).digest('hex'),
      createHash('sha512').update(number).digest('base64'),
    ]) {
      const found = attack(`vault.cards ${careless}`, number);
      assert.deepEqual(found, [number]);
    }
  });

  test('opens nothing without the key files, which are named, and these open nothing without it', async () => {
    const { vault, on, folders } = await testVault();
    const scope = newScope();
    const { card } = await keep(vault, scope);
    const elsewhere = await testVault({ on });
    const [row] = await asOwner(on, 'select key_id from vault.data_keys limit 1');
    await assert.rejects(
      reveal(elsewhere.vault, scope, card),
      (error: Error) =>
        error instanceof KeyMissing && error.message.includes(String(row?.['key_id'])),
    );
    await rm(join(folders[1]), { recursive: true });
    await assert.rejects(testVault({ on, folders }), (error: Error) => {
      return (
        error instanceof VaultRefused && /Share b of key local:.* is missing/.test(error.message)
      );
    });
  });
});

const tables = ['data_keys', 'cards', 'card_keys', 'fingerprints', 'shared_keys'] as const;
const backUp = async (on: VaultDatabase) =>
  Promise.all(
    tables.map(async (name) => ({
      name,
      rows: (
        await asOwner(on, `select coalesce(json_agg(t), '[]') as rows from vault.${name} t`)
      )[0]?.['rows'],
    })),
  );
const restore = async (
  on: VaultDatabase,
  backup: Awaited<ReturnType<typeof backUp>>,
  except: readonly string[] = [],
): Promise<void> => {
  for (const { name, rows } of backup) {
    if (except.includes(name)) continue;
    await asOwner(
      on,
      `insert into vault.${name} select * from json_populate_recordset(null::vault.${name}, $1::json)
       on conflict do nothing`,
      [JSON.stringify(rows)],
    );
  }
};

describe('a deleted card', () => {
  test('is unreadable from a backup that lacks the keys of cards', async () => {
    const { vault, on } = await testVault();
    const scope = newScope();
    const [deleted, kept] = [await keep(vault, scope), await keep(vault, scope)];
    const backup = await backUp(on);
    await vault.deleteCard(testCaller, { scope, card: deleted.card, why: 'asked' });
    await restore(on, backup, ['card_keys']);
    const back = await asOwner(on, 'select 1 from vault.cards where id = $1', [deleted.card]);
    assert.equal(back.length, 1);
    assert.equal(await reveal(vault, scope, deleted.card), null);
    assert.notEqual(await reveal(vault, scope, kept.card), null);
  });

  test('is unreadable from a full backup once the key-encryption key of that time is destroyed', async () => {
    const { vault, on, folders } = await testVault();
    const scope = newScope();
    const [deleted, kept] = [await keep(vault, scope), await keep(vault, scope)];
    const backup = await backUp(on);
    const [before] = await asOwner(on, 'select key_id from vault.data_keys limit 1');
    await vault.deleteCard(testCaller, { scope, card: deleted.card, why: 'asked' });
    await vault.rotate(testCaller, { key: 'key_encryption' });
    await maintainAll(vault);
    const old = String(before?.['key_id']).replace('local:', '');
    await rm(join(folders[0], `vault-key-${old}.share-a`));
    await rm(join(folders[1], `vault-key-${old}.share-b`));

    const living = await testVault({ on, folders });
    assert.notEqual(await reveal(living.vault, scope, kept.card), null);

    const thief = await testVault({ folders });
    await restore(thief.on, backup);
    await assert.rejects(reveal(thief.vault, scope, deleted.card), (error: Error) => {
      return error instanceof KeyMissing && error.message.includes(old);
    });
  });
});
