// What is asked of a provider, stored with its operation so that any process can go on with it. It names
// a card by its id in the vault and never holds one.

import type { Authentication, Claim } from '#cards/three-ds';
import type { Uuid } from '#kit/ids';

export type PaymentRequest = {
  readonly method: CardMethod | OtherMethod;
  readonly initiator: 'payer' | 'merchant';
  /** `first`: it is kept for later. `subsequent`: it was kept before. */
  readonly credential: 'not_stored' | 'first' | 'subsequent';
  /** Of the payment in which the credential was first used. */
  readonly firstNetworkTransactionId: string | null;
  readonly authentication: Authentication | null;
  /** Why the holder of the card need not be asked, as far as there is a reason. */
  readonly exemption?: Claim;
  /** What the payer reads on the statement. */
  readonly descriptor: string;
  readonly description: string | null;
  readonly billing: Billing | null;
  readonly payer: PayerSeen | null;
  readonly returnUrl: string | null;
};

export type CardMethod = {
  readonly type: 'card';
  readonly card: Uuid;
  /** Under which name the vault holds the security code, if one was given for this payment. */
  readonly cvcFor: string | null;
  readonly brand: string;
  readonly funding: string;
  readonly country: string | null;
};

export type OtherMethod = {
  readonly type: string;
  /** What the payer chose: a bank, a wallet's account. No secrets. */
  readonly data: Readonly<Record<string, string>>;
};

export type Billing = {
  readonly name: string | null;
  readonly email: string | null;
  readonly line1: string | null;
  readonly postalCode: string | null;
  readonly country: string | null;
};

export type PayerSeen = {
  readonly address: string | null;
  readonly userAgent: string | null;
};

/** A capture, a void, a refund, a reversal: something about an earlier operation. */
export type FollowingRequest = {
  readonly original: Uuid;
  /** Nothing more will be captured afterwards. */
  readonly isLast: boolean;
  readonly reason: string | null;
  /** Of a capture: what the payer reads on the statement, which may be said as late as here. */
  readonly descriptor?: string;
};

/** Tells cards from all other methods. */
export const isCard = (method: PaymentRequest['method']): method is CardMethod =>
  method.type === 'card';

/** Tells what is about an earlier operation from a payment. */
export const isFollowing = (
  request: PaymentRequest | FollowingRequest,
): request is FollowingRequest => 'original' in request;
