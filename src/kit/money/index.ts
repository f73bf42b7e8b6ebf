export { decimalOf, formatMoney } from './format.ts';
export { currencies, currencyOf } from './iso-4217.ts';
export { divide, type Rounding } from './round.ts';
export { currencyCodes } from './wire-codes.ts';
