import type { Random } from '#kit/context';

const letters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** `req_` and 18 letters and digits, over 100 bits: unique, and of no meaning. */
export const newRequestId = (random: Random): string => {
  let id = 'req_';
  for (const byte of random.bytes(18)) id += letters[byte % 62];
  return id;
};
