import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ascii1987, pack, tryPack, unpack } from '#kit/iso8583';
import { anyMessage, seededPick } from './for-tests.ts';
import { dialects } from './for-tests-dialects.ts';

describe('a message', () => {
  for (const dialect of dialects) {
    test(`is read back as it was written: ${dialect.name}`, () => {
      fc.assert(
        fc.property(fc.nat(), (seed) => {
          const message = anyMessage(dialect, seededPick(seed));
          assert.deepEqual(unpack(dialect, pack(dialect, message)), { ok: true, message });
        }),
        { numRuns: 400 },
      );
    });

    test(`of whatever bytes is refused, or written to the same bytes: ${dialect.name}`, () => {
      fc.assert(
        fc.property(fc.nat(), fc.nat(), fc.nat(255), (seed, place, byte) => {
          const bytes = pack(dialect, anyMessage(dialect, seededPick(seed)));
          bytes[place % bytes.length] = byte;
          const read = unpack(dialect, bytes);
          if (read.ok) assert.deepEqual(pack(dialect, read.message), bytes);
        }),
        { numRuns: 1_000 },
      );
    });
  }

  test('is written with short values filled up, and they are read as long as they are', () => {
    const bytes = pack(ascii1987, {
      mti: '0100',
      fields: { 4: '500', 28: 'C25', 41: 'T1', 38: undefined },
    });
    assert.deepEqual(unpack(ascii1987, bytes), {
      ok: true,
      message: { mti: '0100', fields: { 4: '000000000500', 28: 'C00000025', 41: 'T1      ' } },
    });
  });

  test('that our own code has made wrongly is a bug, told without its content', () => {
    const message = { mti: '0100', fields: { 2: '41111111111111X1' } };
    assert.throws(
      () => pack(ascii1987, message),
      (error: Error) => error.message.includes('bad_digit') && !error.message.includes('4111'),
    );
    assert.equal(tryPack(ascii1987, message).ok, false);
  });

  test('does not share memory with the bytes it was read from', () => {
    const bytes = pack(ascii1987, { mti: '0100', fields: { 64: Buffer.from('12345678') } });
    const read = unpack(ascii1987, bytes);
    bytes.fill(0);
    assert.ok(read.ok);
    assert.deepEqual(read.message.fields[64], Buffer.from('12345678'));
  });
});
