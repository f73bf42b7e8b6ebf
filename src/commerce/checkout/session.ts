// A checkout session: what a payer is to pay for, at a page of ours, and what became of it. This is what is
// stored; `render-session.ts` says how it is shown to the merchant and `page-view.ts` what the payer sees.

import type { Address } from '#cards/methods';
import type { Uuid } from '#kit/ids';
import type { IntentAsked } from '#payments/intents';
import type { SetupAsked } from '#payments/setup';
import type { Branding } from './branding.ts';
import type { CardsRefused } from './cards-refused.ts';
import type { CustomField, CustomFieldAnswers } from './custom-fields.ts';
import type { LineItem } from './line-item.ts';
import type { NameCollection } from './name-collection.ts';
import type { SavedMethods } from './saved-methods.ts';
import type { ShippingOption } from './shipping-options.ts';

export type SessionStatus = 'open' | 'complete' | 'expired';

export const sessionStatuses = {
  open: 1,
  complete: 2,
  expired: 3,
} as const satisfies Record<SessionStatus, number>;

/** After so many tries that failed a session takes no more. */
export const FAILED_TRIES_MAX = 5;

export type Consent = {
  readonly promotions: 'opt_in' | 'opt_out' | null;
  readonly terms: 'accepted' | null;
};

/** What the payer told. */
export type Collected = {
  readonly email: string | null;
  readonly name: string | null;
  /** Sessions of before they were asked for have none. */
  readonly businessName?: string | null;
  readonly individualName?: string | null;
  readonly phone: string | null;
  readonly billing: Address | null;
  readonly shipping: { readonly address: Address; readonly name: string } | null;
  readonly customFields: CustomFieldAnswers;
  readonly consent: Consent;
};

export const nothingCollected: Collected = {
  email: null,
  name: null,
  phone: null,
  billing: null,
  shipping: null,
  customFields: {},
  consent: { promotions: null, terms: null },
};

export type UiMode = 'elements' | 'embedded_page' | 'hosted_page';

export type CheckoutSession = {
  readonly id: Uuid;
  readonly version: number;
  /** How many events it has had: the sequence number of the last one. */
  readonly events: number;
  readonly status: SessionStatus;
  /** The random part of its id: whoever has the whole id may pay. */
  readonly secret: string;
  /** Null where nothing is paid. */
  readonly currency: string | null;
  /** What the page shows, and what is charged: always lines and shipping together. */
  readonly amount: bigint;
  /** Made with the first try, and the only one there will be. */
  readonly intentId: Uuid | null;
  /** The same, of a session that keeps a card. */
  readonly setupId: Uuid | null;
  readonly customerId: Uuid | null;
  readonly linkId: Uuid | null;
  /** Whether it has a place among those that its link may have: from the beginning of a try on. */
  readonly hasPlace: boolean;
  readonly orderReference: string | null;
  /** Of `collected`, to be found by. */
  readonly email: string | null;
  readonly expiresAtMs: number;
  /** When it is looked at by itself; null once it is over. */
  readonly dueAtMs: number | null;
  /** Tries that were begun: whoever renders a page names the next one. */
  readonly tries: number;
  readonly failedTries: number;
  /** When the last try was begun, and the version that its payment had then. */
  readonly triedAtMs: number | null;
  readonly triedVersion: number | null;
  readonly mode: 'payment' | 'setup';
  readonly uiMode: UiMode;
  readonly paymentStatus: 'no_payment_required' | 'paid' | 'unpaid';
  readonly completedAtMs: number | null;
  /** Complete, and the money comes later or not at all. */
  readonly isDelayed: boolean;
  /** Where its page is. */
  readonly pageUrl: string;
  readonly successUrl: string | null;
  readonly cancelUrl: string | null;
  readonly returnUrl: string | null;
  readonly redirectOnCompletion: 'always' | 'if_required' | 'never' | null;
  /** What the merchant says on the page once it is done. */
  readonly confirmationText: string | null;
  /** What it says where its link was paid as often as it may be meanwhile. */
  readonly closedText?: string | null;
  readonly clientReferenceId: string | null;
  /** Said by the merchant: shown to the payer, and not asked. */
  readonly customerEmail: string | null;
  readonly customerCreation: 'always' | 'if_required' | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly lines: readonly LineItem[];
  readonly shippingOptions: readonly ShippingOption[];
  /** Which of them is chosen; the first, until the payer says otherwise. */
  readonly shippingChosen: Uuid | null;
  readonly locale: string | null;
  readonly submitType: 'auto' | 'book' | 'donate' | 'pay' | 'subscribe' | null;
  readonly billingAddress: 'auto' | 'required' | null;
  readonly shippingCountries: readonly string[] | null;
  readonly asksPhone: boolean;
  /** Sessions of before it was asked for have none. */
  readonly nameCollection?: NameCollection | null;
  readonly customFields: readonly CustomField[];
  readonly customText: CustomText;
  readonly consentCollection: ConsentCollection | null;
  readonly recovery: Recovery | null;
  /** When the merchant's page for beginning anew ends, once there is one. */
  readonly recoverUntilMs: number | null;
  /** The expired session that this one goes on with. */
  readonly recoveredFrom: string | null;
  /** What the payer says that is kept at the customer. */
  readonly customerUpdate?: readonly ('address' | 'name' | 'shipping')[];
  readonly branding?: Branding;
  /** Of the card that is kept. */
  readonly allowRedisplay?: 'always' | 'limited' | 'unspecified';
  readonly savedMethods?: SavedMethods;
  readonly cardsRefused?: CardsRefused | null;
  /** Whether a wallet of Stripe's may be offered; none ever is. */
  readonly linkDisplay?: 'auto' | 'never';
  /** For the payment, in the words of the API. */
  readonly intentData: IntentAsked;
  /** For the setup, in the words of the API. */
  readonly setupData: SetupAsked;
  readonly types: readonly string[] | null;
  readonly allowedTypes: readonly string[] | null;
  readonly excludedTypes: readonly string[] | null;
  /** What its page offered when it was made; null for what is older than other ways to pay. */
  readonly offered: readonly string[] | null;
  readonly originContext: 'mobile_app' | 'web' | null;
  readonly integrationIdentifier: string | null;
  readonly collected: Collected;
};

export type CustomText = {
  readonly afterSubmit: string | null;
  readonly shippingAddress: string | null;
  readonly submit: string | null;
  readonly terms: string | null;
};

export type ConsentCollection = {
  readonly reuseAgreement: 'auto' | 'hidden' | null;
  readonly promotions: 'auto' | 'none' | null;
  readonly terms: 'none' | 'required' | null;
};

export type Recovery = {
  readonly enabled: boolean;
  readonly allowPromotionCodes: boolean;
};

/** What nobody has said yet. */
export const blankSession = {
  version: 1,
  events: 0,
  status: 'open',
  intentId: null,
  setupId: null,
  linkId: null,
  hasPlace: false,
  email: null,
  tries: 0,
  failedTries: 0,
  triedAtMs: null,
  triedVersion: null,
  completedAtMs: null,
  isDelayed: false,
  recoverUntilMs: null,
  recoveredFrom: null,
  amount: 0n,
  offered: null,
} as const satisfies Partial<CheckoutSession>;

/** Whether it still takes a payment at that moment, whatever the job that ends it has got to. */
export const isOpenAt = (session: CheckoutSession, nowMs: number): boolean =>
  session.status === 'open' && nowMs < session.expiresAtMs;

export const isLocked = (session: Pick<CheckoutSession, 'failedTries'>): boolean =>
  session.failedTries >= FAILED_TRIES_MAX;

/** `{CHECKOUT_SESSION_ID}` stands for the id wherever the merchant's address names it. */
export const withSessionId = (url: string | null, spelled: string): string | null =>
  url?.replaceAll('{CHECKOUT_SESSION_ID}', spelled) ?? null;
