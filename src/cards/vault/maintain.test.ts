// What background work does when some of it cannot be done.

import assert from 'node:assert/strict';
import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type Log, systemRandom } from '#kit/context';
import type { OpenDatabase } from '#platform/db';
import { manualClock, silentLog } from '../../kit/context/for-tests.ts';
import { asOwner } from '../../platform/db/for-tests.ts';
import {
  keep,
  maintainAll,
  newScope,
  reveal,
  type TestVault,
  testCaller,
  testVault,
} from './for-tests.ts';
import { localKeys } from './local-keys.ts';
import { openVault } from './open-vault.ts';
import type { VaultSettings } from './vault-context.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

const start = async (settings: Partial<VaultSettings> = {}) => {
  const clock = manualClock(Date.now());
  const lines: string[] = [];
  const log: Log = {
    ...silentLog,
    error: (fields, message) => void lines.push(`${message} ${String(fields['error'])}`),
  };
  return { ...(await testVault({ clock, log, settings })), clock, lines };
};

const damage = (on: TestVault['on'], cards: readonly string[]) =>
  asOwner(
    on,
    `update vault.card_keys set sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1)
      where card_id = any ($1::uuid[])`,
    [cards],
  );
/** The same byte again. */
const repair = damage;

const underRetiredKeys = async (on: TestVault['on']): Promise<unknown[]> =>
  (
    await asOwner(
      on,
      `select c.card_id as id from vault.card_keys c
         join vault.data_keys k on k.id = c.data_key_id where k.retired_at is not null order by 1`,
    )
  ).map(({ id }) => id);

const idsOf = (kept: readonly { readonly card: string }[]): string[] =>
  kept.map(({ card }) => card).toSorted();

const keepSome = async ({ vault }: Pick<TestVault, 'vault'>, count: number, scope = newScope()) => {
  const kept: { card: string }[] = [];
  for (let n = 0; n < count; n += 1) kept.push(await keep(vault, scope));
  return kept;
};

describe('a damaged card', () => {
  test('keeps no other card under a retired key, and is tried again after an hour', async () => {
    const opened = await start({ rowsPerStep: 2 });
    const { vault, on, clock, lines } = opened;
    const kept = await keepSome(opened, 8);
    // More of them than fit one page, and the first ones that are found.
    const damaged = idsOf(kept.slice(0, 5));
    await damage(on, damaged);
    await vault.rotate(testCaller, { key: 'data' });

    assert.equal(await maintainAll(vault), 3);
    assert.deepEqual(await underRetiredKeys(on), damaged);
    assert.ok(lines.length > 0);
    assert.ok(lines.every((line) => /left alone for an hour.*Tampered/.test(line)));
    const told = lines.length;
    await maintainAll(vault);
    assert.equal(lines.length, told);

    await repair(on, damaged);
    clock.advance(HOUR_MS + 1);
    await maintainAll(vault);
    assert.deepEqual(await underRetiredKeys(on), []);
  });

  test('keeps no other card from its new fingerprint, and the older key until it is mended', async () => {
    const opened = await start({ rowsPerStep: 1 });
    const { vault, on, clock } = opened;
    const [bad] = await keepSome(opened, 3);
    assert.ok(bad);
    await damage(on, [bad.card]);
    await vault.rotate(testCaller, { key: 'fingerprint' });
    await maintainAll(vault);
    clock.advance(HOUR_MS / 2);
    await maintainAll(vault);

    const older = await asOwner(on, 'select id from vault.cards where fingerprint_version = 1');
    assert.deepEqual(older, [{ id: bad.card }]);
    const keys = await asOwner(on, `select 1 from vault.shared_keys where kind = 'fingerprint'`);
    assert.equal(keys.length, 2);
  });

  test('does not end retention, nor the cleaning up behind it', async () => {
    const opened = await start({ unusedDaysMax: 90 });
    const { vault, on, clock } = opened;
    const [bad, old] = await keepSome(opened, 2);
    assert.ok(bad && old);
    await vault.browserKey();
    clock.advance(91 * DAY_MS);
    await asOwner(on, 'update vault.cards set used_at = $1::timestamptz where id = $2', [
      new Date(clock.now()).toISOString(),
      bad.card,
    ]);
    await damage(on, [bad.card]);
    await asOwner(
      on,
      `insert into vault.opened_messages values ('kid', 'jti', '2020-01-01T00:00:00Z')`,
    );
    await vault.rotate(testCaller, { key: 'data' });
    await maintainAll(vault);

    assert.deepEqual(await asOwner(on, 'select id from vault.cards'), [{ id: bad.card }]);
    assert.deepEqual(await asOwner(on, 'select 1 from vault.opened_messages'), []);
    const browser = await asOwner(on, `select 1 from vault.shared_keys where kind = 'browser'`);
    assert.deepEqual(browser, []);
  });
});

describe('a missing key', () => {
  test('sets all of its cards aside at once, and the work of others goes on', async () => {
    const opened = await start({ rowsPerStep: 2, unusedDaysMax: 90 });
    const { vault, on, clock, folders, lines } = opened;
    const lost = await keepSome(opened, 6);
    const [firstKey] = await asOwner(on, 'select key_id from vault.data_keys');
    const file = String(firstKey?.['key_id']).replace('local:', '');
    // The data keys of the second account come under the newer key; the first account's stay.
    await vault.rotate(testCaller, { key: 'key_encryption' });
    const found = await keepSome(opened, 3);
    await vault.rotate(testCaller, { key: 'data' });
    const away: string[] = [];
    for (const folder of folders) {
      for (const name of (await readdir(folder)).filter((name) => name.includes(file))) {
        await rename(join(folder, name), join(folder, `.away-${name}`));
        away.push(join(folder, name));
      }
    }
    assert.ok(away.length > 0);

    // What was open is forgotten by a vault that starts anew.
    const fresh = await testVault({ ...opened, settings: { rowsPerStep: 2 }, log: logInto(lines) });
    await maintainAll(fresh.vault);
    assert.deepEqual(await underRetiredKeys(on), idsOf(lost));
    assert.ok(idsOf(found).every((card) => !idsOf(lost).includes(card)));
    assert.ok(lines.some((line) => line.includes('KeyMissing')));
    assert.ok(lines.length <= 4, lines.join('\n'));

    clock.advance(91 * DAY_MS);
    await maintainAll(vault);
    assert.deepEqual(await asOwner(on, 'select id from vault.cards'), []);
  });
});

const logInto = (lines: string[]): Log => ({
  ...silentLog,
  error: (fields, message) => void lines.push(`${message} ${String(fields['error'])}`),
});

describe('retention', () => {
  test('keeps a card that was used after it was found and before it was deleted', async () => {
    const { vault, context, on, folders, clock } = await start();
    const scope = newScope();
    const { card } = await keep(vault, scope);
    clock.advance(91 * DAY_MS);
    const database: OpenDatabase = {
      ...context.database,
      commit: async (of, writes) => {
        await asOwner(on, 'update vault.cards set used_at = $1::timestamptz where id = $2', [
          new Date(clock.now()).toISOString(),
          card,
        ]);
        return context.database.commit(of, writes);
      },
    };
    const keys = { shareFolders: folders, clock, random: systemRandom, createFirst: false };
    const retaining = await openVault({
      context: { ...context, database },
      providers: [await localKeys(keys)],
      livemode: false,
      settings: { unusedDaysMax: 90 },
    });
    assert.equal(await retaining.maintain(testCaller), 0);
    await retaining.close();
    assert.notEqual(await reveal(vault, scope, card), null);
  });
});

test('names of cards that are gone are looked for so many at a time, round after round', async () => {
  const { vault, on, clock } = await start();
  const scope = newScope();
  await keep(vault, scope);
  // Of twelve thousand names the first and the last two have no card any more.
  const owned = `'${scope.accountId}'::uuid, false`;
  await asOwner(
    on,
    `insert into vault.fingerprints (account_id, livemode, version, mac, name, seen_at)
     select ${owned}, 1, decode(lpad(to_hex(n), 64, '0'), 'hex'), lpad(n::text, 16, '0'), '2020-01-01T00:00:00Z'
       from generate_series(1, 12000) n`,
  );
  await asOwner(
    on,
    `insert into vault.cards (account_id, livemode, id, number, details, fingerprint, fingerprint_version, created_at, used_at)
     select ${owned}, gen_random_uuid(), '', '', lpad(n::text, 16, '0'), 1, now(), now()
       from generate_series(2, 11998) n`,
  );
  clock.advance(DAY_MS);
  const forgotten: number[] = [];
  for (let look = 0; look < 4; look += 1) forgotten.push(await vault.maintain(testCaller));
  assert.deepEqual(forgotten, [1, 2, 0, 0]);
  await asOwner(
    on,
    `delete from vault.cards where fingerprint in ('0000000000000007', '0000000000011000')`,
  );
  assert.deepEqual(await vault.maintain(testCaller), 1);
  assert.deepEqual(await vault.maintain(testCaller), 1);
});
