// What a movement of money means for the books: facts in, entries out. The one place where payments speak
// to the ledger; who captures and refunds knows facts only.

import type { Context, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import type { Charge } from './charge.ts';

export type MoneyMoved = {
  readonly kind: 'capture' | 'refund';
  readonly charge: Charge;
  /** The refund's or the charge's own id: what the balance transaction says it is of. */
  readonly sourceId: Uuid;
  readonly operationId: Uuid;
  readonly amount: bigint;
};

export type Booked = {
  readonly writes: readonly Write[];
  readonly balanceTransactionId: Uuid | null;
};

/** Until the books are there, nothing is booked. */
export const bookMovement = (_context: Context, _scope: Scope, _moved: MoneyMoved): Booked => ({
  writes: [],
  balanceTransactionId: null,
});
