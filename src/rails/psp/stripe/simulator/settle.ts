// What it settles: everything that it has booked and not yet settled, as its list of balance transactions.

import type { Objects } from './objects.ts';
import type { Setting } from './setting.ts';

export const createSettling = (
  { draw }: Pick<Setting, 'draw'>,
  { intents, refunds }: Objects,
): (() => string) => {
  const settled = new Set<string>();
  const transactionOf = <T extends { type: string; amount: number; fee: number }>(moved: T) => ({
    id: `txn_${draw(16)}`,
    object: 'balance_transaction',
    reporting_category: moved.type,
    net: moved.amount - moved.fee,
    created: 1_795_867_200,
    available_on: 1_796_040_000,
    ...moved,
  });
  return () => {
    const movements = [
      ...[...intents.values()]
        .filter(({ amount_received }) => amount_received > 0)
        .map((intent) => ({
          type: intent.method === 'card' ? 'charge' : 'payment',
          amount: intent.amount_received,
          fee: Math.round(intent.amount_received * 0.029) + 30,
          currency: intent.currency,
          source: {
            id: intent.latest_charge ?? '',
            payment_intent: intent.id,
            metadata: intent.metadata,
          },
        })),
      ...[...refunds.values()].map(({ id, amount, currency, metadata }) => ({
        type: 'refund',
        amount: -amount,
        fee: 0,
        currency,
        source: { id, metadata },
      })),
    ].filter(({ source }) => !settled.has(source.id));
    for (const { source } of movements) settled.add(source.id);
    const data = movements.map(transactionOf);
    const paid = data.reduce((sum, { net }) => sum + net, 0);
    const payout = { type: 'payout', amount: -paid, fee: 0, currency: 'eur', source: 'po_1' };
    return JSON.stringify({
      object: 'list',
      has_more: false,
      data: [...data, transactionOf(payout)],
    });
  };
};
