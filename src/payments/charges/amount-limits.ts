// What can be charged, as the API says it. The limits themselves are the books'.

import { checkCharge, checkPart, formatAmount, namedAmount, stepOf } from '#books/currencies';
import { ApiError, refuse } from '#platform/http';

export const checkAmount = (amount: bigint, currency: string): void => {
  const refusal = checkCharge(amount, currency);
  if (refusal === null) return;
  const param = 'amount';
  switch (refusal.code) {
    case 'amount_too_small':
      throw refuse('amount_too_small', {
        message: `Amount must be at least ${namedAmount(refusal.limit, currency)}`,
        param,
      });
    case 'amount_too_large':
      throw refuse('amount_too_large', {
        message: `Amount must be no more than ${formatAmount(refusal.limit, currency)}`,
        param,
      });
    case 'amount_not_in_steps':
      throw notInSteps(refusal.step, currency, param);
    case 'currency_unknown':
      throw new ApiError(400, `Invalid currency: ${currency}.`, { param: 'currency' });
  }
};

/** Of what is captured or given back: it may be small, and no currency has less than its step. */
export const checkPartAmount = (amount: bigint, currency: string, param: string): void => {
  if (checkPart(amount, currency) === null) return;
  throw notInSteps(stepOf(currency), currency, param);
};

const notInSteps = (step: bigint, currency: string, param: string): ApiError =>
  new ApiError(400, `Invalid amount: amounts in ${currency} must be multiples of ${step}.`, {
    param,
  });
