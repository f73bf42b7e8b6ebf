// What the acquirer takes for its work, on top of the interchange that it passes on. Amounts are in
// minor units; a fee is above zero and lessens what the merchant gets.

import { type Funding, interchangeOf } from '../networks/networks.ts';

export type Fees = {
  readonly interchangeMinor: bigint;
  readonly schemeMinor: bigint;
  readonly acquirerMinor: bigint;
};

/** Stands in every report, so that an expectation can say by which prices it was made. */
export const PRICE_VERSION = '2026-1';

const SCHEME_BASIS_POINTS = 12n;
const ACQUIRER_BASIS_POINTS = 25n;
const ACQUIRER_PER_ITEM = 8n;
const DISPUTE_FEE = 1_500n;

/** Interchange, a share for the scheme, a share and a fixed amount for the acquirer. */
export const feesOfSale = (funding: Funding, amountMinor: bigint): Fees => ({
  interchangeMinor: interchangeOf(funding, amountMinor),
  schemeMinor: (amountMinor * SCHEME_BASIS_POINTS) / 10_000n,
  acquirerMinor: (amountMinor * ACQUIRER_BASIS_POINTS) / 10_000n + ACQUIRER_PER_ITEM,
});

/** Money that goes back takes its interchange with it; the work is paid again, not given back. */
export const feesOfReturn = (funding: Funding, amountMinor: bigint): Fees => ({
  interchangeMinor: -interchangeOf(funding, amountMinor),
  schemeMinor: 0n,
  acquirerMinor: ACQUIRER_PER_ITEM,
});

export const feesOfDispute: Fees = {
  interchangeMinor: 0n,
  schemeMinor: 0n,
  acquirerMinor: DISPUTE_FEE,
};
