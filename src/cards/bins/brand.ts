import { type Brand, brandRules } from './brand-ranges.ts';

type Range = {
  readonly from: string;
  readonly to: string;
  readonly brand: Brand;
  readonly lengths: readonly number[];
  readonly cvcLength: 3 | 4;
};

/** The longest prefix first, so that the first range that fits is the right one. */
const ranges: readonly Range[] = brandRules
  .flatMap(({ brand, lengths, cvcLength, ranges }) =>
    ranges.map(([from, to]) => ({ from, to, brand, lengths, cvcLength })),
  )
  .sort((a, b) => b.from.length - a.from.length);

const rangeOf = (digits: string): Range | undefined =>
  ranges.find(({ from, to }) => {
    const prefix = digits.slice(0, from.length);
    return prefix.length === from.length && prefix >= from && prefix <= to;
  });

/** Null when no network issues such numbers. Needs the first six digits to be sure. */
export const brandOf = (digits: string): Brand | null => rangeOf(digits)?.brand ?? null;

/** Whether a network issues numbers of this length with these first digits. */
export const hasIssuedLength = (digits: string): boolean =>
  rangeOf(digits)?.lengths.includes(digits.length) ?? false;

export const cvcLengthOf = (digits: string): 3 | 4 => rangeOf(digits)?.cvcLength ?? 3;
