import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hmacSha256, macUnder } from '#kit/crypto';

test('A mac made of two hashes is the HMAC of Node, for every key, text and length, one after the other', () => {
  const macs = fc.uint8Array({ minLength: 1, maxLength: 64 }).map((bytes) => Buffer.from(bytes));
  const said = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc.integer({ min: 16_000, max: 16_800 }).map((length) => 'é'.repeat(length / 2)),
  );
  fc.assert(
    fc.property(macs, fc.array(said, { minLength: 1, maxLength: 5 }), (key, texts) => {
      const macOf = macUnder(key);
      for (const text of texts) assert.equal(macOf(text), hmacSha256(key, text).toString('hex'));
    }),
  );
});

test('A mac of parts is that of all of them together, however it is spelled', () => {
  const part = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.uint8Array({ maxLength: 9_000 }).map((bytes) => Buffer.from(bytes)),
  );
  const key = Buffer.from('one key');
  fc.assert(
    fc.property(fc.array(part, { maxLength: 4 }), (parts) => {
      const all = Buffer.concat(parts.map((each) => Buffer.from(each)));
      assert.equal(macUnder(key)(...parts), hmacSha256(key, all).toString('hex'));
      assert.equal(macUnder(key, 'base64')(...parts), hmacSha256(key, all).toString('base64'));
    }),
  );
});

test('A mac is what RFC 4231 says it is', () => {
  assert.equal(
    macUnder(Buffer.from('Jefe'))('what do ya want for nothing?'),
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  );
});

test('A key longer than a block makes no mac', () => {
  assert.throws(() => macUnder(Buffer.alloc(65)));
});
