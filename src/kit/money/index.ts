export { allocate } from './allocate.ts';
export { amountOf, decimalOf, formatMoney } from './format.ts';
export { type Currency, currencies, currencyOf, isValidOn } from './iso-4217.ts';
export { divide, type Rounding, sizeOf } from './round.ts';
export { currencyCodes } from './wire-codes.ts';
