// What is counted between two cut-overs, in the words of fields 74 to 77, 86 to 89 and 97.

import type { Fields } from '#kit/iso8583';
import { fieldText } from './read-answer.ts';

export type Total = { readonly count: number; readonly amount: bigint };

export type Totals = {
  /** Purchases and completions. */
  readonly debits: Total;
  readonly debitsReversed: Total;
  /** Refunds. */
  readonly credits: Total;
  readonly creditsReversed: Total;
};

const none: Total = { count: 0, amount: 0n };
export const noTotals: Totals = {
  debits: none,
  debitsReversed: none,
  credits: none,
  creditsReversed: none,
};

const places = {
  credits: [74, 86],
  creditsReversed: [75, 87],
  debits: [76, 88],
  debitsReversed: [77, 89],
} as const satisfies Record<keyof Totals, readonly [count: number, amount: number]>;
const kinds = Object.keys(places) as (keyof Totals)[];

/** Above zero is what the merchants get. */
export const netOf = ({ debits, debitsReversed, credits, creditsReversed }: Totals): bigint =>
  debits.amount - debitsReversed.amount - credits.amount + creditsReversed.amount;

export const spellTotals = (totals: Totals): Fields => {
  const fields: Record<number, string> = {};
  for (const kind of kinds) {
    const [count, amount] = places[kind];
    fields[count] = String(totals[kind].count).padStart(10, '0');
    fields[amount] = String(totals[kind].amount).padStart(16, '0');
  }
  const net = netOf(totals);
  fields[97] = (net < 0n ? 'D' : 'C') + String(net < 0n ? -net : net).padStart(16, '0');
  return fields;
};

/** Null where the host does not tell all of them. */
export const readTotals = (fields: Fields): Totals | null => {
  const total = (kind: keyof Totals): Total | null => {
    const [count, amount] = places[kind].map((field) => fieldText(fields[field]));
    if (!/^\d+$/.test(count ?? '') || !/^\d+$/.test(amount ?? '')) return null;
    return { count: Number(count), amount: BigInt(amount ?? 0) };
  };
  const [debits, debitsReversed, credits, creditsReversed] = [
    total('debits'),
    total('debitsReversed'),
    total('credits'),
    total('creditsReversed'),
  ];
  return debits && debitsReversed && credits && creditsReversed
    ? { debits, debitsReversed, credits, creditsReversed }
    : null;
};

export const differencesBetween = (ours: Totals, theirs: Totals): readonly (keyof Totals)[] =>
  kinds.filter(
    (kind) => ours[kind].count !== theirs[kind].count || ours[kind].amount !== theirs[kind].amount,
  );
