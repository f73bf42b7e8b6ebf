// Why the holder of a card need not be asked, where the law of Europe says that holders are asked. Pure: what
// is claimed is said to the card's bank with the payment, and the bank may want its holder all the same.

import type { Claim } from './authentication.ts';

export type ExemptionFacts = {
  readonly initiator: 'payer' | 'merchant';
  /** Of a merchant's own charges: one of a series at intervals. */
  readonly isRecurring: boolean;
  readonly credential: 'not_stored' | 'first' | 'subsequent';
  readonly amount: bigint;
  readonly currency: string;
  /** More may be held later than is asked for now. */
  readonly mayBeRaised: boolean;
  readonly cardCountry: string | null;
};

/** Of the merchant's account at its acquirer. */
export type ExemptionTerms = {
  readonly merchantCountry: string;
  /** In cents. Null where the acquirer has declared no analysis of risk. */
  readonly riskAnalysisMax: bigint | null;
  /** When the bank hears of an exemption: with the payment, or before it, as a question about the holder. */
  readonly by: 'authorization' | 'authentication';
};

/** The European Economic Area, and the United Kingdom for itself: from one to the other nobody has to be asked. */
const EEA: ReadonlySet<string> = new Set(
  'AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK'.split(
    ' ',
  ),
);

/** Whether the law of the card's country wants holders to be asked at all. */
export const isRegulated = (country: string | null): country is string =>
  country !== null && (country === 'GB' || EEA.has(country));

/** Whether it wants so of a payment from one to the other. */
export const isLaw = (cardCountry: string | null, merchantCountry: string): boolean =>
  isRegulated(cardCountry) &&
  isRegulated(merchantCountry) &&
  (cardCountry === 'GB') === (merchantCountry === 'GB');

/** In cents. Amounts of other currencies are not converted: nothing is claimed for them. */
const LOW_VALUE_MAX = 3_000n;

type Rule = {
  readonly claim: Claim;
  readonly fits: (facts: ExemptionFacts, terms: ExemptionTerms) => boolean;
};

/** The first that fits is claimed. */
const rules: readonly Rule[] = [
  {
    claim: 'recurring',
    fits: (facts) => isAgreed(facts) && facts.isRecurring,
  },
  {
    claim: 'merchant_initiated',
    fits: (facts) => isAgreed(facts),
  },
  {
    claim: 'low_value',
    fits: (facts) => isUpTo(facts, LOW_VALUE_MAX),
  },
  {
    claim: 'transaction_risk_analysis',
    fits: (facts, { riskAnalysisMax }) =>
      riskAnalysisMax !== null && isUpTo(facts, riskAnalysisMax),
  },
];

/** The holder agreed when the card was kept; a merchant's charge of any other card has no such ground. */
const isAgreed = ({ initiator, credential }: ExemptionFacts): boolean =>
  initiator === 'merchant' && credential === 'subsequent';

const isUpTo = (facts: ExemptionFacts, max: bigint): boolean =>
  facts.initiator === 'payer' &&
  facts.currency === 'eur' &&
  facts.amount <= max &&
  !facts.mayBeRaised;

/** Null: nothing is claimed. A card that is kept for later is never exempt: its holder agrees to more than this payment. */
export const exemptionFor = (facts: ExemptionFacts, terms: ExemptionTerms): Claim | null => {
  const { cardCountry, credential } = facts;
  if (!isLaw(cardCountry, terms.merchantCountry) || credential === 'first') return null;
  return rules.find(({ fits }) => fits(facts, terms))?.claim ?? null;
};
