// An approval and what may become of it. Every event is a change of three amounts; what was changed can
// be taken back by the opposite change, as long as nothing later stands on it.

import type { Funding, Network } from '../networks/networks.ts';
import type { Later } from './test-cards.ts';

export type ApprovalState = 'held' | 'captured' | 'reversed' | 'expired';

export type Approval = {
  readonly id: string;
  readonly kind: 'authorization' | 'purchase';
  readonly card: string;
  readonly network: Network;
  readonly funding: Funding;
  readonly rrn: string;
  readonly terminal: string;
  readonly merchant: string;
  readonly institution: string;
  /** The merchant's own name for the payment, where the message carried it. */
  readonly paymentReference?: string;
  readonly authorizationCode: string;
  readonly currency: string;
  readonly approvedMinor: bigint;
  readonly heldMinor: bigint;
  readonly capturedMinor: bigint;
  readonly refundedMinor: bigint;
  /** What issuers took back for their holders, and did not lose again. */
  readonly chargedBackMinor: bigint;
  readonly state: ApprovalState;
  readonly heldUntilMs: number;
  /** What is to come of it because of its card. */
  readonly later?: Pick<Later, 'dispute' | 'refund' | 'earlyFraudWarning'>;
};

/** What is added to the amounts, and the state afterwards. */
export type Change = {
  /** Where an authorization was raised. */
  readonly approvedMinor?: bigint;
  readonly heldMinor: bigint;
  readonly capturedMinor: bigint;
  readonly refundedMinor: bigint;
  readonly state: ApprovalState;
};

export type Changed =
  | { readonly ok: true; readonly change: Change }
  | { readonly ok: false; readonly code: string };

/** An issuer keeps money aside for so long. */
export const HOLD_MS = 7 * 86_400_000;

const refuse = (code: string): Changed => ({ ok: false, code });
const change = (by: Partial<Change> & Pick<Change, 'state'>): Changed => ({
  ok: true,
  change: { heldMinor: 0n, capturedMinor: 0n, refundedMinor: 0n, ...by },
});

export const opening = (kind: Approval['kind'], amountMinor: bigint): Change =>
  kind === 'authorization'
    ? { heldMinor: amountMinor, capturedMinor: 0n, refundedMinor: 0n, state: 'held' }
    : { heldMinor: 0n, capturedMinor: amountMinor, refundedMinor: 0n, state: 'captured' };

/** So much more, for as long as the first authorization holds and nothing of it was taken. */
export const increment = (approval: Approval, amountMinor: bigint): Changed => {
  if (approval.state === 'reversed') return refuse('79');
  if (approval.state !== 'held' || approval.capturedMinor > 0n) return refuse('84');
  return change({ heldMinor: amountMinor, approvedMinor: amountMinor, state: 'held' });
};

/** `isLast` gives back what is still held; an amount of nothing then only ends the hold. */
export const complete = (
  approval: Approval,
  { amountMinor, isLast }: { amountMinor: bigint; isLast: boolean },
): Changed => {
  if (approval.state === 'reversed') return refuse('79');
  if (approval.state !== 'held') return refuse('84');
  if (amountMinor === 0n && !isLast) return refuse('13');
  if (amountMinor > approval.heldMinor) return refuse('64');
  const isOver = isLast || amountMinor === approval.heldMinor;
  return change({
    heldMinor: isOver ? -approval.heldMinor : -amountMinor,
    capturedMinor: amountMinor,
    state: isOver ? 'captured' : 'held',
  });
};

export const refund = (approval: Approval, amountMinor: bigint): Changed => {
  if (approval.state === 'reversed') return refuse('79');
  if (approval.capturedMinor === 0n) return refuse('84');
  if (amountMinor === 0n) return refuse('13');
  const { capturedMinor, refundedMinor, chargedBackMinor } = approval;
  if (amountMinor > capturedMinor - refundedMinor - chargedBackMinor) return refuse('64');
  return change({ refundedMinor: amountMinor, state: approval.state });
};

/** Takes back the very change that a request made; with an authorization, all that it still holds. */
export const reverse = (approval: Approval, made: Change, madeBy: 'opening' | 'later'): Changed => {
  if (approval.state === 'reversed') return refuse('79');
  if (madeBy === 'opening' && approval.state === 'held') return letGo(approval);
  // The issuer has given the money back by itself, and with it what the hold was raised by: nothing is left to reverse.
  if (approval.state === 'expired') {
    return change({ state: madeBy === 'opening' ? 'reversed' : 'expired' });
  }
  const heldMinor = approval.heldMinor - made.heldMinor;
  const capturedMinor = approval.capturedMinor - made.capturedMinor;
  const refundedMinor = approval.refundedMinor - made.refundedMinor;
  if (heldMinor < 0n || capturedMinor < 0n || refundedMinor < 0n) return refuse('79');
  if (refundedMinor + approval.chargedBackMinor > capturedMinor) return refuse('79');
  if (madeBy === 'opening' && heldMinor + capturedMinor > 0n) return refuse('79');
  const state = madeBy === 'opening' ? 'reversed' : heldMinor > 0n ? 'held' : 'captured';
  return change({
    heldMinor: -made.heldMinor,
    capturedMinor: -made.capturedMinor,
    refundedMinor: -made.refundedMinor,
    ...(made.approvedMinor === undefined ? {} : { approvedMinor: -made.approvedMinor }),
    state,
  });
};

/** What was completed of it stays. */
const letGo = (approval: Approval): Changed =>
  change({
    heldMinor: -approval.heldMinor,
    state: approval.capturedMinor > 0n ? 'captured' : 'reversed',
  });

export const expire = (approval: Approval): Change => ({
  heldMinor: -approval.heldMinor,
  capturedMinor: 0n,
  refundedMinor: 0n,
  state: approval.capturedMinor > 0n ? 'captured' : 'expired',
});

export const withChange = (approval: Approval, by: Change): Approval => ({
  ...approval,
  approvedMinor: approval.approvedMinor + (by.approvedMinor ?? 0n),
  heldMinor: approval.heldMinor + by.heldMinor,
  capturedMinor: approval.capturedMinor + by.capturedMinor,
  refundedMinor: approval.refundedMinor + by.refundedMinor,
  state: by.state,
});

/** What went from the holder to the merchant; below zero it came back. */
export const movedBy = (by: Change): bigint => by.capturedMinor - by.refundedMinor;
