// The dialect of terminals: two digits in a byte, lengths too, bitmaps and bytes as they are, text in
// ASCII. An odd number of digits has a zero in front.

import { deriveDialect } from '../dialect.ts';
import { ascii1987 } from './1987-ascii.ts';

export const bcd1987 = deriveDialect(ascii1987, {
  name: 'ISO 8583:1987, BCD',
  spelling: { mti: 'bcd', bitmap: 'bytes', digits: 'bcd', bytes: 'bytes', lengths: 'bcd' },
});
