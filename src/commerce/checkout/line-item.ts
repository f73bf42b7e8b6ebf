// One line of what is paid for, and the sums of them: computed here alone, in whole minor units, from what
// the merchant's server said. A browser says quantities at most, within the bounds it was given.

import type { Uuid } from '#kit/ids';

export type LineItem = {
  readonly id: Uuid;
  readonly quantity: number;
  readonly adjustable: Adjustable | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly price: InlinePrice;
};

export type Adjustable = {
  readonly minimum: number;
  readonly maximum: number;
};

/** Given with the line; shown as a price of its own, which nothing else can use. */
export type InlinePrice = {
  readonly id: Uuid;
  readonly productId: Uuid;
  readonly currency: string;
  readonly unitAmount: bigint;
  readonly taxBehavior: 'exclusive' | 'inclusive' | 'unspecified';
  readonly name: string;
  readonly description: string | null;
  readonly images: readonly string[];
  /** Of the product; left out where nothing was said. */
  readonly productMetadata?: Readonly<Record<string, string>>;
  readonly taxCode?: string;
  readonly unitLabel?: string;
};

export const QUANTITY_MAX = 999_999;

export const lineAmount = ({ quantity, price }: Pick<LineItem, 'quantity' | 'price'>): bigint =>
  BigInt(quantity) * wide(price.unitAmount);

/** In a snapshot an amount is a number. */
export const wide = (amount: bigint | number): bigint => BigInt(amount);

export const subtotalOf = (lines: readonly LineItem[]): bigint =>
  lines.reduce((sum, line) => sum + lineAmount(line), 0n);
