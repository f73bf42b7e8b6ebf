// What a payment becomes by what was learned of one of its operations: pure, and the one place where that
// is decided. An answer, a webhook, a look-up, a late word and a line of a settlement all end here.

import { concludeAttempt } from './conclude-attempt.ts';
import { concludeCapture } from './conclude-capture.ts';
import { concludeIncrement } from './conclude-increment.ts';
import { concludeVoid } from './conclude-void.ts';
import type { Decided, Known } from './ends.ts';

/** Null: nothing follows from it. */
export const concludePayment = (known: Known): Decided | null => {
  switch (known.change.after.kind) {
    case 'authorize':
    case 'sale':
      return concludeAttempt(known);
    case 'increment':
      return concludeIncrement(known);
    case 'capture':
      return concludeCapture(known);
    case 'void':
      return concludeVoid(known);
    default:
      return null;
  }
};
