export { apiExponent, fromIsoMinor, stepOf, toIsoMinor } from './api-currency.ts';
export {
  type AmountRefusal,
  checkCharge,
  checkPart,
  checkPayout,
  formatAmount,
  largestCharge,
  namedAmount,
  plainAmount,
  smallestCharge,
} from './check-amount.ts';
