import { loadBalances } from '#books/ledger';
import { parameters, route } from '#platform/http';
import { balanceSchema, balanceTransactionSchema } from './balance-schema.ts';
import {
  balanceTransactionFilters,
  listBalanceTransactions,
  retrieveBalanceTransaction,
} from './balance-transactions.ts';
import { renderBalance } from './render-balance.ts';

const none = parameters({});

export const balanceRoutes = [
  route({
    group: 'Balance',
    object: 'balance',
    keys: 'secret',
    method: 'GET',
    path: '/v1/balance',
    operation: 'balance.retrieve',
    summary: 'Retrieve the balance',
    description: 'What is available and what is pending, by currency.',
    parameters: none,
    answer: balanceSchema,
    handle: async (context, { scope }) => ({
      body: renderBalance(await loadBalances(context, scope, context.clock.now()), scope.livemode),
    }),
  }),
  route({
    group: 'Balance',
    object: 'balance_transaction',
    keys: 'secret',
    method: 'GET',
    path: '/v1/balance_transactions',
    operation: 'balance_transactions.list',
    summary: 'List balance transactions',
    description: 'Whatever moved the balance, newest first.',
    list: true,
    parameters: balanceTransactionFilters,
    answer: balanceTransactionSchema,
    handle: listBalanceTransactions,
  }),
  route({
    group: 'Balance',
    object: 'balance_transaction',
    keys: 'secret',
    method: 'GET',
    path: '/v1/balance_transactions/:id',
    operation: 'balance_transactions.retrieve',
    summary: 'Retrieve a balance transaction',
    description: 'What moved, what it cost, and from when on it is available.',
    parameters: none,
    answer: balanceTransactionSchema,
    handle: (context, { scope, path }) =>
      retrieveBalanceTransaction(context, scope, path['id'] ?? ''),
  }),
];
