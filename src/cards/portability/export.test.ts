import assert from 'node:assert/strict';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { before, describe, test } from 'node:test';
import type { Scope } from '#kit/context';
import { asOwner } from '../../for-tests.ts';
import { filesToImport, partPath } from './export-manifest.ts';
import { PortabilityError } from './failures.ts';
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
  type World,
} from './for-tests.ts';
import { readRecipient } from './pgp-keys.ts';

let world: World;
let keys: Keys;
let full: Scope;
before(async () => {
  world = await newWorld();
  keys = await newKeys();
  full = await newAccountScope(world);
  const rows = Array.from({ length: 7 }, (_, n) => `c${n},k${n},4242424242424242,1,2031`);
  const text = ['customer_id,card_id,number,exp_month,exp_year', ...rows].join('\n');
  const file = await encryptedFile(world.folder, 'in.pgp', text, keys);
  await runImport(world, full, keys, file);
});

const nowMs = (): number => world.context.clock.now();

describe('the key of a recipient', () => {
  const refused = async (armored: string | Buffer, says: RegExp, atMs = nowMs()): Promise<void> => {
    await assert.rejects(readRecipient(Buffer.from(armored), atMs), (error: Error) => {
      assert.ok(error instanceof PortabilityError, error.stack ?? '');
      assert.match(error.message, says);
      assert.match(error.message, /^[A-Z][^.]*\.$/);
      return true;
    });
  };

  test('is taken armored and binary', async () => {
    const fingerprint = keys.publicKey.getFingerprint();
    for (const bytes of [Buffer.from(keys.armoredPublic), Buffer.from(keys.publicKey.write())]) {
      assert.equal((await readRecipient(bytes, nowMs())).fingerprint, fingerprint);
    }
  });

  test('that was revoked, has expired or expires is refused from then on', async () => {
    const { generateKey, readPrivateKey, revokeKey } = await import('openpgp');
    const user = [{ name: 'x' }];
    const made = await generateKey({ userIDs: user, keyExpirationTime: 86_400, format: 'armored' });
    await readRecipient(Buffer.from(made.publicKey), nowMs());
    await refused(made.publicKey, /expired on \d{4}-/, nowMs() + 2 * 86_400_000);

    const privateKey = await readPrivateKey({ armoredKey: made.privateKey });
    const { publicKey } = await revokeKey({ key: privateKey, format: 'armored' });
    await refused(publicKey, /was revoked/);
  });

  test('that is too weak, or cannot encrypt, is refused', async () => {
    const { generateKey } = await import('openpgp');
    const weak = await generateKey({
      type: 'rsa',
      rsaBits: 1_024,
      userIDs: [{ name: 'x' }],
      config: { minRSABits: 1_023 },
      format: 'armored',
    });
    await refused(weak.publicKey, /is too weak for card numbers/);
    const signing = await generateKey({ userIDs: [{ name: 'x' }], subkeys: [], format: 'armored' });
    await refused(signing.publicKey, /has no part that may be used for encryption/);
  });

  test('that is private, none, or one of several is refused', async () => {
    await refused(keys.armoredPrivate, /^This is a private key/);
    await refused('hello', /holds no public key/);
    await refused(keys.armoredPublic.slice(0, 300), /holds no public key/);
    const second = (await newKeys()).publicKey.write();
    await refused(Buffer.concat([keys.publicKey.write(), second]), /holds 2 keys/);
  });
});

describe('an export', () => {
  test('has the names of its parts, its counts and a chain of digests in a manifest', async () => {
    const folder = await newFolder();
    const out = join(folder, 'cards.jsonl.pgp');
    const manifest = await runExport(world, full, keys, { out, cardsPerPart: 3 });
    assert.deepEqual(
      manifest.parts.map(({ file, cards }) => [file, cards]),
      [
        ['cards.jsonl.pgp', 3],
        ['cards.2.jsonl.pgp', 3],
        ['cards.3.jsonl.pgp', 1],
      ],
    );
    const path = `${out}.manifest.json`;
    assert.deepEqual(JSON.parse(await readFile(path, 'utf8')), manifest);
    assert.doesNotMatch(await readFile(path, 'utf8'), /4242424242424242/);
    assert.equal((await stat(path)).mode & 0o777, 0o600);

    const files = await filesToImport(path);
    assert.deepEqual(
      files.map((file) => basename(file)),
      manifest.parts.map(({ file }) => file),
    );
    const to = await newAccountScope(world);
    for (const file of files) await runImport(world, to, keys, file);
    const [count] = await asOwner(
      world.context.on,
      `select count(*)::int as count from cards.payment_methods where account_id = '${to.accountId}'`,
    );
    assert.equal(count?.['count'], 7);

    await writeFile(join(folder, 'cards.2.jsonl.pgp'), 'something else');
    await assert.rejects(filesToImport(path), /The part cards\.2\.jsonl\.pgp is missing or is not/);
    await rm(join(folder, 'cards.2.jsonl.pgp'));
    await assert.rejects(filesToImport(path), /The part cards\.2\.jsonl\.pgp is missing or is not/);
  });

  test('holds a whole number of cards without an empty part', async () => {
    const out = join(await newFolder(), 'x.pgp');
    const { parts } = await runExport(world, full, keys, { out, cardsPerPart: 7 });
    assert.equal(parts.length, 1);
    assert.equal((await clearOf(out, keys)).trim().split('\n').length, 7);
  });

  test('in every part as CSV begins with the names', async () => {
    const folder = await newFolder();
    const out = join(folder, 'cards.csv.pgp');
    const { parts } = await runExport(world, full, keys, { out, cardsPerPart: 4, format: 'csv' });
    for (const { file, cards } of parts) {
      const lines = (await clearOf(join(folder, file), keys)).trim().split('\n');
      assert.match(lines[0] ?? '', /^card\.number,id,/);
      assert.equal(lines.length, cards + 1);
    }
  });

  test('does not write over anything, and goes on only as what it was', async () => {
    const folder = await newFolder();
    const out = join(folder, 'x.pgp');
    await writeFile(out, 'mine');
    await assert.rejects(runExport(world, full, keys, { out }), /is there already: name another/);
    assert.equal(await readFile(out, 'utf8'), 'mine');

    const second = join(folder, 'y.pgp');
    let seen = 0;
    const stop = () => {
      seen += 1;
      if (seen === 5) throw new Error('stopped');
    };
    await assert.rejects(
      runExport(world, full, keys, { out: second, cardsPerPart: 2, onProgress: stop }),
      /stopped/,
    );
    for (const changes of [{ format: 'csv' as const }, { scope: { ...full, livemode: true } }]) {
      await assert.rejects(
        runExport(world, full, keys, { out: second, ...changes }),
        /was begun for another account, mode, format or key/,
      );
    }
    await assert.rejects(
      runExport(world, full, await newKeys(), { out: second }),
      /was begun for another account, mode, format or key/,
    );
    await assert.rejects(filesToImport(`${second}.manifest.json`), /has not ended/);
    const { cards, parts } = await runExport(world, full, keys, { out: second, cardsPerPart: 2 });
    assert.deepEqual([cards, parts.length], [7, 4]);
    await assert.rejects(runExport(world, full, keys, { out: second }), /has ended before/);
  });

  test('is written by one run at a time; one that was killed is no hindrance', async () => {
    const out = join(await newFolder(), 'x.pgp');
    const both = await Promise.allSettled([
      runExport(world, full, keys, { out }),
      runExport(world, full, keys, { out }),
    ]);
    const refused = both.find((one) => one.status === 'rejected');
    assert.match(String(refused?.reason), /Another run \(process \d+\) writes to this place/);
    assert.equal((await clearOf(out, keys)).trim().split('\n').length, 7);

    const second = join(await newFolder(), 'x.pgp');
    // No process has the number: it is beyond what the system gives.
    await writeFile(`${second}.lock`, '99999999');
    assert.equal((await runExport(world, full, keys, { out: second })).cards, 7);
  });

  test('leaves out a card that was tampered with, says which, and goes on', async () => {
    const scope = await newAccountScope(world);
    const text = [
      'card_id,number,exp_month,exp_year',
      ...['a', 'b', 'c'].map((id) => `${id},4242424242424242,1,2031`),
    ].join('\n');
    const folder = await newFolder();
    const file = await encryptedFile(folder, 'in.pgp', text, keys);
    await runImport(world, scope, keys, file);
    const [, spelled = ''] =
      /\nb,(pm_\w+)/.exec(await readFile(`${file}.mapping.csv`, 'utf8')) ?? [];
    await asOwner(
      world.context.on,
      `update vault.cards set number = set_byte(number, 20, get_byte(number, 20) # 1)
        where id = (select card_id from cards.payment_methods m join cards.imports i on i.method_id = m.id
                     where i.account_id = '${scope.accountId}' and i.external_id = 'b')`,
    );
    const out = join(folder, 'out.pgp');
    const manifest = await runExport(world, scope, keys, { out });
    assert.equal(manifest.cards, 2);
    assert.deepEqual(manifest.skipped, [{ id: spelled, reason: 'its sealed bytes were changed' }]);
  });

  test('names its parts after the file, whatever its name', () => {
    assert.equal(partPath('/a/cards.jsonl.pgp', 1), '/a/cards.jsonl.pgp');
    assert.equal(partPath('/a.b/cards', 2), '/a.b/cards.2');
    assert.equal(partPath('.hidden.pgp', 3), '.hidden.3.pgp');
  });
});
