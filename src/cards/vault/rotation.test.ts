import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { systemRandom } from '#kit/context';
import { manualClock } from '../../kit/context/for-tests.ts';
import { asOwner } from '../../platform/db/for-tests.ts';
import { vaultChecks } from './checks.ts';
import {
  keep,
  maintainAll,
  newScope,
  plainCard,
  randomNumber,
  reveal,
  type TestVault,
  testCaller,
  testVault,
} from './for-tests.ts';
import type { Vault } from './vault.ts';

const some = <T>(of: readonly T[]): T => of[systemRandom.bytes(1).readUInt8() % of.length] as T;

/** Seals and opens without pause until it is told to stop; says what it kept and how much it did. */
const load = (vaults: readonly Vault[], lanes = 6) => {
  const scopes = [newScope(), newScope(), newScope(true)];
  const kept: { scope: (typeof scopes)[number]; card: string; number: string }[] = [];
  const failures: unknown[] = [];
  let requests = 0;
  const stopping = new AbortController();
  const lane = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        const [vault, scope, number] = [some(vaults), some(scopes), randomNumber()];
        const { card } = await keep(vault, scope, plainCard({ number }));
        kept.push({ scope, card, number });
        const other = some(kept);
        const opened = await reveal(some(vaults), other.scope, other.card);
        if (opened !== other.number) failures.push('another number came back');
      } catch (error) {
        failures.push(error);
      }
      requests += 2;
    }
  };
  const lanesDone = Array.from({ length: lanes }, lane);
  return {
    kept,
    scopes,
    get requests() {
      return requests;
    },
    stop: async () => {
      stopping.abort();
      await Promise.all(lanesDone);
      return { requests, failures };
    },
  };
};

const allOpen = async (vault: Vault, kept: ReturnType<typeof load>['kept']): Promise<void> => {
  for (const { scope, card, number } of kept) {
    assert.equal(await reveal(vault, scope, card), number);
  }
};

const healthy = async ({ on }: Pick<TestVault, 'on'>): Promise<void> => {
  for (const { name, text } of vaultChecks) assert.deepEqual(await asOwner(on, text), [], name);
};

/** Two processes' worth of vaults on one database. */
const pair = async (settings = {}) => {
  const first = await testVault({ settings });
  const second = await testVault({ on: first.on, folders: first.folders, settings });
  return { first, second };
};

describe('rotation under load', () => {
  test('of the key-encryption key, five times, fails no request and leaves nothing under an old key', async (t) => {
    const { first, second } = await pair({ keepKeysMs: 20 });
    const running = load([first.vault, second.vault]);
    let rotations = 0;
    for (; rotations < 5 || running.requests < 50; rotations += 1) {
      await first.vault.rotate(testCaller, { key: 'key_encryption' });
      await Promise.all([maintainAll(first.vault), maintainAll(second.vault)]);
    }
    const { requests, failures } = await running.stop();
    t.diagnostic(`${requests} requests beside ${rotations} rotations`);
    assert.deepEqual(failures, []);

    await maintainAll(first.vault);
    const used = await asOwner(
      first.on,
      'select distinct key_id from (select key_id from vault.data_keys union all select key_id from vault.shared_keys) k',
    );
    assert.equal(used.length, 1);
    // The retired keys can go: a vault that starts with the newest alone opens every card.
    const newest = String(used[0]?.['key_id']).replace('local:', '');
    for (const folder of first.folders) {
      for (const name of await readdir(folder)) {
        if (!name.includes(newest)) await rm(join(folder, name));
      }
    }
    const fresh = await testVault({ on: first.on, folders: first.folders });
    await allOpen(fresh.vault, running.kept);
    await healthy(first);
  });

  test('of the data keys, twenty times, fails no request and destroys every retired key', async (t) => {
    const { first, second } = await pair({ keepKeysMs: 50 });
    const running = load([first.vault, second.vault]);
    let rotations = 0;
    for (; rotations < 20 || running.requests < 100; rotations += 1) {
      await first.vault.rotate(testCaller, { key: 'data' });
      await Promise.all([first.vault.maintain(testCaller), second.vault.maintain(testCaller)]);
    }
    const { requests, failures } = await running.stop();
    t.diagnostic(`${requests} requests beside ${rotations} rotations`);
    assert.deepEqual(failures, []);

    // A stale block of the other vault may have sealed under a retired key until the last moment.
    await new Promise((resolve) => setTimeout(resolve, 60));
    await maintainAll(second.vault);
    await maintainAll(first.vault);
    const keys = await asOwner(
      first.on,
      'select count(*)::integer as keys, max(epoch) as epoch from vault.data_keys',
    );
    assert.equal(keys[0]?.['keys'], running.scopes.length);
    assert.ok(Number(keys[0]?.['epoch']) >= 10);
    await allOpen(second.vault, running.kept);
    await healthy(first);
  });

  test('by count: a data key serves so many cards and no more', async () => {
    const { first, second } = await pair({ usesPerDataKey: 10 });
    const scope = newScope();
    const kept = await Promise.all(
      Array.from({ length: 60 }, (_, n) => keep(n % 2 ? first.vault : second.vault, scope)),
    );
    const perKey = await asOwner(
      first.on,
      'select data_key_id, count(*)::integer as cards from vault.card_keys group by 1',
    );
    assert.ok(perKey.length >= 6);
    assert.ok(perKey.every(({ cards }) => Number(cards) <= 10));
    assert.equal(kept.length, 60);
  });

  test('of the fingerprint key keeps every name, and the old key ends when nothing needs it', async () => {
    const clock = manualClock(Date.now());
    const first = await testVault({ clock });
    const second = await testVault({ on: first.on, folders: first.folders, clock });
    const scope = newScope();
    const numbers = Array.from({ length: 20 }, randomNumber);
    const before = await Promise.all(
      numbers.map((number) => keep(first.vault, scope, plainCard({ number }))),
    );
    await first.vault.rotate(testCaller, { key: 'fingerprint' });

    const namesNow = async (vault: Vault) =>
      (await Promise.all(numbers.map((number) => keep(vault, scope, plainCard({ number }))))).map(
        ({ fingerprint }) => fingerprint,
      );
    const names = before.map(({ fingerprint }) => fingerprint);
    assert.deepEqual(await namesNow(first.vault), names);
    // This one has not heard of the rotation yet.
    assert.deepEqual(await namesNow(second.vault), names);

    const fresh = plainCard();
    const [a, b] = await Promise.all([
      keep(first.vault, scope, fresh),
      keep(second.vault, scope, fresh),
    ]);
    assert.equal(a.fingerprint, b.fingerprint);

    await maintainAll(first.vault);
    const versions = () =>
      asOwner(
        first.on,
        `select version from vault.shared_keys where kind = 'fingerprint' order by 1`,
      );
    assert.deepEqual(await versions(), [{ version: 1 }, { version: 2 }]);
    clock.advance(90_000);
    await maintainAll(first.vault);
    await maintainAll(first.vault);
    assert.deepEqual(await versions(), [{ version: 2 }]);
    assert.deepEqual(await asOwner(first.on, 'select distinct version from vault.fingerprints'), [
      { version: 2 },
    ]);
    assert.deepEqual(await namesNow(second.vault), names);
    await healthy(first);
  });

  test('of the risk key answers under both versions, so that counters can follow', async () => {
    const { vault } = await testVault();
    const scope = newScope();
    const { card } = await keep(vault, scope);
    const before = await vault.riskFingerprints(testCaller, { scope, card });
    await vault.rotate(testCaller, { key: 'risk' });
    const after = await vault.riskFingerprints(testCaller, { scope, card });
    assert.ok(before.ok && after.ok);
    assert.equal(after.fingerprints.length, 2);
    assert.equal(after.fingerprints[1], before.fingerprints[0]);
    assert.match(after.fingerprints[0] ?? '', /^risk2_/);
  });
});

const child = fileURLToPath(new URL('./for-tests-rotate.ts', import.meta.url));

// Each is a process that has to start.
const kills = process.env['TOLLGATE_TEST_FULL'] === '1' ? 20 : 6;

describe('a rotation killed half way', () => {
  test('again and again loses no card and ends when it is taken up again', async (t) => {
    const opened = await testVault();
    const scope = newScope();
    const kept: { card: string; number: string }[] = [];
    const keepMany = async (): Promise<void> => {
      for (let n = 0; n < 50; n += 1) {
        const number = randomNumber();
        const { card } = await keep(opened.vault, scope, plainCard({ number }));
        kept.push({ card, number });
      }
    };
    await Promise.all(Array.from({ length: 8 }, keepMany));

    let halfway = 0;
    for (let n = 0; n < kills; n += 1) {
      const killed = await killDuring(opened, 1 + (systemRandom.bytes(1).readUInt8() % 40));
      const [row] = await asOwner(
        opened.on,
        `select count(distinct data_key_id)::integer as keys from vault.card_keys`,
      );
      if (Number(row?.['keys']) > 1) halfway += 1;
      assert.equal(killed, 'SIGKILL');
      for (const { card, number } of [kept[n * 7], kept[n * 11]].filter(
        (one) => one !== undefined,
      )) {
        assert.equal(await reveal(opened.vault, scope, card), number);
      }
    }
    t.diagnostic(`killed ${kills} times, ${halfway} times with cards under several data keys`);
    assert.ok(halfway > 0);

    await maintainAll(opened.vault);
    for (const { card, number } of kept) {
      assert.equal(await reveal(opened.vault, scope, card), number);
    }
    const [left] = await asOwner(
      opened.on,
      'select count(*)::integer as keys from vault.data_keys',
    );
    assert.equal(left?.['keys'], 1);
    await healthy(opened);
  });
});

/** A process that rotates and moves cards, killed that long after its first step. */
const killDuring = ({ on, folders }: TestVault, afterMs: number): Promise<string | null> =>
  new Promise((resolve, reject) => {
    const running = spawn(process.execPath, [child, on.vaultUrl, ...folders], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    running.stdout.once('data', () => setTimeout(() => running.kill('SIGKILL'), afterMs));
    running.once('error', reject);
    running.once('exit', (_code, signal) => resolve(signal));
  });

describe('retention', () => {
  test('shreds what nobody used for so many days, and notes why', async () => {
    const clock = manualClock(Date.now());
    const { vault, on } = await testVault({ clock, settings: { unusedDaysMax: 90 } });
    const scope = newScope();
    const [unused, used] = [await keep(vault, scope), await keep(vault, scope)];
    clock.advance(60 * 86_400_000);
    assert.notEqual(await reveal(vault, scope, used.card), null);
    clock.advance(31 * 86_400_000);
    await maintainAll(vault);
    assert.equal(await reveal(vault, scope, unused.card), null);
    assert.notEqual(await reveal(vault, scope, used.card), null);
    const [entry] = await asOwner(
      on,
      `select details->>'why' as why from identity.audit_entries
        where target = $1 and action = 'vault.card.delete'`,
      [unused.card],
    );
    assert.deepEqual(entry, { why: 'retention' });
    clock.advance(3 * 86_400_000);
    await maintainAll(vault);
    const names = await asOwner(on, 'select 1 from vault.fingerprints');
    assert.equal(names.length, 1);
  });

  test('is off until it is set', async () => {
    const clock = manualClock(Date.now());
    const { vault } = await testVault({ clock });
    const scope = newScope();
    const { card } = await keep(vault, scope);
    clock.advance(4_000 * 86_400_000);
    await maintainAll(vault);
    assert.notEqual(await reveal(vault, scope, card), null);
  });
});

describe('the key-encryption key', () => {
  test('is not asked for while the keys that it wrapped are open', async () => {
    const { vault, folders } = await testVault();
    const scope = newScope();
    const { card } = await keep(vault, scope);
    for (const folder of folders) await rename(folder, `${folder}.away`);
    assert.notEqual(await reveal(vault, scope, card), null);
    for (const folder of folders) await rename(`${folder}.away`, folder);
  });
});
