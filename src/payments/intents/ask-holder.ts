// Asks the holder of a card by 3-D Secure, where the account that is to take the money leaves that to us.
// Of itself it asks nobody: a merchant wants it, or the card's bank does, or the bank is to hear that its holder
// need not be asked. Whoever is not there is not asked.

import {
  beginAuthentication,
  exemptionFor,
  isLaw,
  isRegulated,
  type Preference,
} from '#cards/three-ds';
import type { Context, Scope } from '#kit/context';
import { type Candidate, type HolderTerms, railsOf } from '#rails/connectors';
import type { AuthenticationAsked, AuthenticationSaid } from './authenticate.ts';
import { factsOf } from './claim-exemption.ts';
import { isManual, type PaymentIntent } from './payment-intent.ts';
import { credentialOf } from './payment-request.ts';
import { returnAddressOf } from './return-address.ts';

const nobody = { ok: true, authentication: null } as const;

export const askHolder = async (
  context: Context,
  scope: Scope,
  asked: AuthenticationAsked,
): Promise<AuthenticationSaid> => {
  const { intent, method } = asked;
  const { card, cardId, billing } = method;
  if (card === null || cardId === null || asked.offSession) return nobody;
  const wish = asked.demandedBy ?? wantedBy(intent) ?? (mayBeExempt(asked) ? 'exemption' : null);
  if (wish === null) return nobody;
  const candidate = await firstFor(context, scope, asked, card.brand);
  if (candidate === undefined) return nobody;
  const terms = await railsOf(context).holderTerms(context, scope, candidate);
  if (terms === null) return nobody;
  const preference =
    wish === 'exemption'
      ? await exemptionBefore(context, scope, asked, candidate)
      : preferenceOf(wish, asked, terms);
  if (preference === null) return nobody;

  const begun = await beginAuthentication(context, {
    scope,
    intentId: intent.id,
    card: cardId,
    brand: card.brand,
    amount: intent.amount,
    currency: intent.currency,
    merchant: terms.merchant,
    directoryServer: terms.directoryServer,
    reach: terms.reach,
    payer: { name: billing.name, email: billing.email },
    preference,
    ...wayBackOf(context, scope, asked),
  });
  switch (begun.state) {
    case 'challenge':
      return { ok: false, why: 'challenge', url: begun.url, id: begun.id };
    case 'refused':
      return { ok: false, why: 'refused' };
    // Nothing speaks against the holder: what the bank makes of it is the bank's to say.
    case 'not_possible':
    case 'done':
      return nobody;
  }
};

/** By us, who tell the merchant's page what came of it; a page of ours asks by itself. */
const wayBackOf = (
  context: Context,
  scope: Scope,
  { intent: { id, returnUrl, madeBy }, isSetup = false, isInPage = false }: AuthenticationAsked,
): { readonly returnUrl?: string } => {
  if (returnUrl === null || isInPage) return {};
  if (madeBy !== null) return { returnUrl };
  return { returnUrl: returnAddressOf(context, scope, id, isSetup ? 'setup' : 'payment') };
};

/** Whoever asks of his own wishes for it; the law, or a bank that declined without, leaves no choice. */
const preferenceOf = (
  wish: 'bank' | 'defence' | 'any' | 'challenge',
  { intent, method, isSetup = false }: AuthenticationAsked,
  { merchant }: HolderTerms,
): Preference => {
  const isKept = isSetup || credentialOf(intent, method) === 'first';
  if (wish === 'bank' || (isKept && isLaw(method.card?.country ?? null, merchant.country))) {
    return 'mandated';
  }
  return wish === 'any' ? 'any' : 'challenge';
};

const mayBeExempt = ({ method, isSetup = false, mayAct = false }: AuthenticationAsked): boolean =>
  mayAct && !isSetup && isRegulated(method.card?.country ?? null);

/** Where the account tells exemptions before the payment. */
const exemptionBefore = async (
  context: Context,
  scope: Scope,
  { intent, method }: AuthenticationAsked,
  candidate: Candidate,
): Promise<Preference | null> => {
  const terms = await railsOf(context).exemptionTerms(context, scope, candidate);
  if (terms?.by !== 'authentication') return null;
  const facts = factsOf({ intent, method, offSession: false, isRecurring: false });
  const claim = exemptionFor(facts, terms);
  return claim === 'low_value' || claim === 'transaction_risk_analysis' ? claim : null;
};

const wantedBy = ({ cardOptions }: PaymentIntent): 'any' | 'challenge' | null => {
  const wanted = cardOptions.requestThreeDSecure;
  return wanted === 'any' || wanted === 'challenge' ? wanted : null;
};

/** By the merchant, whatever the card's bank says. */
export const isAskingWanted = (intent: PaymentIntent): boolean => wantedBy(intent) !== null;

/** The account that is asked for the money first. */
const firstFor = async (
  context: Context,
  scope: Scope,
  { intent, accounts }: AuthenticationAsked,
  brand: string,
): Promise<Candidate | undefined> => {
  const wanted = {
    operation: isManual(intent) ? 'authorize' : 'purchase',
    method: 'card',
    brand,
    currency: intent.currency,
  } as const;
  const [first] = await railsOf(context).candidates(scope, wanted, accounts);
  return first;
};
