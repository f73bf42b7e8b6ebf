// Postings of what comes after the sale: fees, what a merchant is owed, and money on bank accounts. As
// everywhere in these books what somebody owes is above zero, and what somebody has is below.

import type { Payment } from '../bank/bank-fact.ts';
import type { Fact } from '../world/fact.ts';
import type { Posting } from './postings.ts';

export const bankPostingsOf = (fact: Fact): readonly Posting[] => {
  switch (fact.fact) {
    case 'batch_closed':
      return batchOf(fact.batch);
    case 'network_settled':
      return networkOf(fact);
    case 'batch_funded':
      return fundingOf(fact);
    case 'payment_executed':
      return paymentOf(fact.payment, fact.payment.amountMinor, fact.isInternal);
    case 'payment_returned':
      return paymentOf(fact.payment, -fact.payment.amountMinor, false);
    default:
      return [];
  }
};

type Of<Name extends Fact['fact']> = Extract<Fact, { fact: Name }>;
type Line = readonly [account: string, amountMinor: bigint];

const booked = (institution: string, currency: string, lines: readonly Line[]): Posting[] =>
  lines
    .filter(([, amountMinor]) => amountMinor !== 0n)
    .map(([account, amountMinor]) => ({
      institution,
      currency,
      account: `${institution}/${account}`,
      amountMinor,
    }));

/** What was sold becomes what is owed, less the fees. */
const batchOf = (batch: Of<'batch_closed'>['batch']): readonly Posting[] =>
  booked('acquirer', batch.currency, [
    [`merchant/${batch.merchant}`, -batch.grossMinor],
    ['fees/interchange', batch.interchangeMinor],
    ['fees/scheme', batch.schemeMinor],
    ['fees/acquirer', batch.acquirerMinor],
    [`payable/${batch.merchant}`, batch.netMinor],
  ]);

const networkOf = (fact: Of<'network_settled'>): readonly Posting[] => {
  const { network, currency, amountMinor, iban } = fact;
  return [
    ...booked(`issuer/${network}`, currency, [
      ['due_to_network', -amountMinor],
      ['bank', amountMinor],
    ]),
    ...booked('acquirer', currency, [
      [`due_from_network/${network}`, amountMinor],
      ['bank', -amountMinor],
    ]),
    ...booked('bank', currency, [
      [`clearing/${network}`, -amountMinor],
      [`account/${iban}`, amountMinor],
    ]),
  ];
};

const fundingOf = (fact: Of<'batch_funded'>): readonly Posting[] => {
  const { merchant, currency, amountMinor, from, to } = fact;
  return [
    ...booked('acquirer', currency, [
      [`payable/${merchant}`, -amountMinor],
      ['bank', amountMinor],
    ]),
    ...booked('bank', currency, [
      [`account/${from}`, -amountMinor],
      [`account/${to}`, amountMinor],
    ]),
  ];
};

const paymentOf = (
  { debtor, creditor, currency }: Payment,
  amountMinor: bigint,
  isInternal: boolean,
): readonly Posting[] =>
  booked('bank', currency, [
    [`account/${debtor}`, -amountMinor],
    [isInternal ? `account/${creditor}` : 'clearing/transfers', amountMinor],
  ]);
