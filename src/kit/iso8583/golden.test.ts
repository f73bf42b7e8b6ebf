import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Dialect, deriveDialect, pack, unpack } from '#kit/iso8583';
import { ascii1987 } from './dialects/1987-ascii.ts';
import { bcd1987 } from './dialects/1987-bcd.ts';
import { ebcdicBytes } from './ebcdic.ts';
import { goldenMessages } from './for-tests-golden.ts';

const hex = (digits: string): Buffer => Buffer.from(digits.replaceAll(/\s/g, ''), 'hex');
const ascii = (text: string): Buffer => Buffer.from(text, 'latin1');

describe('a message that other software made', () => {
  for (const { name, origin, dialect, bytes, message } of goldenMessages) {
    test(`is read and written to the same bytes: ${name} (${origin})`, () => {
      assert.deepEqual(unpack(dialect, bytes), { ok: true, message });
      assert.equal(pack(dialect, message).toString('hex'), bytes.toString('hex'));
    });
  }
});

describe('a bitmap that others publish', () => {
  // Wikipedia, ISO 8583, CC BY-SA: the example of its section on bitmaps.
  test('names the fields that they say', () => {
    const present = [2, 7, 12, 28, 32, 39, 41, 42, 50, 53, 62];
    const fields = {
      2: '4111111111111111',
      7: '0911131411',
      12: '131411',
      28: 'C00000100',
      32: '423935',
      39: '00',
      41: 'TERMID01',
      42: 'MERCHANT0000001',
      50: '978',
      53: '0000000000000000',
      62: 'X',
    };
    assert.deepEqual(Object.keys(fields).map(Number), present);
    const bytes = pack(bcd1987, { mti: '0110', fields });
    assert.equal(bytes.toString('hex', 2, 10), '4210001102c04804');
  });

  // chileoffshore.com, show-bitmap: C000000000000001 0000000000000003 is 2, 64, 127 and 128.
  test('names fields of the second half', () => {
    const code = Buffer.alloc(8);
    const fields = { 2: '4111111111111111', 64: code, 127: 'X', 128: code };
    const bytes = pack(ascii1987, { mti: '0100', fields });
    assert.equal(bytes.toString('latin1', 4, 36), 'C0000000000000010000000000000003');
  });
});

const chip: Dialect = deriveDialect(bcd1987, {
  name: 'chip data only',
  fields: {
    55: {
      name: 'Chip data',
      content: 'b',
      length: 999,
      prefix: 3,
      parts: { by: 'ber-tag', depth: 4, opaque: ['71'] },
    },
  },
});
/** A message of chip data only. */
const withChip = (data: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from('01000000000000000200', 'hex'),
    Buffer.from(String(data.length).padStart(4, '0'), 'hex'),
    data,
  ]);

describe('chip data that others publish', () => {
  // evsinev/ber-tlv, BerTlvParserTest, Apache-2.0: the tags of a whole authorization.
  const authorization =
    hex(`50045649534157131000023100000033d44122011003400000481f5a0810000231000000335f201a43415244332f
    454d5620202020202020202020202020202020205f24034412315f280206435f2a0206435f300202015f34010682
    025c008407a0000000031010950540800080009a031402109b02e8009c01009f02060000000301049f0306000000
    0000009f0607a00000000310109f0902008c9f100706010a03a0a1009f1a0208269f1c0830363034353339309f1e
    0830363034353339309f2608cbfc767977111f159f2701809f3303e0b8c89f34035e03009f3501229f3602000e9f
    3704461bda7c9f410400000063`);

  test('is read tag by tag and written to the same bytes', () => {
    const read = unpack(chip, withChip(authorization));
    assert.ok(read.ok);
    const tags = read.message.fields[55] as Map<string, Buffer>;
    assert.equal(tags.size, 31);
    assert.equal(tags.get('5A')?.toString('hex'), '1000023100000033');
    assert.equal(tags.get('9F26')?.toString('hex'), 'cbfc767977111f15');
    assert.equal(tags.get('5F20')?.toString('latin1').trimEnd(), 'CARD3/EMV');
    assert.deepEqual(pack(chip, read.message), withChip(authorization));
  });

  // The same tests: a template with a length of two bytes, which repeats a tag in a script.
  const script =
    hex(`e08191717f9f180412345678860d84240000085ae957e8818d95a8860d842400000836d244954747ec1e860d8424
    0000083863b1c179be38ac860d8424000008254db4b4ecdb2174860d8424000008678df9128478e28f860d842400
    0008514c8fd95a216c0b860d84240000081f623465db0c9559860d84240000082a5a0a9a828aba0a910a42500e43
    81a4677a30308a023030`);

  test('is read in its levels, a script whole', () => {
    const read = unpack(chip, withChip(script));
    assert.ok(read.ok);
    const template = (read.message.fields[55] as Map<string, Map<string, Buffer>>).get('E0');
    assert.deepEqual([...(template?.keys() ?? [])], ['71', '91', '8A']);
    assert.equal(template?.get('71')?.length, 0x7f);
    assert.deepEqual(pack(chip, read.message), withChip(script));
  });
});

describe('EBCDIC', () => {
  // The 95 printable characters of ASCII, by glibc's iconv (IBM037, IBM500, IBM1047).
  const same = {
    letters: `818283848586878889919293949596979899a2a3a4a5a6a7a8a9`,
    capitals: `c1c2c3c4c5c6c7c8c9d1d2d3d4d5d6d7d8d9e2e3e4e5e6e7e8e9`,
    digits: 'f0f1f2f3f4f5f6f7f8f9',
  };
  const published = {
    'ebcdic-037': [
      '405a7f7b5b6c507d4d5d5c4e6b604b61',
      '7a5e4c7e6e6f7c',
      'bae0bbb06d79',
      'c04fd0a1',
    ],
    'ebcdic-500': [
      '404f7f7b5b6c507d4d5d5c4e6b604b61',
      '7a5e4c7e6e6f7c',
      '4ae05a5f6d79',
      'c0bbd0a1',
    ],
    'ebcdic-1047': [
      '405a7f7b5b6c507d4d5d5c4e6b604b61',
      '7a5e4c7e6e6f7c',
      'ade0bd5f6d79',
      'c04fd0a1',
    ],
  } as const;

  for (const page of ['ebcdic-037', 'ebcdic-500', 'ebcdic-1047'] as const) {
    test(`has every printable character where others have it: ${page}`, () => {
      const [signs, afterDigits, afterCapitals, afterLetters] = published[page];
      assert.equal(
        Buffer.from(ebcdicBytes(page).subarray(0x20, 0x7f)).toString('hex'),
        signs +
          same.digits +
          afterDigits +
          same.capitals +
          afterCapitals +
          same.letters +
          afterLetters,
      );
    });
  }

  // moov-io/iso8583, encoding/ebcdic1047_test.go, Apache-2.0.
  test('spells a phrase as others do', () => {
    const dialect = deriveDialect(ascii1987, {
      name: 'EBCDIC 1047',
      spelling: { text: 'ebcdic-1047' },
    });
    const bytes = pack(dialect, { mti: '0100', fields: { 44: 'hello, world!' } });
    assert.equal(bytes.subarray(-13).toString('hex'), '88859393966b40a6969993845a');
    assert.equal(bytes.subarray(-15, -13).toString(), '13');
  });
});

describe('what others take and we do not', () => {
  // moov-io/iso8583, test/testdata/iso_reversal_message_advice.dat: field 2 is announced and empty.
  test('a field that is announced and empty', () => {
    const bytes = ascii(
      '04207230008100000000001800000000000300000109080646100331001120331100011122233',
    );
    const refused = unpack(ascii1987, bytes);
    assert.ok(!refused.ok);
    assert.deepEqual([refused.path, refused.code], ['2', 'length_below_minimum']);
  });

  // The same folder, message_with_number_bcd_encoding.dat: a second bitmap without fields.
  test('a second bitmap in which nothing is set', () => {
    const bytes = ascii('0800823000000000000000000000000000000420090613900001090613');
    const refused = unpack(ascii1987, bytes);
    assert.ok(!refused.ok);
    assert.deepEqual([refused.path, refused.code], ['bitmap', 'bitmap_second_empty']);
  });

  // nao1215/iso8583tool, e2e, MIT: a message type with a letter.
  test('a message type with a letter', () => {
    const refused = unpack(ascii1987, ascii('080A02380100008100000400000000000000'));
    assert.ok(!refused.ok);
    assert.deepEqual([refused.path, refused.code], ['mti', 'bad_digit']);
  });
});
