// Card numbers as bytes, because bytes can be zeroed and text cannot.

import type { CardFacts, Secret } from './vault.ts';

const ZERO = 48;
const DIGITS_MIN = 12;
const DIGITS_MAX = 19;
/** A digit count and the longest number: every sealed number is as long as every other. */
const PADDED_BYTES = 20;

/** Bytes that were handed over are zeroed once read. */
export const readNumber = (given: Secret): Buffer | null =>
  readDigits(given, DIGITS_MIN, DIGITS_MAX);

export const readCvc = (given: Secret): Buffer | null => readDigits(given, 3, 4);

const readDigits = (given: Secret, least: number, most: number): Buffer | null => {
  const bytes = typeof given === 'string' ? Buffer.from(given.slice(0, 64)) : given;
  const digits = Buffer.alloc(most);
  let length = 0;
  let malformed = typeof given === 'string' && given.length > 64;
  for (const byte of bytes) {
    // People write numbers in groups.
    if (byte === 0x20 || byte === 0x2d) continue;
    if (byte < ZERO || byte > ZERO + 9 || length === most) {
      malformed = true;
      break;
    }
    digits[length] = byte;
    length += 1;
  }
  bytes.fill(0);
  if (!malformed && length >= least) return digits.subarray(0, length);
  digits.fill(0);
  return null;
};

export const factsOf = (
  number: Buffer,
  testCardOf: (number: Buffer) => string | null,
): CardFacts => {
  const { length } = number;
  // At least three digits stay unknown; eight may be shown of sixteen and more only (PCI DSS 3.4.1).
  const bin = text(number, 0, Math.min(6, length - 4 - 3));
  return {
    bin,
    prefix: length >= 16 ? text(number, 0, 8) : bin,
    last4: text(number, length - 4, length),
    length,
    passesLuhn: passesLuhn(number),
    testCard: testCardOf(number),
  };
};

const text = (number: Buffer, from: number, to: number): string =>
  number.toString('latin1', from, to);

const passesLuhn = (number: Buffer): boolean => {
  let sum = 0;
  for (let place = 0; place < number.length; place += 1) {
    const digit = (number[number.length - 1 - place] as number) - ZERO;
    const value = place % 2 === 1 ? digit * 2 : digit;
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 === 0;
};

export const padNumber = (number: Buffer): Buffer => {
  const padded = Buffer.alloc(PADDED_BYTES);
  padded[0] = number.length;
  number.copy(padded, 1);
  return padded;
};

/** A view of the padded bytes: zeroing those zeroes it. */
export const unpadNumber = (padded: Buffer): Buffer =>
  padded.subarray(1, 1 + (padded[0] as number));
