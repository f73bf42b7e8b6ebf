import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Claim } from './authentication.ts';
import { type ExemptionFacts, type ExemptionTerms, exemptionFor } from './exemptions.ts';

const payer: ExemptionFacts = {
  initiator: 'payer',
  isRecurring: false,
  credential: 'not_stored',
  amount: 20_000n,
  currency: 'eur',
  mayBeRaised: false,
  cardCountry: 'FR',
};
const merchant: ExemptionFacts = { ...payer, initiator: 'merchant', credential: 'subsequent' };
const terms: ExemptionTerms = {
  merchantCountry: 'DE',
  riskAnalysisMax: null,
  by: 'authorization',
};
const analysed: ExemptionTerms = { ...terms, riskAnalysisMax: 25_000n };

type Case = readonly [
  when: string,
  facts: Partial<ExemptionFacts>,
  terms: ExemptionTerms,
  claim: Claim | null,
];

describe('of a payer who is there', () => {
  const cases: readonly Case[] = [
    ['nothing is claimed of itself', {}, terms, null],
    ['30 euros are a low value', { amount: 3_000n }, terms, 'low_value'],
    ['a cent more is none', { amount: 3_001n }, terms, null],
    ['30 of another currency are not converted', { amount: 3_000n, currency: 'sek' }, terms, null],
    [
      'a stored card may be of low value',
      { amount: 1n, credential: 'subsequent' },
      terms,
      'low_value',
    ],
    ['a card that is kept is asked about', { amount: 1n, credential: 'first' }, analysed, null],
    ['risk counts where the acquirer says so', {}, analysed, 'transaction_risk_analysis'],
    ['up to its limit', { amount: 25_000n }, analysed, 'transaction_risk_analysis'],
    ['and not above', { amount: 25_001n }, analysed, null],
    ['nor in another currency', { currency: 'usd' }, analysed, null],
    ['nor where more may follow', { amount: 1n, mayBeRaised: true }, analysed, null],
    ['a low value goes before', { amount: 3_000n }, analysed, 'low_value'],
    ['a series is a matter of merchants', { isRecurring: true }, terms, null],
  ];
  for (const [when, facts, its, claim] of cases) {
    test(when, () => assert.equal(exemptionFor({ ...payer, ...facts }, its), claim));
  }
});

describe('of a merchant who charges alone', () => {
  const cases: readonly Case[] = [
    ['a stored card was agreed on', {}, terms, 'merchant_initiated'],
    [
      'whatever the amount and currency',
      { amount: 900_000n, currency: 'usd' },
      terms,
      'merchant_initiated',
    ],
    ['so was a series', { isRecurring: true }, terms, 'recurring'],
    ['a card that nobody kept was not', { credential: 'not_stored', amount: 1n }, analysed, null],
    ['nor one that is kept just now', { credential: 'first', amount: 1n }, analysed, null],
  ];
  for (const [when, facts, its, claim] of cases) {
    test(when, () => assert.equal(exemptionFor({ ...merchant, ...facts }, its), claim));
  }
});

describe('where nobody has to be asked nothing is claimed', () => {
  const pairs: readonly (readonly [card: string | null, merchant: string, isClaimed: boolean])[] = [
    ['FR', 'DE', true],
    ['IS', 'NO', true],
    ['GB', 'GB', true],
    ['GB', 'DE', false],
    ['FR', 'GB', false],
    ['US', 'DE', false],
    ['FR', 'US', false],
    ['US', 'US', false],
    [null, 'DE', false],
  ];
  for (const [cardCountry, merchantCountry, isClaimed] of pairs) {
    test(`a card of ${cardCountry ?? 'an unknown country'} in ${merchantCountry}`, () => {
      const its = { ...terms, merchantCountry };
      const claim = exemptionFor({ ...merchant, cardCountry }, its);
      assert.equal(claim, isClaimed ? 'merchant_initiated' : null);
    });
  }
});
