// Which postings a fact makes. The issuer's books and the acquirer's books each balance by themselves;
// what one owes the other stands in both until it is settled.

import { type Approval, movedBy } from '../issuer/approval.ts';
import { interchangeOf } from '../networks/networks.ts';
import type { Fact } from '../world/fact.ts';
import { bankPostingsOf } from './bank-postings.ts';

export type Posting = {
  readonly institution: string;
  readonly account: string;
  readonly currency: string;
  readonly amountMinor: bigint;
};

export const postingsOf = (fact: Fact, approval: Approval | undefined): readonly Posting[] => {
  switch (fact.fact) {
    case 'account_opened':
      return openingOf(fact);
    case 'disputed':
    case 'dispute_moved':
    case 'refund_failed':
      return approval === undefined ? [] : chargeOf(approval, fact.movedMinor);
    default:
      if (approval !== undefined && 'change' in fact) {
        return chargeOf(approval, movedBy(fact.change));
      }
      return bankPostingsOf(fact);
  }
};

const openingOf = (fact: Extract<Fact, { fact: 'account_opened' }>): readonly Posting[] => {
  const { network, card, currency, openingMinor } = fact;
  const institution = `issuer/${network}`;
  return [
    { institution, currency, account: `${institution}/funding`, amountMinor: -openingMinor },
    { institution, currency, account: holderAccount(network, card), amountMinor: openingMinor },
  ];
};

export const holderAccount = (network: string, card: string): string =>
  `issuer/${network}/holder/${card}`;

/** Below zero it is taken back, interchange and all. */
const chargeOf = (approval: Approval, movedMinor: bigint): readonly Posting[] => {
  const { network, funding, card, merchant, currency } = approval;
  const interchange = interchangeOf(funding, movedMinor);
  const owed = movedMinor - interchange;
  const issuer = `issuer/${network}`;
  const ofIssuer = (account: string, amountMinor: bigint): Posting => ({
    institution: issuer,
    currency,
    account: `${issuer}/${account}`,
    amountMinor,
  });
  const ofAcquirer = (account: string, amountMinor: bigint): Posting => ({
    institution: 'acquirer',
    currency,
    account: `acquirer/${account}`,
    amountMinor,
  });
  return [
    ofIssuer(`holder/${card}`, -movedMinor),
    ofIssuer('interchange', interchange),
    ofIssuer('due_to_network', owed),
    ofAcquirer(`due_from_network/${network}`, -owed),
    ofAcquirer('interchange', -interchange),
    ofAcquirer(`merchant/${merchant}`, movedMinor),
  ].filter(({ amountMinor }) => amountMinor !== 0n);
};
