// A charge: what one attempt at a payment came to, and what became of its money since. This is what is
// stored; `render-charge.ts` says how it is shown.

import type { PaymentMethod } from '#cards/methods';
import type { Claim, ShownProof } from '#cards/three-ds';
import type { Uuid } from '#kit/ids';
import type { Told } from '#rails/operations';
import type { Failure } from './decline.ts';

export type ChargeStatus = 'pending' | 'succeeded' | 'failed';

/** What it was paid with, as it was then. */
export type ChargedMethod = Pick<PaymentMethod, 'type' | 'card' | 'billing'> & {
  /** As it is spelled: `pm_…` or `card_…`. */
  readonly id: string;
  /** What was chosen of a method that is no card. */
  readonly other?: PaymentMethod['other'];
  /** Of a card that an older client made, which reads what was paid with at `source`. */
  readonly legacy?: NonNullable<PaymentMethod['legacy']>;
};

export type Shipping = {
  readonly address: PaymentMethod['billing']['address'];
  readonly carrier: string | null;
  readonly name: string | null;
  readonly phone: string | null;
  readonly tracking_number: string | null;
};

export type Charge = {
  readonly id: Uuid;
  readonly version: number;
  /** How many events it has had that are its own, not its intent's. */
  readonly events: number;
  readonly intentId: Uuid;
  readonly attempt: number;
  readonly status: ChargeStatus;
  readonly currency: string;
  /** What was asked for, and once it succeeded what is authorized. */
  readonly amount: bigint;
  readonly captured: bigint;
  /** Reserved for a capture whose outcome is not known yet. */
  readonly capturing: bigint;
  readonly refunded: bigint;
  readonly refunding: bigint;
  /** Taken by disputes that are undecided or lost, of what was captured and not refunded. */
  readonly chargedBack: bigint;
  /** Taken by them beyond that: it had been given back already, or was about to be. */
  readonly chargedBackBeyond: bigint;
  /** What each dispute of what nobody wants may take yet, although it is here for now: it does not go back by itself. */
  readonly contested?: Readonly<Record<Uuid, number>>;
  /** Taken back by the bank with the payment while a refund or a dispute had it: is it free again, it is booked so. */
  readonly takenBackBeyond?: number;
  /** Given back beyond what there was: a refund that was said to have failed was paid out, after it was made anew. */
  readonly refundedBeyond?: number;
  readonly customerId: Uuid | null;
  readonly operationId: Uuid | null;
  readonly connectorAccountId: Uuid;
  readonly metadata: Readonly<Record<string, string>>;
  readonly kind: 'authorize' | 'sale';
  /** Made by the older API, without an intent that anybody sees. */
  readonly isDirect: boolean;
  /** It succeeded although nobody wanted it any more: its money goes back by itself. */
  readonly isUnwanted: boolean;
  /** Nothing more will be captured: all was, or the rest was released. */
  readonly isCaptureOver: boolean;
  /** Its bank let go of what is held while something else of it was under way: nothing is left when that is over. */
  readonly isReleased?: true;
  /** It was asked for, and its provider can. */
  readonly mayBeRaised: boolean;
  readonly mayBeSplit: boolean;
  /** A chargeback came at some time, however it ended. An inquiry is none. */
  readonly isDisputed: boolean;
  readonly authorizedAtMs: number | null;
  readonly captureBeforeMs: number | null;
  readonly method: ChargedMethod;
  readonly description: string | null;
  readonly receiptEmail: string | null;
  /** Kept with it, so that an event shows the same one for ever. */
  readonly receiptUrl: string | null;
  readonly shipping: Shipping | null;
  readonly statementDescriptor: string | null;
  readonly statementDescriptorSuffix: string | null;
  readonly transferGroup: string | null;
  readonly userReport: 'fraudulent' | 'safe' | null;
  /** Made with it, or to be made should it succeed. */
  readonly mandateId?: Uuid;
  /** What it was before what is under way was begun, as far as that changed it and nobody was told. */
  readonly untold?: Readonly<Record<string, unknown>>;
  readonly failure: Failure | null;
  readonly told: Omit<Told, 'data' | 'action'> | null;
  readonly threeDSecure: ShownProof | null;
  /** Why its holder was not asked, as its bank was told. */
  readonly exemption?: Claim | null;
  /** How many refunds there were, to number the next. */
  readonly refunds: number;
  readonly captures: number;
  readonly balanceTransactionId: Uuid | null;
  /** As at a payment method. */
  readonly radarSession?: string;
};

export const left = (
  charge: Pick<Charge, 'captured' | 'refunded' | 'refunding' | 'chargedBack'>,
): bigint => charge.captured - charge.refunded - charge.refunding - charge.chargedBack;

/** What may be given back: not what its bank has already. */
export const refundable = (
  charge: Parameters<typeof left>[0] & Pick<Charge, 'takenBackBeyond'>,
): bigint => {
  const rest = left(charge) - BigInt(charge.takenBackBeyond ?? 0);
  return rest < 0n ? 0n : rest;
};

/** What may go back by itself: not what a dispute may pay its payer too. */
export const releasable = (
  charge: Parameters<typeof refundable>[0] & Pick<Charge, 'contested'>,
) => {
  const contested = Object.values(charge.contested ?? {}).reduce((sum, each) => sum + each, 0);
  const rest = refundable(charge) - BigInt(contested);
  return rest < 0n ? 0n : rest;
};

type Taken = Pick<
  Charge,
  'captured' | 'refunded' | 'refunding' | 'chargedBack' | 'chargedBackBeyond' | 'refundedBeyond'
>;

/** Whatever is left is counted as taken first, where disputes took, and refunds gave, more than there was. */
export const countTaken = <T extends Taken>(charge: T): T => {
  const rest = left(charge);
  const counted = rest < charge.chargedBackBeyond ? rest : charge.chargedBackBeyond;
  const contested = {
    ...charge,
    chargedBack: charge.chargedBack + counted,
    chargedBackBeyond: charge.chargedBackBeyond - counted,
  };
  const beyond = BigInt(charge.refundedBeyond ?? 0);
  const given = rest - counted < beyond ? rest - counted : beyond;
  return given === 0n
    ? contested
    : withRefundedBeyond({ ...contested, refunded: charge.refunded + given }, beyond - given);
};

export const withRefundedBeyond = <T extends Pick<Charge, 'refundedBeyond'>>(
  { refundedBeyond: _before, ...charge }: T,
  beyond: bigint,
): T => ({ ...charge, ...(beyond === 0n ? {} : { refundedBeyond: Number(beyond) }) }) as T;
