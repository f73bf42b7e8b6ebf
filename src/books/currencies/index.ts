export { apiExponent, stepOf } from './api-currency.ts';
export {
  checkCharge,
  checkPart,
  formatAmount,
  largestCharge,
  namedAmount,
  smallestCharge,
} from './check-amount.ts';
