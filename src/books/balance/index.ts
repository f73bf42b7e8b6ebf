export { balanceTransaction } from './balance-transaction.ts';
export { renderBalance, renderBalanceTransaction } from './render-balance.ts';
export { endOfSecond } from './retrieve-balance.ts';
