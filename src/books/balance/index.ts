export { balanceTransaction, balanceTransactionId } from './balance-transaction.ts';
export { loadBalanceTransactions } from './balance-transactions.ts';
export { renderBalance, renderBalanceTransaction } from './render-balance.ts';
