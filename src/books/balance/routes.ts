import type { Context } from '#kit/context';
import { parameters, route, type TypedRequest } from '#platform/http';
import { balanceSchema, balanceTransactionSchema } from './balance-schema.ts';
import {
  balanceTransactionFilters,
  listBalanceTransactions,
  retrieveBalanceTransaction,
} from './balance-transactions.ts';
import { balanceParameters, retrieveBalance } from './retrieve-balance.ts';

const none = parameters({});

const listing = {
  group: 'Balance',
  object: 'balance_transaction',
  keys: 'secret',
  method: 'GET',
  list: true,
  parameters: balanceTransactionFilters,
  answer: balanceTransactionSchema,
  handle: listBalanceTransactions,
} as const;

const retrieving = {
  group: 'Balance',
  object: 'balance_transaction',
  keys: 'secret',
  method: 'GET',
  parameters: none,
  answer: balanceTransactionSchema,
  handle: (context: Context, { scope, path }: TypedRequest<typeof none>) =>
    retrieveBalanceTransaction(context, scope, path['id'] ?? ''),
} as const;

export const balanceRoutes = [
  route({
    group: 'Balance',
    object: 'balance',
    keys: 'secret',
    method: 'GET',
    path: '/v1/balance',
    operation: 'balance.retrieve',
    summary: 'Retrieve the balance',
    description: 'What is available and what is pending, by currency; now, or as of a moment.',
    parameters: balanceParameters,
    answer: balanceSchema,
    handle: retrieveBalance,
  }),
  route({
    ...listing,
    path: '/v1/balance_transactions',
    operation: 'balance_transactions.list',
    summary: 'List balance transactions',
    description: 'Whatever moved the balance, newest first.',
  }),
  route({
    ...retrieving,
    path: '/v1/balance_transactions/:id',
    operation: 'balance_transactions.retrieve',
    summary: 'Retrieve a balance transaction',
    description: 'What moved, what it cost, and from when on it is available.',
  }),
  route({
    ...listing,
    path: '/v1/balance/history',
    operation: 'balance_transactions.history',
    summary: 'List balance transactions, as older clients do',
  }),
  route({
    ...retrieving,
    path: '/v1/balance/history/:id',
    operation: 'balance_transactions.retrieve_of_history',
    summary: 'Retrieve a balance transaction, as older clients do',
  }),
];
