// The dialects that the tests run over: ours, and two that use every way a format can be written.

import { type Dialect, deriveDialect, type FieldFormat } from './dialect.ts';
import { ascii1987 } from './dialects/1987-ascii.ts';
import { bcd1987 } from './dialects/1987-bcd.ts';
import { ebcdic1987 } from './dialects/1987-ebcdic.ts';

const merchantInParts: FieldFormat = {
  name: 'Merchant',
  content: 'ans',
  length: 40,
  parts: {
    by: 'position',
    of: [
      { name: 'Name', content: 'ans', length: 25, pad: 'spaces', log: 'clear' },
      { name: 'City', content: 'ans', length: 13, pad: 'spaces', log: 'clear' },
      { name: 'Country', content: 'a', length: 2, log: 'clear' },
    ],
  },
};

const privateInTags: FieldFormat = {
  name: 'Private data',
  content: 'ans',
  length: 999,
  prefix: 3,
  parts: {
    by: 'text-tag',
    tagLength: 2,
    of: {
      '01': { name: 'Order', content: 'ans', length: 40, prefix: 2, log: 'clear' },
      '26': { name: 'Security code', content: 'n', length: 4, prefix: 2, min: 3 },
      '42': { name: 'Electronic commerce indicator', content: 'n', length: 2, log: 'clear' },
      '43': { name: 'Authentication value', content: 'b', length: 20 },
    },
  },
};

/** Digits that fill up on the right, text of another code page, binary lengths, parts of both kinds. */
export const mixed: Dialect = deriveDialect(bcd1987, {
  name: 'mixed',
  spelling: { text: 'ebcdic-1047', lengths: 'binary', oddDigits: 'f-right' },
  secondBitmap: 'always',
  fields: { 43: merchantInParts, 48: privateInTags, 104: null },
});

/** Everything that can be a character is one of EBCDIC, bitmaps too. */
export const wordy: Dialect = deriveDialect(ebcdic1987, {
  name: 'wordy',
  spelling: { bitmap: 'hex-ebcdic', bytes: 'hex-ebcdic', text: 'ebcdic-500' },
  secondBitmap: 'always-unannounced',
  fields: { 43: merchantInParts, 48: privateInTags },
});

export const dialects: readonly Dialect[] = [ascii1987, bcd1987, ebcdic1987, mixed, wordy];
