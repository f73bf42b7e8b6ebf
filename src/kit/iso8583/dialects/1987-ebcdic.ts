// The dialect of mainframes: everything that is text is EBCDIC, bitmaps and bytes are as they are.

import { deriveDialect } from '../dialect.ts';
import { ascii1987 } from './1987-ascii.ts';

export const ebcdic1987 = deriveDialect(ascii1987, {
  name: 'ISO 8583:1987, EBCDIC',
  spelling: {
    mti: 'ebcdic-037',
    bitmap: 'bytes',
    text: 'ebcdic-037',
    digits: 'ebcdic-037',
    bytes: 'bytes',
    lengths: 'ebcdic-037',
  },
});
