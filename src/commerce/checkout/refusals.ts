// The sentences in which checkout refuses, one function each.

import { ApiError, refuse } from '#platform/http';

export const notYet = (
  param: string,
  what: string,
  remedy = `remove '${param}' from your request`,
): ApiError =>
  new ApiError(400, `${what} not part of this installation yet: ${remedy}.`, {
    param,
    code: 'not_supported_yet',
  });

export const notActive = (): ApiError => refuse('checkout_not_active_session');

export const locked = (): ApiError => refuse('checkout_session_locked');

export const outdated = (): ApiError => refuse('checkout_attempt_outdated');

export const amountMismatch = (): ApiError =>
  refuse('checkout_amount_mismatch', { param: 'expected_amount' });

export const onlyOpenExpires = (status: string): ApiError =>
  new ApiError(
    400,
    `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of ${status}.`,
  );

export const missing = (param: string, what: string): ApiError =>
  refuse('parameter_missing', { message: `The payer has to give ${what}.`, param });
