// Where the code that proves a message comes in. The codec knows where it stands and which bytes it
// covers; keys and algorithms belong to whoever gives `compute`.

import { assert } from '#kit/assert';

export const MAC_BYTES = 8;

export type Mac = {
  readonly field: 64 | 128;
  /** Gets every byte of the message in front of the field, type and bitmaps included; gives eight. */
  readonly compute: (bytes: Buffer) => Buffer;
};

export const computeMac = (mac: Mac, bytes: Buffer): Buffer => {
  const code = mac.compute(bytes);
  assert(code.length === MAC_BYTES, 'A message authentication code has eight bytes');
  return code;
};
