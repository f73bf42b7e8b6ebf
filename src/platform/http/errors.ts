// An error as the caller sees it. Everything refused on purpose is an ApiError; whatever else is
// thrown is a bug and becomes a generic 500.

import type { ErrorType, KnownCode } from './error-codes.ts';
import { errorCodes } from './error-codes.ts';
import { maskSensitive } from './sensitive.ts';

/** Keys beside `type` and `message`. An absent key is left out of the body, never null. */
export type ErrorFields = {
  readonly type?: ErrorType;
  readonly code?: string;
  readonly decline_code?: string;
  readonly param?: string;
  /** An id; the other objects are whole, as they are after the failure. */
  readonly charge?: string;
  readonly payment_intent?: unknown;
  readonly payment_method?: unknown;
  readonly payment_method_type?: string;
  readonly setup_intent?: unknown;
  readonly source?: unknown;
  readonly advice_code?: string;
  readonly network_advice_code?: string;
  readonly network_decline_code?: string;
  /** What work is to be proved for, where that is asked. */
  readonly proof?: string;
  /** Sent as `Retry-After`, not in the body. */
  readonly retryAfterSeconds?: number;
};

export class ApiError extends Error {
  readonly status: number;
  readonly type: ErrorType;
  readonly fields: ErrorFields;

  constructor(status: number, message: string, fields: ErrorFields = {}) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.type = fields.type ?? typeOf(status);
    this.fields = fields;
  }

  get code(): string | undefined {
    return this.fields.code;
  }

  get param(): string | undefined {
    return this.fields.param;
  }
}

const typeOf = (status: number): ErrorType => {
  if (status === 402) return 'card_error';
  return status >= 500 || status === 424 ? 'api_error' : 'invalid_request_error';
};

/** An error of the table: its status, type, and what the call does not say differently. */
export const refuse = (
  code: KnownCode,
  fields: Omit<ErrorFields, 'code' | 'type'> & { readonly message?: string } = {},
): ApiError => {
  const row = errorCodes[code];
  const { message = row.message, ...rest } = fields;
  if (message === undefined) throw new Error(`The error ${code} needs a message.`);

  const param = row.param === undefined ? {} : { param: row.param };
  return new ApiError(row.status, message, { type: row.type, code, ...param, ...rest });
};

export type ErrorPlace = {
  /** Where this installation is reached from outside, without a slash at the end. */
  readonly publicUrl: string;
};

/**
 * The envelope, with keys in Stripe's order. No card number or secret leaves in a text. There is no
 * `request_log_url`, because no page shows a single request; its id is in the header `Request-Id`.
 */
export const renderError = (error: ApiError, place: ErrorPlace): { error: object } => {
  const { fields } = error;
  return {
    error: withoutAbsent({
      advice_code: fields.advice_code,
      charge: fields.charge,
      code: fields.code,
      decline_code: fields.decline_code,
      doc_url: fields.code === undefined ? undefined : errorPage(place.publicUrl, fields.code),
      message: maskSensitive(error.message),
      network_advice_code: fields.network_advice_code,
      network_decline_code: fields.network_decline_code,
      param: fields.param === undefined ? undefined : maskSensitive(fields.param),
      payment_intent: fields.payment_intent,
      payment_method: fields.payment_method,
      payment_method_type: fields.payment_method_type,
      proof: fields.proof,
      setup_intent: fields.setup_intent,
      source: fields.source,
      type: error.type,
    }),
  };
};

export const errorPage = (publicUrl: string, code: string): string =>
  `${publicUrl}/docs#error-${code}`;

const withoutAbsent = (fields: Record<string, unknown>): object =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** What holds for a moment only, and is answered anew: its key stays usable. */
export const isPassing = ({ code }: ApiError): boolean => code === 'payment_intent_outcome_unknown';

/**
 * What the SDKs obey before any rule of their own. A stored 500 would only be replayed, so trying it
 * again is of no use; a rate limit is for the caller to slow down, not for the SDK to press on.
 */
export const shouldRetry = (error: ApiError, stored: boolean): boolean => {
  if (error.status >= 500) return !stored;
  if (error.status === 429) return error.code === 'lock_timeout';
  // Another order keeps its reference, however often one asks.
  if (error.code === 'order_reference_in_use') return false;
  return error.status === 409 || error.status === 424;
};
