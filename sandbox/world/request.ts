// What a gateway asks of this world, whatever it was spelled in.

import type { Asked } from '../issuer/authorize.ts';
import type { Proof } from '../three-ds/authentication.ts';
import type { Totals } from './totals.ts';

export type RequestKind =
  | 'authorization'
  | 'increment'
  | 'purchase'
  | 'completion'
  | 'refund'
  | 'reversal'
  | 'totals';

/** What is kept of a request. No card number, no CVC, no address. */
export type RequestIdentity = {
  /** Class, date, terminal, RRN and STAN: the same again is the same request, or its repeat. */
  readonly key: string;
  /** Terminal, STAN and transmission time: how original data name a message. */
  readonly trace: string;
  readonly kind: RequestKind;
  readonly mti: string;
  readonly stan: string;
  readonly rrn: string;
  readonly terminal: string;
  readonly merchant: string;
  readonly institution: string;
  readonly paymentReference?: string;
  /** What the cardholder is to read on the statement: field 43. */
  readonly name?: string;
  readonly card?: string;
  /** Why the holder was not asked, as the merchant claims: tag 45. */
  readonly exemption?: string;
  readonly amountMinor: bigint;
  readonly currency: string;
  /** Of what must not differ in a repeat. */
  readonly fingerprint: string;
};

export type Request = {
  readonly identity: RequestIdentity;
  /** In memory alone, while the issuer decides. */
  readonly cardNumber?: string;
  readonly asked: Omit<Asked, 'isAuthenticated' | 'exemption'>;
  /** What came to prove that the holder was authenticated; only the issuer can tell. */
  readonly proof: Proof;
  /** The trace of the message that a reversal or completion is about. */
  readonly original?: string;
  readonly authorizationCode?: string;
  /** A completion after which the rest stays held. */
  readonly moreFollows: boolean;
  readonly totals?: Totals;
  /** Of totals: the last day that they are about; without it, all days. */
  readonly upToDay?: string;
  /** An advice of totals closes the batch even when they differ. */
  readonly isAdvice: boolean;
};

/** The fields that an answer adds to those it repeats from the request. */
export type Answer = Readonly<Record<number, string>>;
