// What is said to somebody who tries cards: nothing that they could learn from.

import { ApiError, refuse } from '#platform/http';

/** The same words that a bank's no has. */
export const declined = (): ApiError =>
  refuse('card_declined', { decline_code: 'generic_decline' });

export const proofRequired = (challenge: string): ApiError =>
  refuse('proof_required', { proof: challenge });

/** Only whoever has the secret key may know them: a thief must not learn what gave them away. */
const delicate: ReadonlySet<string> = new Set([
  'do_not_try_again',
  'fraudulent',
  'lost_card',
  'merchant_blacklist',
  'pickup_card',
  'restricted_card',
  'revocation_of_all_authorizations',
  'revocation_of_authorization',
  'security_violation',
  'stolen_card',
  'stop_payment_order',
]);

export const isDelicate = (reason: string | undefined): boolean =>
  reason !== undefined && delicate.has(reason);

/** A card's refusal without its reason, and whatever else it is as it is. */
export const withoutReason = (error: ApiError): ApiError => {
  if (error.type !== 'card_error') return error;
  const { message, fields } = declined();
  const { payment_intent, setup_intent } = error.fields;
  return new ApiError(error.status, message, {
    ...fields,
    type: error.type,
    ...(payment_intent === undefined ? {} : { payment_intent }),
    ...(setup_intent === undefined ? {} : { setup_intent }),
  });
};

export const withoutDelicateReason = (error: ApiError): ApiError =>
  isDelicate(error.fields.decline_code) ? withoutReason(error) : error;

type Told = Readonly<Record<string, unknown>> | null;

/** The same of an error that is kept with what it befell. */
export const toldWithoutReason = (error: Told): Told => {
  if (error === null) return null;
  const { message, fields } = declined();
  return { ...fields, message, type: 'card_error' };
};
