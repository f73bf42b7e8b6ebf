// What a payer learns of a refusal: what to do about it. Ids, the card's fingerprint and the reasons that a
// thief could learn from are for whoever has the secret key.

import type { Asking } from '#payments/intents';
import { withoutDelicateReason } from '#payments/risk';
import { ApiError, type Outcome } from '#platform/http';

export const askingForPayer = (asking: Asking): Asking => ({
  ...asking,
  conclude: (outcome) => asking.conclude(forPayer(outcome)),
});

export const forPayer = (outcome: Outcome): Outcome => {
  const { body } = outcome;
  if (!(body instanceof ApiError) || body.type !== 'card_error') return outcome;
  const { message, fields } = withoutDelicateReason(body);
  const { code = 'card_declined', decline_code: declineCode, param } = fields;
  return {
    ...outcome,
    body: new ApiError(body.status, message, {
      type: 'card_error',
      code,
      ...(declineCode === undefined ? {} : { decline_code: declineCode }),
      ...(param === undefined ? {} : { param }),
    }),
  };
};
