// What the card's bank is told instead of a proof: that its holder need not be asked, and why.

import { type Claim, type ExemptionFacts, exemptionFor, isRegulated } from '#cards/three-ds';
import type { Context, Scope } from '#kit/context';
import { type Candidate, railsOf } from '#rails/connectors';
import { credentialOf } from './payment-request.ts';
import type { Attempt } from './send-attempt.ts';

/** One that the bank itself granted, when it was asked about its holder, comes with the proof. */
export const claimFor = async (
  context: Context,
  scope: Scope,
  given: Pick<
    Attempt,
    'intent' | 'method' | 'offSession' | 'isRecurring' | 'authentication' | 'mayClaim'
  > & { readonly candidate: Candidate },
): Promise<Claim | null> => {
  const { method, authentication, mayClaim, candidate } = given;
  if (authentication !== null) return authentication.exemption;
  // Most payments are asked no further: their cards are of countries that want nobody to be asked.
  if (!mayClaim || !isRegulated(method.card?.country ?? null)) return null;
  const terms = await railsOf(context).exemptionTerms(context, scope, candidate);
  return terms === null ? null : exemptionFor(factsOf(given), terms);
};

export const factsOf = ({
  intent,
  method,
  offSession,
  isRecurring,
}: Pick<Attempt, 'intent' | 'method' | 'offSession' | 'isRecurring'>): ExemptionFacts => ({
  initiator: offSession ? 'merchant' : 'payer',
  isRecurring,
  credential: credentialOf(intent, method),
  amount: intent.amount,
  currency: intent.currency,
  mayBeRaised: intent.cardOptions.incremental,
  cardCountry: method.card?.country ?? null,
});
