import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { systemNetwork } from '#kit/context';
import { asOwner } from '../../platform/db/for-tests.ts';
import { awsKmsKeys } from './aws-kms.ts';
import { KeyMissing, Tampered, VaultRefused, VaultUnavailable } from './failures.ts';
import { atEnd, keep, maintainAll, newScope, reveal, testCaller, testVault } from './for-tests.ts';
import { startTestKms, type TestKms, testCredentials } from './for-tests-kms.ts';

const arn = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const purpose = { what: 'a test', account: 'one' };
const packageName: string = '@aws-sdk/client-kms';
const isThere = await import(packageName).then(
  () => true,
  () => false,
);
const skip = isThere ? false : `${packageName} is not installed`;

test('keys at AWS KMS without the package are refused with the command that adds it', {
  skip: isThere ? `${packageName} is installed` : false,
}, async () => {
  await assert.rejects(
    awsKmsKeys({ keyArn: arn, region: 'eu-central-1', network: systemNetwork }),
    (error: Error) => error instanceof VaultRefused && /npm install/.test(error.message),
  );
});

describe('keys at AWS KMS', { skip }, () => {
  let kms: TestKms;
  const provider = (changes: Partial<Parameters<typeof awsKmsKeys>[0]> = {}) =>
    awsKmsKeys({
      keyArn: arn,
      region: 'eu-central-1',
      network: systemNetwork,
      endpoint: kms.endpoint,
      credentials: testCredentials,
      ...changes,
    });

  before(async () => {
    kms = await startTestKms(arn);
    atEnd(() => kms.close());
  });

  test('are asked by signed requests, and give back what they wrapped', async () => {
    const keys = await provider();
    const clear = Buffer.from('k'.repeat(32));
    const wrapped = await keys.wrap(clear, purpose);
    assert.equal(wrapped.keyId, `aws-kms:${arn}`);
    assert.deepEqual(await keys.unwrap(wrapped, purpose), clear);
    assert.deepEqual(kms.targets, ['TrentService.Encrypt', 'TrentService.Decrypt']);
    assert.equal(kms.refusedSignatures(), 0);
  });

  test('are bound to their purpose, which is the encryption context', async () => {
    const keys = await provider();
    const wrapped = await keys.wrap(Buffer.alloc(32), purpose);
    await assert.rejects(keys.unwrap(wrapped, { ...purpose, account: 'two' }), Tampered);
    const sealed = Buffer.from(wrapped.sealed);
    sealed[40] = (sealed[40] as number) ^ 1;
    await assert.rejects(keys.unwrap({ ...wrapped, sealed }, purpose), Tampered);
  });

  test('answer nobody who signs with another secret', async () => {
    const keys = await provider({ credentials: { ...testCredentials, secretAccessKey: 'wrong' } });
    await assert.rejects(keys.wrap(Buffer.alloc(32), purpose), VaultUnavailable);
    assert.ok(kms.refusedSignatures() > 0);
  });

  test('that are not there are named', async () => {
    const keys = await provider({ keyArn: `${arn}0` });
    await assert.rejects(
      keys.wrap(Buffer.alloc(32), purpose),
      (error: Error) => error instanceof KeyMissing && error.message.includes(`${arn}0`),
    );
  });

  test('that fall silent stop new accounts and nothing that has its keys open', async () => {
    const impatient = await provider({ timeoutMs: 1_500 });
    const { vault, on } = await testVault({ providers: [impatient] });
    const [known, unknown] = [newScope(), newScope()];
    const { card } = await keep(vault, known);
    for (const mood of ['never', '500'] as const) {
      kms.answer(mood);
      assert.notEqual(await reveal(vault, known, card), null);
      await keep(vault, known);
      await assert.rejects(keep(vault, unknown), VaultUnavailable);
    }
    kms.answer('well');
    await keep(vault, unknown);
    const rows = await asOwner(on, 'select distinct key_id from vault.data_keys');
    assert.deepEqual(rows, [{ key_id: `aws-kms:${arn}` }]);
  });

  test('take over from key files, and a new key from an older one, while cards stay readable', async () => {
    const files = await testVault();
    const scope = newScope();
    const { card } = await keep(files.vault, scope);
    const { localKeys } = await import('./local-keys.ts');
    const local = await localKeys({
      shareFolders: files.folders,
      clock: files.context.clock,
      random: files.context.random,
      createFirst: false,
    });
    const moved = await testVault({ on: files.on, providers: [await provider(), local] });
    await moved.vault.rotate(testCaller, { key: 'key_encryption' });
    await maintainAll(moved.vault);
    const alone = await testVault({ on: files.on, providers: [await provider()] });
    assert.notEqual(await reveal(alone.vault, scope, card), null);

    const next = arn.replace(/.$/, 'c');
    kms.addKey(next);
    const renewed = await testVault({
      on: files.on,
      providers: [await provider({ keyArn: next })],
    });
    await maintainAll(renewed.vault);
    kms.removeKey(arn);
    const fresh = await testVault({ on: files.on, providers: [await provider({ keyArn: next })] });
    assert.notEqual(await reveal(fresh.vault, scope, card), null);
    kms.addKey(arn);
  });
});
