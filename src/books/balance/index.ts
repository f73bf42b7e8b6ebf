export { balanceTransaction } from './balance-transaction.ts';
export { renderBalanceTransaction } from './render-balance.ts';
