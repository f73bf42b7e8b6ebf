// The currencies that banks are asked in, and the numbers by which card messages name them (ISO 4217). The amounts of a
// message are in minor units, as ours are. What our API counts otherwise than the standard, as Stripe's does, is not
// offered: ISK and UGX in hundredths, MGA in whole ones. A card charged a hundredfold, or a hundredth, is worse than a
// currency that is not there.

import { apiExponent } from '#books/currencies';
import { currencies, currencyCodes } from '#kit/money';

/** Ended, or offered by no network that we know of; and those two, in which nothing was ever paid. */
const notAsked: ReadonlySet<string> = new Set(['afn', 'ang', 'bgn', 'isk', 'rub', 'std', 'ugx']);

const ofApi: ReadonlySet<string> = new Set(currencyCodes);
const asked = [...currencies.values()].filter(({ code }) => ofApi.has(code) && !notAsked.has(code));
const numbers: ReadonlyMap<string, string> = new Map(
  asked.map(({ code, numeric }) => [code, numeric]),
);
const names: ReadonlyMap<string, string> = new Map(
  asked.map(({ code, numeric }) => [numeric, code]),
);

/** Three lower-case letters, as operations name them. MGA has a number for what was once paid in it. */
export const hostCurrencies: readonly string[] = asked
  .filter(({ code, exponent }) => apiExponent(code) === exponent)
  .map(({ code }) => code);

/** Undefined where the host would count other units than we do, or knows no such currency. */
export const currencyNumber = (currency: string): string | undefined => numbers.get(currency);
export const currencyOfNumber = (number: string): string | undefined => names.get(number);
