// What `expand` finds at a balance transaction.

import type { Context, Scope } from '#kit/context';
import type { ResourceDefinition } from '#platform/http';
import { loadBalanceTransactions } from './balance-transactions.ts';
import { BALANCE_TRANSACTION, renderBalanceTransaction } from './render-balance.ts';

const load = async (context: Context, scope: Scope, ids: readonly string[]) => {
  const nowMs = context.clock.now();
  const found = await loadBalanceTransactions(context, scope, ids);
  return new Map([...found].map(([id, entry]) => [id, renderBalanceTransaction(entry, nowMs)]));
};

export const balanceResources: readonly ResourceDefinition[] = [
  {
    object: 'balance',
    permission: 'balance',
    hashes: [
      'available',
      'connect_reserved',
      'instant_available',
      'issuing',
      'pending',
      'refund_and_dispute_prefunding',
    ],
  },
  {
    object: 'balance_transaction',
    permission: 'balance_transactions',
    owns: (id) => id.startsWith(`${BALANCE_TRANSACTION}_`),
    load,
    hashes: ['fee_details'],
    expandable: { source: { to: ['charge', 'refund', 'dispute', 'payout'] } },
  },
];
