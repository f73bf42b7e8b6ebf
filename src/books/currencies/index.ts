export { apiExponent, stepOf } from './api-currency.ts';
export {
  checkCharge,
  checkPart,
  formatAmount,
  namedAmount,
} from './check-amount.ts';
