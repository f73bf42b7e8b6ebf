// The last attempt's error, as an intent keeps it.

import type { Context } from '#kit/context';
import { errorFieldsOf, errorPageOf, type Failure } from '#payments/charges';
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

/** With the address of the page about it, as the refusal has it. */
export const withErrorPage = (
  context: Pick<Context, 'database'>,
  error: LastError | null,
): LastError | null => {
  const code = error?.['code'];
  if (error === null || typeof code !== 'string' || error['doc_url'] !== undefined) return error;
  const page = errorPageOf(context, code);
  return page === undefined ? error : { ...error, doc_url: page };
};
