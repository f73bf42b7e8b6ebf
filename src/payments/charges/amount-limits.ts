// What can be charged, as the API says it. The limits themselves are the books'.

import { checkCharge, formatAmount, namedAmount } from '#books/currencies';
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
      throw new ApiError(
        400,
        `Invalid amount: amounts in ${currency} must be multiples of ${refusal.step}.`,
        { param },
      );
    case 'currency_unknown':
      throw new ApiError(400, `Invalid currency: ${currency}.`, { param: 'currency' });
  }
};
