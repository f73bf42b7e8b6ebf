// How far each try of a payer's browser was let, and what spoke against it.

import { uuidMs } from '#kit/ids';
import type { TraceSource } from '#platform/events';
import type { Step } from './ladder.ts';
import { loadTriesOf } from './tries.store.ts';

const says: Readonly<Record<Step, string>> = {
  none: 'A payer tried a card on a page, and nothing spoke against it.',
  slow: 'A payer tried a card on a page, and was slowed down.',
  proof: 'A payer tried a card on a page, and had to prove work.',
  three_ds: "A payer tried a card on a page, and the card's holder had to be asked.",
  block: 'A payer tried a card on a page, and was blocked: no bank was asked.',
};

export const traceTries =
  (): TraceSource =>
  async (context, scope, { intentId }) => {
    const tries = await loadTriesOf(context, scope, intentId);
    return tries.map(({ id, step, reasons, outcome }) => ({
      atMs: uuidMs(id),
      what: 'try',
      says: says[step],
      details: { step, reasons: reasons === '' ? null : reasons, outcome },
    }));
  };
