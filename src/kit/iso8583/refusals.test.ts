import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  ascii1987,
  bcd1987,
  type Dialect,
  ebcdic1987,
  type FieldValue,
  type Mac,
  MESSAGE_BYTES_MAX,
  pack,
  type RefusalCode,
  refusalCodes,
  tryPack,
  unpack,
} from '#kit/iso8583';
import { mixed, wordy } from './for-tests-dialects.ts';

const hex = (digits: string): Buffer => Buffer.from(digits.replaceAll(/\s/g, ''), 'hex');
const ascii = (text: string): Buffer => Buffer.from(text, 'latin1');
const ebcdic = (digits: string): string => [...digits].map((digit) => `F${digit}`).join('');

/** A message of BCD that has field 55 only. */
const chip = (data: string): Buffer => {
  const bytes = hex(data);
  return hex(`0100 0000000000000200 ${String(bytes.length).padStart(4, '0')} ${data}`);
};

const code = Buffer.from('12345678');
const mac: Mac = { field: 64, compute: () => code };

type Row = readonly [
  name: string,
  dialect: Dialect,
  bytes: Buffer,
  path: string,
  code: RefusalCode,
  mac?: Mac,
];

const toRead: readonly Row[] = [
  ['nothing', ascii1987, Buffer.alloc(0), 'mti', 'truncated'],
  ['half a type', ascii1987, ascii('01'), 'mti', 'truncated'],
  ['a type with a letter', ascii1987, ascii('0X00'), 'mti', 'bad_digit'],
  ['a type of 1993', ascii1987, ascii('11000000000000000000'), 'mti', 'mti_unknown'],
  ['a type of no class', ascii1987, ascii('00000000000000000000'), 'mti', 'mti_unknown'],
  ['a type of no function', ascii1987, ascii('01900000000000000000'), 'mti', 'mti_unknown'],
  ['a type in ASCII among EBCDIC', ebcdic1987, ascii('01000000'), 'mti', 'bad_digit'],
  [
    'more than 64 kB',
    ascii1987,
    Buffer.alloc(MESSAGE_BYTES_MAX + 1, '0'),
    'message',
    'message_too_long',
  ],

  ['half a bitmap', ascii1987, ascii('01007000'), 'bitmap', 'truncated'],
  ['half a second bitmap', ascii1987, ascii('0100F0000000000000000000'), 'bitmap', 'truncated'],
  [
    'a bitmap with a letter',
    ascii1987,
    ascii('0100700000000000000G'),
    'bitmap',
    'bitmap_bad_digit',
  ],
  [
    'a bitmap in small letters',
    ascii1987,
    ascii('0100a000000000000000'),
    'bitmap',
    'bitmap_bad_digit',
  ],
  [
    'a second bitmap that is empty',
    ascii1987,
    ascii(`01008${'0'.repeat(31)}`),
    'bitmap',
    'bitmap_second_empty',
  ],
  [
    'a second bitmap that is not announced',
    mixed,
    hex('0100 2000000000000000'),
    'bitmap',
    'bitmap_second_missing',
  ],
  [
    'a second bitmap that must not be announced',
    wordy,
    hex(ebcdic('01008000000000000000')),
    'bitmap',
    'bitmap_flag_wrong',
  ],
  [
    'a field that the dialect lacks',
    ascii1987,
    ascii(`01008${'0'.repeat(15)}8${'0'.repeat(15)}1`),
    '65',
    'field_unknown',
  ],
  [
    'a field that was taken out',
    mixed,
    hex('0100 8000000000000000 0000000001000000'),
    '104',
    'field_unknown',
  ],
  ['one field too few', ascii1987, ascii('01002000000000000000'), '3', 'truncated'],
  ['one byte too few', ascii1987, ascii('0100200000000000000000000'), '3', 'truncated'],
  [
    'one byte too many',
    ascii1987,
    ascii('010020000000000000000000000'),
    'message',
    'trailing_bytes',
  ],

  [
    'a length with a letter',
    ascii1987,
    ascii('010040000000000000001X4111'),
    '2',
    'length_bad_digit',
  ],
  ['a length that is cut', ascii1987, ascii('010040000000000000001'), '2', 'truncated'],
  ['a length in front of less', ascii1987, ascii('01004000000000000000164111'), '2', 'truncated'],
  [
    'a length over the maximum',
    ascii1987,
    ascii(`0100400000000000000020${'4'.repeat(20)}`),
    '2',
    'length_over_maximum',
  ],
  ['a length of nothing', ascii1987, ascii('0100400000000000000000'), '2', 'length_below_minimum'],
  [
    'an LLLVAR of 999 with 998',
    ascii1987,
    ascii(`01000000000000010000999${'x'.repeat(998)}`),
    '48',
    'truncated',
  ],
  [
    'a length of four digits in BCD',
    bcd1987,
    hex(`0100 0000000000010000 1000 ${'41'.repeat(1000)}`),
    '48',
    'length_over_maximum',
  ],
  ['a length in bad BCD', bcd1987, hex('0100 4000000000000000 1A 4111'), '2', 'length_bad_digit'],
  [
    'a length in bad EBCDIC',
    ebcdic1987,
    hex(`${ebcdic('0100')} 4000000000000000 F1C6 F4`),
    '2',
    'length_bad_digit',
  ],
  [
    'a binary length of 255',
    mixed,
    hex('0100 C000000000000000 0000000000000000 FF'),
    '2',
    'length_over_maximum',
  ],

  ['a letter among digits', ascii1987, ascii('0100200000000000000000000X'), '3', 'bad_digit'],
  ['a nibble that is no digit', bcd1987, hex('0100 2000000000000000 00000C'), '3', 'bad_digit'],
  [
    'an EBCDIC letter among digits',
    ebcdic1987,
    hex(`${ebcdic('0100')} 2000000000000000 F0F0F0F0F0C1`),
    '3',
    'bad_digit',
  ],
  [
    'a control character in text',
    ascii1987,
    ascii('01000000000000800000TERM\u0000001'),
    '41',
    'bad_character',
  ],
  [
    'a character beyond ASCII',
    ascii1987,
    ascii('01000000000000800000TERM\u00e9001'),
    '41',
    'bad_character',
  ],
  [
    'an EBCDIC control in text',
    ebcdic1987,
    hex(`${ebcdic('0100')} 0000000000800000 E3C5D9D40025F0F1`),
    '41',
    'bad_character',
  ],
  ['a sign that is none', ascii1987, ascii('01000000001000000000X00000100'), '28', 'bad_character'],
  ['a sign and a letter', ascii1987, ascii('01000000001000000000C0000010X'), '28', 'bad_digit'],
  ['a pad that is not zero', bcd1987, hex('0100 0000200000000000 1840'), '19', 'bad_pad'],
  [
    'a pad that is not F',
    mixed,
    hex('0100 8000200000000000 0000000000000000 8400'),
    '19',
    'bad_pad',
  ],
  [
    'a code that is not hexadecimal',
    ascii1987,
    ascii('01000000000000000001001122334455667G'),
    '64',
    'bad_digit',
  ],

  ['a tag of 00', bcd1987, chip('00 00'), '55', 'tag_malformed'],
  ['a tag of FF and no more', bcd1987, chip('FF'), '55', 'truncated'],
  ['a tag that begins with 80', bcd1987, chip('9F8001 00'), '55', 'tag_malformed'],
  ['a tag of four bytes', bcd1987, chip('9F818182 00'), '55', 'tag_malformed'],
  ['a tag that is cut', bcd1987, chip('9F'), '55', 'truncated'],
  ['a tag without a length', bcd1987, chip('9F26'), '55.9F26', 'truncated'],
  ['a tag with less than its length', bcd1987, chip('9F26 08 11'), '55.9F26', 'truncated'],
  [
    'a tag with the length of what follows',
    bcd1987,
    chip('9F26 7F 11 9F27 01 80'),
    '55.9F26',
    'truncated',
  ],
  ['an indefinite length', bcd1987, chip('9F26 80 0000'), '55.9F26', 'tlv_length_malformed'],
  [
    'a length of four bytes',
    bcd1987,
    chip('9F26 84 00000001 11'),
    '55.9F26',
    'tlv_length_malformed',
  ],
  [
    'a length longer than it need be',
    bcd1987,
    chip('9F26 81 01 11'),
    '55.9F26',
    'tlv_length_malformed',
  ],
  ['a length that is cut', bcd1987, chip('9F26 82 01'), '55.9F26', 'truncated'],
  ['a tag twice', bcd1987, chip('9F27 01 80 9F27 01 80'), '55.9F27', 'tag_duplicate'],
  ['a tag twice inside', bcd1987, chip('E0 06 9C 01 00 9C 01 00'), '55.E0.9C', 'tag_duplicate'],
  [
    'a tag that is longer than what holds it',
    bcd1987,
    chip('E0 03 9C 02 00 00'),
    '55.E0.9C',
    'truncated',
  ],
  [
    'levels without end',
    bcd1987,
    chip('E0 08 E1 06 E2 04 E3 02 E4 00'),
    '55.E0.E1.E2.E3',
    'tlv_too_deep',
  ],
  ['a thousand levels', bcd1987, chip('E0'.repeat(998)), '55.E0', 'tlv_length_malformed'],

  [
    'parts that are cut',
    wordy,
    hex(`${ebcdic('01000000000000200000')} ${ebcdic('0'.repeat(16))} C1`),
    '43',
    'truncated',
  ],
  [
    'a tag of text that nobody knows',
    mixed,
    hex(`0100 8000000000010000 0000000000000000 0004 F9F9 F0F1`),
    '48',
    'field_unknown',
  ],
  [
    'a tag of text twice',
    mixed,
    hex(`0100 8000000000010000 0000000000000000 0006 F4F2 05 F4F2 05`),
    '48.42',
    'tag_duplicate',
  ],
  [
    'a tag of text that is none',
    mixed,
    hex(`0100 8000000000010000 0000000000000000 0003 F4 00 05`),
    '48',
    'tag_malformed',
  ],
  [
    'half a tag of text',
    mixed,
    hex(`0100 8000000000010000 0000000000000000 0001 F4`),
    '48',
    'truncated',
  ],
  [
    'a tag of text over its maximum',
    mixed,
    hex(`0100 8000000000010000 0000000000000000 0004 F2F6 09 12`),
    '48.26',
    'length_over_maximum',
  ],
  [
    'a tag of text under its minimum',
    mixed,
    hex(`0100 8000000000010000 0000000000000000 0004 F2F6 02 12`),
    '48.26',
    'length_below_minimum',
  ],

  [
    'no code where one has to be',
    ascii1987,
    ascii('01002000000000000000000000'),
    '64',
    'mac_missing',
    mac,
  ],
  [
    'a code that does not prove',
    ascii1987,
    ascii('01000000000000000001FFFFFFFFFFFFFFFF'),
    '64',
    'mac_wrong',
    mac,
  ],
  [
    'fields after the code',
    ascii1987,
    ascii('0100800000000000000104000000000000003132333435363738301'),
    '64',
    'mac_not_last',
    mac,
  ],
];

type WriteRow = readonly [
  name: string,
  fields: Record<number, unknown>,
  path: string,
  code: RefusalCode,
  mac?: Mac,
];

const toWrite: readonly WriteRow[] = [
  ['a field that the dialect lacks', { 65: '1' }, '65', 'field_unknown'],
  ['a field that is not a number', { ['x' as never]: '1' }, 'x', 'field_unknown'],
  ['a field of another spelling', { ['04' as never]: '1' }, '04', 'field_unknown'],
  ['a number where text belongs', { 3: 0 }, '3', 'value_wrong_type'],
  ['text where bytes belong', { 52: '0011223344556677' }, '52', 'value_wrong_type'],
  ['text where tags belong', { 55: '9F26' }, '55', 'value_wrong_type'],
  ['parts by position where tags belong', { 55: { 1: '9F26' } }, '55', 'value_wrong_type'],
  ['a value that is too long', { 3: '0000000' }, '3', 'length_wrong'],
  ['a value that is too short', { 3: '00000' }, '3', 'length_wrong'],
  ['a variable value that is too long', { 2: '4'.repeat(20) }, '2', 'length_over_maximum'],
  ['a variable value of nothing', { 2: '' }, '2', 'length_below_minimum'],
  ['a letter among digits', { 3: '00000X' }, '3', 'bad_digit'],
  ['a name beyond ASCII', { 43: 'Bäckerei' }, '43', 'bad_character'],
  ['a character beyond Latin', { 43: 'Tōkyō' }, '43', 'bad_character'],
  ['a sign that is none', { 28: 'X25' }, '28', 'bad_character'],
  ['a tag that is none', { 55: new Map([['9', code]]) }, '55', 'tag_malformed'],
  ['a tag in small letters', { 55: new Map([['9f26', code]]) }, '55', 'tag_malformed'],
  ['two tags in one', { 55: new Map([['9A9C', code]]) }, '55', 'tag_malformed'],
  ['bytes in a constructed tag', { 55: new Map([['E0', code]]) }, '55.E0', 'value_wrong_type'],
  ['tags in a simple tag', { 55: new Map([['9C', new Map()]]) }, '55.9C', 'value_wrong_type'],
  ['text in a tag', { 55: new Map([['9C', '00']]) }, '55.9C', 'value_wrong_type'],
  [
    'tags beyond the maximum',
    { 55: new Map([['9C', Buffer.alloc(999)]]) },
    '55',
    'length_over_maximum',
  ],
  [
    'more than 64 kB of tags',
    { 55: new Map([['9C', Buffer.alloc(65_530)]]) },
    '55.9C',
    'message_too_long',
  ],
  ['no tags', { 55: new Map() }, '55', 'length_below_minimum'],
  ['a code that is computed', { 64: code }, '64', 'mac_given', mac],
  ['fields after the code', { 70: '301' }, '64', 'mac_not_last', mac],
];

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
