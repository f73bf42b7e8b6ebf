// The last attempt's error, as an intent keeps it.

import { errorFieldsOf, type Failure } from '#payments/charges';
import type { LastError } from './payment-intent.ts';

export const lastErrorOf = (
  failure: Failure,
  shownMethod: unknown,
  charge: string | null,
): LastError => ({
  ...errorFieldsOf(failure),
  ...(charge === null ? {} : { charge }),
  message: failure.message,
  ...(shownMethod === null ? {} : { payment_method: shownMethod }),
  type: failure.isOfCard === false ? 'invalid_request_error' : 'card_error',
});
