// A payment method: a card, or another way to pay, with who it belongs to. This is what is stored;
// `render-payment-method.ts` says how it is shown.

import type { Brand, Funding } from '#cards/bins';
import type { Uuid } from '#kit/ids';

export type Address = {
  readonly city: string | null;
  readonly country: string | null;
  readonly line1: string | null;
  readonly line2: string | null;
  readonly postal_code: string | null;
  readonly state: string | null;
};

export type BillingDetails = {
  readonly address: Address;
  readonly email: string | null;
  readonly name: string | null;
  readonly phone: string | null;
  readonly tax_id: string | null;
};

/** What may be known of a card by everybody who may know of the method. Never its number. */
export type CardFacts = {
  readonly bin: string;
  readonly last4: string;
  readonly brand: Brand | 'unknown';
  readonly coBrand: 'cartes_bancaires' | null;
  /** The network the payer chose of a co-branded card. */
  readonly preferred: string | null;
  readonly funding: Funding;
  readonly country: string | null;
  readonly expMonth: number;
  readonly expYear: number;
  readonly fingerprint: string;
  readonly threeDSecure: boolean;
  readonly checks: CardChecks;
  /** The index of the documented test card, for those who must know how it behaves. */
  readonly testCard: number | null;
};

/** Null: there was nothing to check. Nobody has checked yet: `unchecked`. */
export type CardCheck = 'pass' | 'fail' | 'unavailable' | 'unchecked' | null;

export type CardChecks = {
  readonly line1: CardCheck;
  readonly postalCode: CardCheck;
  readonly cvc: CardCheck;
};

/** What only the older spelling of a card has. */
export type LegacyCard = {
  readonly name: string | null;
  readonly addressCity: string | null;
  readonly addressCountry: string | null;
  readonly addressLine1: string | null;
  readonly addressLine2: string | null;
  readonly addressState: string | null;
  readonly addressZip: string | null;
  readonly currency: string | null;
};

export type AllowRedisplay = 'always' | 'limited' | 'unspecified';

export type MethodState = 'unattached' | 'attached' | 'detached';

export type PaymentMethod = {
  readonly id: Uuid;
  readonly version: number;
  /** How many events it has had: the sequence number of the last one. */
  readonly events: number;
  readonly type: string;
  /** Made by an older client as a source: shown as `card_…`, also among payment methods. */
  readonly legacy: LegacyCard | null;
  readonly state: MethodState;
  readonly customerId: Uuid | null;
  /** In the vault; null for what is no card, and after the card was shredded. */
  readonly cardId: Uuid | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly card: CardFacts | null;
  /** What the hash named like the type holds, for methods that are no cards. */
  readonly other: Readonly<Record<string, unknown>> | null;
  readonly billing: BillingDetails;
  readonly allowRedisplay: AllowRedisplay;
  /** The network's name of its first use, which later payments without the payer refer to. */
  readonly firstNetworkTransactionId?: string;
  /** What its page saw of the payer's browser, by a name of Stripe's: kept and shown, and read by nobody here. */
  readonly radarSession?: string;
};

export const emptyAddress: Address = {
  city: null,
  country: null,
  line1: null,
  line2: null,
  postal_code: null,
  state: null,
};

export const emptyBilling: BillingDetails = {
  address: emptyAddress,
  email: null,
  name: null,
  phone: null,
  tax_id: null,
};
