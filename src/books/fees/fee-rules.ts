// Fee rules as data. A set is a list of rules, each in a group: of a group the first rule that fits is
// taken, and what the groups give is added up. So "3.4 % for cards from abroad, else 2.9 %" is one group,
// and "plus 1.5 % when the card is from another continent" is another.

import type { Rounding } from '#kit/money';
import type { Origin } from './origin.ts';

export type FeeOccasion = 'payment' | 'refund' | 'dispute' | 'payout';

/** What a fee may depend on. What is not known fits no rule that asks for it. */
export type FeeFacts = {
  readonly occasion: FeeOccasion;
  readonly amount: bigint;
  readonly currency: string;
  /** `card`, `sepa_debit` … */
  readonly method: string;
  readonly brand?: string;
  readonly funding?: Funding;
  /** Where the card was issued: two letters. */
  readonly country?: string;
};

export type Funding = 'credit' | 'debit' | 'prepaid' | 'unknown';

export type FeeRule = {
  readonly group: string;
  readonly description: string;
  readonly occasion: FeeOccasion;
  readonly when?: {
    readonly methods?: readonly string[];
    readonly currencies?: readonly string[];
    readonly brands?: readonly string[];
    readonly fundings?: readonly string[];
    readonly origins?: readonly Origin[];
  };
  /** The merchant's country, of whoever asks where a card comes from. */
  readonly home?: string;
  /** Millionths of the amount: 2.9 % is 29000. */
  readonly ratePpm?: number;
  /** By currency, in the API's units. */
  readonly fixed?: Readonly<Record<string, number>>;
  /** In hundredths of a currency that `fixed` does not name: 30 is 0.30. */
  readonly fixedElse?: number;
  /**
   * Adds what issuer and network take (interchange++), by their price lists: what they took of this payment is told
   * only when it is settled. Of a funding that is not named it is the highest.
   */
  readonly passThrough?: boolean;
  readonly interchangePpm?: Readonly<Partial<Record<Funding, number>>>;
  readonly schemePpm?: number;
  readonly minimum?: Readonly<Record<string, number>>;
  readonly maximum?: Readonly<Record<string, number>>;
  /** `half_up` unless said otherwise. Once per rule, at the end. */
  readonly rounding?: Rounding;
};

export type FeeRuleSet = { readonly version: number; readonly rules: readonly FeeRule[] };

/** Stripe's own standard prices in the United States, with its fixed parts elsewhere. */
export const STANDARD_FEES: FeeRuleSet = {
  version: 0,
  rules: [
    {
      group: 'processing',
      description: 'Tollgate processing fees',
      occasion: 'payment',
      ratePpm: 29_000,
      fixed: {
        usd: 30,
        aud: 30,
        cad: 30,
        chf: 30,
        eur: 25,
        gbp: 20,
        dkk: 180,
        hkd: 235,
        jpy: 0,
        mxn: 300,
        nok: 200,
        nzd: 30,
        pln: 100,
        sek: 180,
        sgd: 50,
      },
      fixedElse: 30,
    },
    {
      group: 'dispute',
      description: 'Dispute fee',
      occasion: 'dispute',
      fixed: { usd: 1_500, eur: 2_000, gbp: 2_000, jpy: 1_300 },
      fixedElse: 1_500,
    },
  ],
};
