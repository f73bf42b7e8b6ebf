import assert from 'node:assert/strict';
import {
  chmod,
  copyFile,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { systemClock, systemRandom } from '#kit/context';
import { KeyMissing, Tampered, VaultRefused } from './failures.ts';
import { temporaryFolders, testVault, vaultDatabase } from './for-tests.ts';
import { createLocalKey, localKeys } from './local-keys.ts';

const purpose = { what: 'a test' };
const open = (shareFolders: readonly [string, string], createFirst = true) =>
  localKeys({ shareFolders, clock: systemClock, random: systemRandom, createFirst });
const only = async (folder: string): Promise<string> => {
  const [name] = await readdir(folder);
  return join(folder, name ?? '');
};
const refusedWith = (pattern: RegExp) => (error: Error) =>
  error instanceof VaultRefused && pattern.test(error.message);

describe('key files', () => {
  test('are made at the first start as two shares that only their owner may read', async () => {
    const folders = await temporaryFolders();
    const first = await open(folders);
    for (const folder of folders) {
      assert.equal((await stat(await only(folder))).mode & 0o777, 0o400);
      assert.equal((await stat(folder)).mode & 0o777, 0o700);
    }
    const wrapped = await first.wrap(Buffer.from('a key'), purpose);
    const again = await open(folders, false);
    assert.equal((await again.unwrap(wrapped, purpose)).toString(), 'a key');
    assert.deepEqual(await again.refusalsOfLiveMode(), []);
    await assert.rejects(again.unwrap(wrapped, { what: 'another' }), Tampered);
  });

  test('say nothing alone: one share combined with any other opens nothing', async () => {
    const [mine, theirs] = [await temporaryFolders(), await temporaryFolders()];
    await open(mine);
    await open(theirs);
    const [share, other] = [await only(mine[1]), await only(theirs[1])];
    const bytes = JSON.parse(await readFile(other, 'utf8')) as object;
    const { id } = JSON.parse(await readFile(share, 'utf8')) as { id: string };
    await rm(share);
    await writeFile(share, JSON.stringify({ ...bytes, id }), { mode: 0o400 });
    await assert.rejects(open(mine), refusedWith(/do not belong together/));
  });

  test('that are not made by hand yet are asked for where they may not be made', async () => {
    await assert.rejects(
      open(await temporaryFolders(), false),
      refusedWith(/run `tollgate vault create-key`/),
    );
  });

  test('of which one is missing, open to others or spoiled are refused with the remedy', async () => {
    const folders = await temporaryFolders();
    await open(folders);
    const [a, b] = [await only(folders[0]), await only(folders[1])];

    await rename(b, `${b}.away`);
    await assert.rejects(open(folders), refusedWith(/Share b of key local:.* is missing: put/));
    await rename(`${b}.away`, b);

    for (const mode of [0o600, 0o440, 0o404, 0o644]) {
      await chmod(a, mode);
      await assert.rejects(open(folders), refusedWith(/run chmod 0400 on it/));
    }
    await chmod(a, 0o600);
    await writeFile(a, 'not a share');
    await chmod(a, 0o400);
    await assert.rejects(open(folders), refusedWith(/is not a share of a key/));
  });

  test('that wrapped something and are gone are named', async () => {
    const folders = await temporaryFolders();
    const keys = await open(folders);
    const wrapped = await keys.wrap(Buffer.alloc(32), purpose);
    const elsewhere = await open(await temporaryFolders());
    await assert.rejects(
      elsewhere.unwrap(wrapped, purpose),
      (error: Error) => error instanceof KeyMissing && error.message.includes(wrapped.keyId),
    );
  });

  test('made by another process are found without a restart', async () => {
    const folders = await temporaryFolders();
    const [first, second] = [await open(folders), await open(folders)];
    await first.renew?.();
    const wrapped = await first.wrap(Buffer.from('a key'), purpose);
    assert.equal((await second.unwrap(wrapped, purpose)).toString(), 'a key');
    assert.equal(await second.currentKeyId(), await first.currentKeyId());
  });
});

describe('live mode', () => {
  test('refuses both shares in one folder', async () => {
    const [folder] = await temporaryFolders();
    await createLocalKey({
      shareFolders: [folder, folder],
      clock: systemClock,
      random: systemRandom,
    });
    const keys = await open([folder, folder], false);
    assert.match(
      (await keys.refusalsOfLiveMode()).join(),
      /Both shares .* move share b to a folder/,
    );
    await assert.rejects(
      testVault({ on: await vaultDatabase(), providers: [keys], livemode: true }),
      refusedWith(/Both shares/),
    );
  });

  test('refuses a whole key in one file, a stray share and a share that others may read', async () => {
    const folders = await temporaryFolders();
    const keys = await open(folders);
    const share = await only(folders[0]);

    await writeFile(join(folders[0], 'vault-key-1.clear'), 'x');
    assert.match((await keys.refusalsOfLiveMode()).join(), /whole key in one clear file: split it/);
    await rm(join(folders[0], 'vault-key-1.clear'));

    await chmod(share, 0o440);
    assert.match((await keys.refusalsOfLiveMode()).join(), /run chmod 0400/);
    await chmod(share, 0o400);

    await mkdir(`${folders[0]}2`);
    const stray = share.replace(/vault-key-.{8}/, 'vault-key-00000000');
    await copyFile(share, stray);
    assert.match(
      (await keys.refusalsOfLiveMode()).join(),
      /Share b of key local:0{8}.* is missing/,
    );
    await rm(stray);
    assert.deepEqual(await keys.refusalsOfLiveMode(), []);
  });
});
