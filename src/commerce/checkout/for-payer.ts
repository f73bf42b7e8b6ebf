// What a payer learns of a refusal: what to do about it. Ids, the card's fingerprint and the reasons that a
// thief could learn from are for whoever has the secret key.

import type { Asking } from '#payments/intents';
import { ApiError, type Outcome } from '#platform/http';
import { isDelicate } from './decline-classes.ts';

export const askingForPayer = (asking: Asking): Asking => ({
  ...asking,
  conclude: (outcome) => asking.conclude(forPayer(outcome)),
});

export const forPayer = (outcome: Outcome): Outcome => {
  const { body } = outcome;
  if (!(body instanceof ApiError) || body.type !== 'card_error') return outcome;
  const { code = 'card_declined', decline_code: declineCode, param } = body.fields;
  const isHidden = isDelicate({
    code,
    ...(declineCode === undefined ? {} : { decline_code: declineCode }),
  });
  return {
    ...outcome,
    body: new ApiError(body.status, isHidden ? 'Your card was declined.' : body.message, {
      type: 'card_error',
      code: isHidden ? 'card_declined' : code,
      ...(declineCode === undefined
        ? {}
        : { decline_code: isHidden ? 'generic_decline' : declineCode }),
      ...(param === undefined || isHidden ? {} : { param }),
    }),
  };
};
