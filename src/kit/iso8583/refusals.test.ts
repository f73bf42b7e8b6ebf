import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  ascii1987,
  bcd1987,
  type FieldValue,
  pack,
  refusalCodes,
  tryPack,
  unpack,
} from '#kit/iso8583';
import { mixed } from './for-tests-dialects.ts';
import { ascii, code, toRead, toWrite } from './for-tests-refused.ts';

describe('a message that is malformed', () => {
  for (const [name, dialect, bytes, path, refused, mac] of toRead) {
    test(`is refused with its place and reason: ${name}`, () => {
      const read = unpack(dialect, bytes, mac === undefined ? {} : { mac });
      assert.ok(!read.ok, 'it was taken');
      assert.deepEqual([read.path, read.code], [path, refused]);
      assert.match(read.reason, /^(?:Field \d|The )[^\n]+\.$/);
    });
  }

  for (const [name, fields, path, refused, mac] of toWrite) {
    test(`is not written: ${name}`, () => {
      const message = { mti: '0100', fields: fields as Record<number, FieldValue> };
      const packed = tryPack(ascii1987, message, mac === undefined ? {} : { mac });
      assert.ok(!packed.ok, 'it was written');
      assert.deepEqual([packed.path, packed.code], [path, refused]);
    });
  }

  test('is not written: a type that is none, a part that is missing', () => {
    const type = tryPack(ascii1987, { mti: '1100', fields: {} });
    assert.deepEqual(!type.ok && [type.path, type.code], ['mti', 'mti_unknown']);
    const part = tryPack(mixed, { mti: '0100', fields: { 43: { 1: 'Shop', 3: 'DE' } } });
    assert.deepEqual(!part.ok && [part.path, part.code], ['43.2', 'part_missing']);
    const more = tryPack(mixed, {
      mti: '0100',
      fields: { 43: { 1: 'S', 2: 'B', 3: 'DE', 4: '' } },
    });
    assert.deepEqual(!more.ok && [more.path, more.code], ['43.4', 'field_unknown']);
    const tag = tryPack(mixed, { mti: '0100', fields: { 48: new Map([['99', '1']]) } });
    assert.deepEqual(!tag.ok && [tag.path, tag.code], ['48', 'field_unknown']);
  });

  test('is refused at every length that it is cut to', () => {
    const whole = pack(bcd1987, {
      mti: '0100',
      fields: {
        2: '4111111111111111',
        4: '500',
        28: 'D1',
        35: '4111111111111111=2912',
        41: 'T1',
        48: 'private',
        55: new Map([['9F26', code]]),
        70: '301',
      },
    });
    for (let length = 0; length < whole.length; length += 1) {
      const read = unpack(bcd1987, whole.subarray(0, length));
      assert.ok(!read.ok, `${length} bytes were taken`);
      assert.equal(read.code, 'truncated');
    }
    assert.equal(unpack(bcd1987, whole).ok, true);
  });

  test('never has its content repeated', () => {
    const card = '4111111111111111';
    const read = unpack(ascii1987, ascii(`010060000000000000001${card.length % 10}${card}X00000`));
    assert.ok(!read.ok);
    assert.doesNotMatch(JSON.stringify(read), /4111/);
  });

  test('is refused for every reason that there is', () => {
    const frame = ['frame_empty', 'frame_too_long', 'frame_too_short'];
    const seen = new Set<string>([
      ...toRead.map((row) => row[4]),
      ...toWrite.map((row) => row[3]),
      'part_missing',
      ...frame,
    ]);
    assert.deepEqual(
      refusalCodes.filter((known) => !seen.has(known)),
      [],
    );
  });
});
