// One line of what an acquirer clears: a sale, money that went back, a chargeback, a fee. Gross is what
// moves between holder and merchant, from the merchant's side.

import { type Approval, type Change, movedBy } from '../issuer/approval.ts';
import { interchangeOf } from '../networks/networks.ts';
import type { BatchTotals } from './bank-fact.ts';
import { type Fees, feesOfDispute, feesOfReturn, feesOfSale } from './fees.ts';

export type ItemKind =
  | 'sale'
  | 'refund'
  | 'sale_reversal'
  | 'refund_reversal'
  | 'refund_failure'
  | 'chargeback'
  | 'chargeback_reversal'
  | 'dispute_fee';

export type ClearingItem = Fees & {
  /** Of the request or dispute that made it; unique. */
  readonly key: string;
  readonly kind: ItemKind;
  readonly merchant: string;
  readonly terminal: string;
  readonly rrn: string;
  readonly stan: string;
  readonly reference: string;
  readonly authorizationCode: string;
  readonly network: string;
  readonly funding: string;
  readonly dispute: string;
  readonly currency: string;
  readonly atMs: number;
  readonly grossMinor: bigint;
};

type Made = {
  readonly key: string;
  readonly kind: ItemKind;
  readonly stan?: string;
  readonly dispute?: string;
  readonly atMs: number;
};

export const itemOf = (approval: Approval, made: Made, grossMinor: bigint): ClearingItem => ({
  key: made.key,
  kind: made.kind,
  merchant: approval.merchant,
  terminal: approval.terminal,
  rrn: approval.rrn,
  stan: made.stan ?? '',
  reference: approval.paymentReference ?? '',
  authorizationCode: approval.authorizationCode,
  network: approval.network,
  funding: approval.funding,
  dispute: made.dispute ?? '',
  currency: approval.currency,
  atMs: made.atMs,
  grossMinor,
  ...feesOf(approval, made.kind, grossMinor),
});

/** Taking a sale back after it was cleared gives its fees back; nothing was bought in the end. */
const feesOf = ({ funding }: Approval, kind: ItemKind, grossMinor: bigint): Fees => {
  switch (kind) {
    case 'sale':
      return feesOfSale(funding, grossMinor);
    case 'chargeback_reversal':
      return { ...noFees, interchangeMinor: interchangeOf(funding, grossMinor) };
    case 'refund':
    case 'chargeback':
      return feesOfReturn(funding, -grossMinor);
    case 'sale_reversal':
      return negative(feesOfSale(funding, -grossMinor));
    case 'refund_reversal':
    case 'refund_failure':
      return negative(feesOfReturn(funding, grossMinor));
    case 'dispute_fee':
      return feesOfDispute;
  }
};

const noFees: Fees = { interchangeMinor: 0n, schemeMinor: 0n, acquirerMinor: 0n };

const negative = (fees: Fees): Fees => ({
  interchangeMinor: -fees.interchangeMinor,
  schemeMinor: -fees.schemeMinor,
  acquirerMinor: -fees.acquirerMinor,
});

/** What a request changed, as a line; undefined where no money moved. */
export const itemOfChange = (
  approval: Approval,
  change: Change,
  made: Omit<Made, 'kind'> & { readonly isReversal: boolean },
): ClearingItem | undefined => {
  const moved = movedBy(change);
  if (moved === 0n) return undefined;
  const forward: ItemKind = moved > 0n ? 'sale' : 'refund';
  const backward: ItemKind = moved > 0n ? 'refund_reversal' : 'sale_reversal';
  return itemOf(approval, { ...made, kind: made.isReversal ? backward : forward }, moved);
};

export const netOfItem = (item: ClearingItem): bigint =>
  item.grossMinor - item.interchangeMinor - item.schemeMinor - item.acquirerMinor;

export const totalsOf = (items: Iterable<ClearingItem>): BatchTotals => {
  let [count, grossMinor, interchangeMinor, schemeMinor, acquirerMinor] = [0, 0n, 0n, 0n, 0n];
  for (const item of items) {
    count += 1;
    grossMinor += item.grossMinor;
    interchangeMinor += item.interchangeMinor;
    schemeMinor += item.schemeMinor;
    acquirerMinor += item.acquirerMinor;
  }
  const netMinor = grossMinor - interchangeMinor - schemeMinor - acquirerMinor;
  return { count, grossMinor, interchangeMinor, schemeMinor, acquirerMinor, netMinor };
};
