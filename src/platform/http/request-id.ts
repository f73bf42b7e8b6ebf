import type { Random } from '#kit/context';

const letters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** `req_` and 18 letters and digits, over 100 bits: unique, and of no meaning. */
export const newRequestId = (random: Random): string => {
  const bytes = random.bytes(18);
  let id = 'req_';
  for (let at = 0; at < bytes.length; at += 1) id += letters[bytes[at]! % 62];
  return id;
};
