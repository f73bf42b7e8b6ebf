// What it settles: everything that it has booked, as its list of balance transactions.

import type { Objects } from './objects.ts';
import type { Setting } from './setting.ts';

export type Settling = {
  /** What was booked and not settled yet, with the payout that pays it. */
  readonly settle: () => string;
  /** As GET /v1/balance_transactions answers: newest first. */
  readonly list: (query: Readonly<Record<string, string>>) => unknown;
};

type Transaction = {
  readonly id: string;
  readonly net: number;
  readonly source: string | { readonly id: string };
};

export const createSettling = (
  { draw, nowMs }: Pick<Setting, 'draw' | 'nowMs'>,
  { intents, refunds }: Objects,
): Settling => {
  const booked: Transaction[] = [];
  const known = new Set<string>();
  const transactionOf = <T extends { type: string; amount: number; fee: number }>(moved: T) => {
    const created = Math.floor(nowMs() / 1_000);
    return {
      id: `txn_${draw(16)}`,
      object: 'balance_transaction',
      reporting_category: moved.type,
      net: moved.amount - moved.fee,
      created,
      available_on: created + 2 * 86_400,
      ...moved,
    };
  };
  const book = (): void => {
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
            amount: intent.amount,
            currency: intent.currency,
            payment_intent: intent.id,
            metadata: intent.metadata,
          },
        })),
      ...[...refunds.values()].map(({ id, amount, currency, metadata }) => ({
        type: 'refund',
        amount: -amount,
        fee: 0,
        currency,
        source: { id, amount, currency, metadata },
      })),
    ].filter(({ source }) => !known.has(source.id));
    for (const movement of movements) {
      known.add(movement.source.id);
      booked.push(transactionOf(movement));
    }
  };
  let settled = 0;
  return {
    settle: () => {
      book();
      const data = booked.slice(settled);
      const paid = data.reduce((sum, { net }) => sum + net, 0);
      const payout = { type: 'payout', amount: -paid, fee: 0, currency: 'eur', source: 'po_1' };
      booked.push(transactionOf(payout));
      settled = booked.length;
      return JSON.stringify({
        object: 'list',
        has_more: false,
        data: [...data, booked.at(-1)],
      });
    },
    list: ({ limit = '10', ending_before: before }) => {
      book();
      const most = Number(limit);
      const after = booked.findIndex(({ id }) => id === before) + 1;
      const page = before === undefined ? booked.slice(-most) : booked.slice(after, after + most);
      const left = before === undefined ? booked.length : booked.length - after;
      return { object: 'list', has_more: left > page.length, data: page.toReversed() };
    },
  };
};
