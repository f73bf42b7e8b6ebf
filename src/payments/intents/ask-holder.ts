// Asks the holder of a card by 3-D Secure, where the account that is to take the money leaves that to us.
// Of itself it asks nobody: a merchant wants it, or the card's bank does. Whoever is not there is not asked.

import { beginAuthentication, type Preference } from '#cards/three-ds';
import type { Context, Scope } from '#kit/context';
import { type HolderTerms, railsOf } from '#rails/connectors';
import type { AuthenticationAsked, AuthenticationSaid } from './authenticate.ts';
import { isManual, type PaymentIntent } from './payment-intent.ts';

const nobody = { ok: true, authentication: null } as const;

export const askHolder = async (
  context: Context,
  scope: Scope,
  asked: AuthenticationAsked,
): Promise<AuthenticationSaid> => {
  const { intent, method } = asked;
  const preference = preferenceOf(asked);
  const { card, cardId, billing } = method;
  if (preference === null || card === null || cardId === null) return nobody;
  const terms = await termsFor(context, scope, intent, card.brand);
  if (terms === null) return nobody;

  const begun = await beginAuthentication(context, {
    scope,
    intentId: intent.id,
    card: cardId,
    brand: card.brand,
    amount: intent.amount,
    currency: intent.currency,
    merchant: terms.merchant,
    directoryServer: terms.directoryServer,
    payer: { name: billing.name, email: billing.email },
    preference,
    ...(intent.returnUrl === null ? {} : { returnUrl: intent.returnUrl }),
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

const preferenceOf = ({
  intent,
  offSession,
  isDemanded = false,
}: AuthenticationAsked): Preference | null => {
  if (offSession) return null;
  if (isDemanded) return 'challenge';
  return wantedBy(intent);
};

const wantedBy = ({ cardOptions }: PaymentIntent): 'any' | 'challenge' | null => {
  const wanted = cardOptions.requestThreeDSecure;
  return wanted === 'any' || wanted === 'challenge' ? wanted : null;
};

/** By the merchant, whatever the card's bank says. */
export const isAskingWanted = (intent: PaymentIntent): boolean => wantedBy(intent) !== null;

/** Of the account that is asked for the money first. */
const termsFor = async (
  context: Context,
  scope: Scope,
  intent: PaymentIntent,
  brand: string,
): Promise<HolderTerms | null> => {
  const [first] = await railsOf(context).candidates(scope, {
    operation: isManual(intent) ? 'authorize' : 'purchase',
    method: 'card',
    brand,
    currency: intent.currency,
  });
  if (first === undefined) return null;
  return railsOf(context).holderTerms(context, scope, first.connectorAccountId);
};
