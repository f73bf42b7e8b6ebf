import assert from 'node:assert/strict';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { provideVault } from '#cards/vault';
import { asOwner } from '../../for-tests.ts';
import { randomNumber, served, testVault } from '../vault/for-tests.ts';
import {
  clearOf,
  encryptedFile,
  type Keys,
  newAccountScope,
  newFolder,
  newKeys,
  newWorld,
  runExport,
  runImport,
  storedCards,
  type World,
} from './for-tests.ts';
import { module } from './module.ts';

let world: World;
let keys: Keys;
before(async () => {
  world = await newWorld();
  keys = await newKeys();
});

const visa = '4242424242424242';
const mastercard = '5555555555554444';
const french = '4000002500001001';

/** Three cards of two customers, with all that may be known of them. */
const provided = [
  {
    id: 'cus_old_1',
    name: 'Ada Lovelace',
    email: 'ada@example.com',
    description: 'First of all',
    metadata: { plan: 'gold, with "quotes"' },
    default_source: 'card_b',
    cards: [
      { id: 'card_a', number: visa, exp_month: 4, exp_year: 2031, name: 'A. Lovelace' },
      {
        id: 'card_b',
        number: mastercard,
        exp_month: 12,
        exp_year: 2030,
        name: 'Ada, Countess',
        address_line1: '12 St James’s Square\nSecond line',
        address_city: 'London',
        address_zip: 'SW1Y 4JH',
        address_country: 'GB',
        metadata: { colour: 'blue; or green' },
      },
    ],
  },
  {
    id: 'cus_old_2',
    name: null,
    email: 'blaise@example.com',
    cards: [
      {
        id: 'card_c',
        number: french,
        exp_month: 1,
        exp_year: 2032,
        allow_redisplay: 'always',
        preferred_network: 'cartes_bancaires',
      },
    ],
  },
];

const withoutIds = (cards: Awaited<ReturnType<typeof storedCards>>) =>
  cards.map(({ metadata, customerMetadata, ...rest }) => {
    const without = (all: Record<string, string> | null) =>
      Object.fromEntries(Object.entries(all ?? {}).filter(([name]) => name !== 'external_id'));
    return {
      ...rest,
      // Of another account's key.
      fingerprint: '',
      metadata: without(metadata),
      customerMetadata: without(customerMetadata),
    };
  });

describe('cards that are moved', () => {
  for (const format of ['jsonl', 'csv'] as const) {
    test(`out of one account as ${format} and into another are the same cards`, async () => {
      const folder = await newFolder();
      const [from, to] = [await newAccountScope(world), await newAccountScope(world)];
      const file = await encryptedFile(folder, 'in.pgp', JSON.stringify(provided), keys);
      const taken = await runImport(world, from, keys, file);
      assert.deepEqual(
        { ...taken, importId: '' },
        { importId: '', rows: 3, imported: 3, known: 0, withoutCard: 0, refused: 0 },
      );

      const out = join(folder, `cards.${format}.pgp`);
      const manifest = await runExport(world, from, keys, { out, format });
      assert.equal(manifest.cards, 3);
      assert.deepEqual(manifest.skipped, []);
      const moved = await runImport(world, to, keys, out);
      assert.equal(moved.imported, 3);

      const [there, here] = [await storedCards(world, from), await storedCards(world, to)];
      assert.deepEqual(withoutIds(here), withoutIds(there));
      assert.deepEqual(
        here.map(({ number }) => number),
        [french, visa, mastercard],
      );
      assert.deepEqual(withoutIds(here)[2]?.metadata, { colour: 'blue; or green' });
      assert.deepEqual(withoutIds(here)[2]?.customerMetadata, { plan: 'gold, with "quotes"' });
      assert.equal(here[0]?.allowRedisplay, 'always');
      const [defaults] = await asOwner(
        world.context.on,
        `select count(*)::int as count from cards.customers c join cards.payment_methods m
             on m.customer_id = c.id and m.details->'card'->>'last4' = '4444'
          where c.account_id = '${to.accountId}' and c.details->>'default_payment_method' like 'pm_%'`,
      );
      assert.equal(defaults?.['count'], 1);
      const mapping = await readFile(`${out}.mapping.csv`, 'utf8');
      assert.match(mapping, /^external_id,payment_method,customer_external_id,customer\n/);
      assert.match(mapping, /\npm_\w{22},pm_\w{22},cus_\w{22},cus_\w{22}\n/);
    });
  }

  test('through a vault in a process of its own are the same too', async () => {
    const other = await newWorld();
    const opened = await testVault({
      on: { ...other.context.on, vaultUrl: other.vaultUrl },
      folders: other.shares,
      settings: { testCards: (await import('#cards/methods')).testCardNames() },
    });
    const behind = await served(opened);
    provideVault(other.context, behind.vault);
    const [from, to] = [await newAccountScope(other), await newAccountScope(other)];
    const file = await encryptedFile(other.folder, 'in.pgp', JSON.stringify(provided), keys);
    await runImport(other, from, keys, file);
    await runExport(other, from, keys);
    await runImport(other, to, keys, join(other.folder, 'cards.jsonl.pgp'));
    assert.deepEqual(
      withoutIds(await storedCards(other, to)),
      withoutIds(await storedCards(other, from)),
    );

    provideVault(other.context, behind.using);
    await assert.rejects(
      runExport(other, from, keys, { out: join(other.folder, 'second.pgp') }),
      /^PortabilityError: The vault lets this process take cards in and not out/,
    );
  });

  test('leave a trace: who, to which key, how many; and each card that was opened', async () => {
    const scope = await newAccountScope(world);
    const file = await encryptedFile(await newFolder(), 'in.pgp', JSON.stringify(provided), keys);
    await runImport(world, scope, keys, file);
    await runExport(world, scope, keys, { out: join(await newFolder(), 'x.pgp') });
    const entries = await asOwner(
      world.context.on,
      `select action, actor_id, details from identity.audit_entries
        where account_id = '${scope.accountId}' order by at, id`,
    );
    const of = (action: string) => entries.filter((entry) => entry['action'] === action);
    assert.equal(of('vault.card.open').length, 3);
    assert.equal(of('vault.card.seal').length, 3);
    assert.equal(of('cards.import.start').length, 1);
    assert.deepEqual(of('cards.import.finish')[0]?.['details'], {
      source: 'default',
      imported: 3,
      known: 0,
      withoutCard: 0,
      refused: 0,
    });
    const fingerprint = keys.publicKey.getFingerprint();
    const [started = {}] = of('cards.export.start');
    assert.equal(started['actor_id'], 'test');
    assert.deepEqual(started['details'], { recipient: fingerprint, format: 'jsonl', after: 0 });
    const ended = of('cards.export.finish')[0]?.['details'] as Record<string, unknown>;
    assert.equal(ended['cards'], 3);
    assert.equal(ended['recipient'], fingerprint);
    assert.match(String(ended['digest']), /^[0-9a-f]{64}$/);
  });

  test('an account has only its own, of one mode', async () => {
    const [full, empty] = [await newAccountScope(world), await newAccountScope(world)];
    const file = await encryptedFile(await newFolder(), 'in.pgp', JSON.stringify(provided), keys);
    await runImport(world, full, keys, file);
    for (const scope of [empty, { ...full, livemode: true }]) {
      const out = join(await newFolder(), 'x.pgp');
      const manifest = await runExport(world, scope, keys, { out });
      assert.equal(manifest.cards, 0);
      assert.deepEqual(manifest.parts, []);
    }
  });
});

/** Seven kilobytes with each row, so that a file held whole would show. */
const bigFile = async (folder: string, numbers: readonly string[]) => {
  const filler = Object.fromEntries(
    Array.from({ length: 15 }, (_, n) => [`note_${n}`, `${n}`.padEnd(490, 'x')]),
  );
  const lines = numbers.map((number, n) =>
    JSON.stringify({
      id: `cus_${n % 700}`,
      email: `payer${n % 700}@example.com`,
      card: { id: `card_${n}`, number, exp_month: 12, exp_year: 2032, metadata: filler },
    }),
  );
  const text = lines.join('\n');
  return { file: await encryptedFile(folder, 'many.pgp', text, keys), size: text.length };
};

describe('two thousand cards', () => {
  test('go in and out with little memory, in files for their owner alone', async (t) => {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    const memory = (): number => {
      gc();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return heapUsed + arrayBuffers;
    };
    const folder = await newFolder();
    const scope = await newAccountScope(world, true);
    const numbers = Array.from({ length: 2_000 }, randomNumber);
    const { file, size } = await bigFile(folder, numbers);

    // From the first rows on, when all code is loaded: what counts is whether it grows with the file.
    let [first, highest] = [0, 0];
    const seen = (): void => {
      const now = memory();
      if (first === 0) first = now;
      highest = Math.max(highest, now - first);
    };
    let startedMs = performance.now();
    const taken = await runImport(world, scope, keys, file, { onProgress: seen });
    const importMs = performance.now() - startedMs;
    assert.equal(taken.imported, 2_000);
    const ofImport = highest;

    [first, highest] = [0, 0];
    startedMs = performance.now();
    const out = join(folder, 'cards.jsonl.pgp');
    const manifest = await runExport(world, scope, keys, {
      out,
      cardsPerPart: 250,
      onProgress: (cards) => cards % 50 === 0 && seen(),
    });
    const exportMs = performance.now() - startedMs;
    const megabytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
    t.diagnostic(
      `${megabytes(size)} MB of rows: in ${importMs.toFixed(0)} ms with ${megabytes(ofImport)} MB more, out ${exportMs.toFixed(0)} ms with ${megabytes(highest)} MB more`,
    );
    assert.ok(ofImport < size / 2, `import took ${megabytes(ofImport)} MB`);
    assert.ok(highest < size / 2, `export took ${megabytes(highest)} MB`);

    assert.equal(manifest.parts.length, 8);
    const found: string[] = [];
    for (const { file: part } of manifest.parts) {
      for (const line of (await clearOf(join(folder, part), keys)).trim().split('\n')) {
        found.push((JSON.parse(line) as { card: { number: string } }).card.number);
      }
    }
    assert.deepEqual(found.sort(), numbers.sort());
    for (const name of await readdir(folder)) {
      if (name === 'many.pgp') continue;
      assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600, name);
    }
    const [customers] = await asOwner(
      world.context.on,
      `select count(*)::int as count from cards.customers where account_id = '${scope.accountId}'`,
    );
    assert.equal(customers?.['count'], 700);
    for (const { text } of module.checks) {
      assert.deepEqual(await asOwner(world.context.on, text), []);
    }
  });
});
