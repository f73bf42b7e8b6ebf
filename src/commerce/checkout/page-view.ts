// Everything the page of a session may show, and nothing else: what a payer must not see is not in here.
// Computed from what is stored, so that reloading, going back and a second tab all show the truth.

import type { Look } from './look.ts';
import type { NameCollection } from './name-collection.ts';
import type { DeliveryBound } from './shipping-options.ts';

export type PageView = {
  /** `cs_test_…`, as it stands in the address of the page. */
  readonly session: string;
  /** False in test mode: the page says so, and offers cards to click. */
  readonly livemode: boolean;
  /** A tag of BCP 47 that the merchant chose; null: the browser's languages decide. */
  readonly locale: string | null;
  readonly merchant: Merchant;
  readonly look: Look;
  readonly mode: 'payment' | 'setup';
  readonly status: PageStatus;
  /** What the last try came to, while another is possible or the session is locked. */
  readonly declined: Declined | null;
  /** Names the try that this rendering allows: sent along, it makes double clicks and Back one try. */
  readonly attempt: string;
  readonly triesLeft: number;
  readonly amounts: Amounts;
  readonly lines: readonly Line[];
  readonly submitType: 'auto' | 'book' | 'donate' | 'pay' | 'subscribe';
  readonly methods: readonly PageMethod[];
  /** Of them, where the payer has chosen and has to say more. */
  readonly chosen?: string | null;
  /** What a card is sealed to in the browser, with the gateway's time; for `vaultKeyFrom` of seal.js. */
  readonly vaultKey: VaultKeyAnswer | null;
  readonly asks: Asks;
  /** What the payer has told, by an earlier try or by the merchant. */
  readonly known: Known;
  readonly texts: {
    readonly submit: string | null;
    readonly afterSubmit: string | null;
    readonly shippingAddress: string | null;
    readonly terms: string | null;
    /** Once it is done. */
    readonly confirmation: string | null;
    /** Once others have paid its link as often as it may be. */
    readonly closed: string | null;
  };
  readonly urls: Urls;
  readonly expiresAtMs: number;
  /** Once it is paid. */
  readonly receipt: Receipt | null;
  /** The payer goes to `urls.action` as a page of its own, and not in a frame of this one. */
  readonly isAway?: boolean;
  /** Complete, and the bank tells in hours or days: it has not yet, or it has said no. */
  readonly pending?: 'waits' | 'failed' | null;
  /** The card that was kept, once it is. */
  readonly kept: { readonly brand: string | null; readonly last4: string | null } | null;
};

/**
 * open: the payer can pay. action: the bank asks for its card's holder, at `urls.action`. processing: a
 * provider works on it and will tell. unknown: nobody knows yet; nothing else may be tried. complete: done.
 * expired: over, `urls.recover` may begin anew. locked: too many tries, and no more. used_up: its link was paid as
 * often as it may be.
 */
export type PageStatus =
  | 'open'
  | 'action'
  | 'processing'
  | 'unknown'
  | 'complete'
  | 'expired'
  | 'locked'
  | 'used_up';

export type Merchant = {
  readonly name: string;
  readonly supportEmail: string | null;
  readonly supportUrl: string | null;
};

/** Minor units, in the session's currency. */
export type Amounts = {
  readonly currency: string;
  /** How many digits stand behind the point: 2 for eur, 0 for jpy. */
  readonly digits: number;
  readonly subtotal: bigint;
  readonly shipping: bigint;
  readonly discount: bigint;
  readonly tax: bigint;
  /** What is charged. The page sends it back as `expected_amount`. */
  readonly total: bigint;
};

export type Line = {
  /** `li_…`: the name of its quantity in the form is `quantity[li_…]`. */
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly image: string | null;
  readonly quantity: number;
  readonly unitAmount: bigint;
  readonly amount: bigint;
  readonly adjustable: { readonly min: number; readonly max: number } | null;
};

export type PageMethod = {
  /** `card`, or as Stripe names it: `ideal`. */
  readonly type: string;
  readonly brands: readonly string[];
  /** As payers know it; absent for cards. */
  readonly name?: string | null;
  /** Where its payers have their banks: for them it comes first. */
  readonly countries?: readonly string[];
  readonly needsName?: boolean;
};

export type VaultKeyAnswer = {
  readonly kid: string;
  readonly jwk: {
    readonly kty: string;
    readonly crv: string;
    readonly x: string;
    readonly y: string;
  };
  readonly audience: string;
  readonly expires_at: number;
  /** Seconds. */
  readonly now: number;
};

export type DeclineClass =
  | 'funds'
  | 'data_number'
  | 'data_cvc'
  | 'data_expiry'
  | 'data_postal'
  | 'auth_needed'
  | 'auth_failed'
  | 'call_bank'
  | 'not_allowed'
  | 'velocity'
  | 'hard_stop'
  | 'technical'
  | 'missing'
  | 'away_failed'
  | 'away_expired';

export type Declined = {
  readonly class: DeclineClass;
  /** Of the catalogue of texts: `decline.funds`. Reasons of fraud all have the same. */
  readonly text: string;
  /** Which field is wrong, where one is. */
  readonly field: 'number' | 'expiry' | 'cvc' | 'postal_code' | 'away-name' | null;
  readonly sameCardMayWork: boolean;
};

/** What the form has to ask. */
export type Asks = {
  readonly email: boolean;
  readonly name: boolean;
  readonly phone: boolean;
  /** Beside the name on the card. */
  readonly names: NameCollection | null;
  readonly billingAddress: 'none' | 'auto' | 'required';
  /** Countries that are shipped to, upper case; null: nothing is shipped. */
  readonly shippingCountries: readonly string[] | null;
  readonly shippingOptions: readonly ShippingChoice[];
  readonly customFields: readonly CustomField[];
  /** Whether it says that the card may be used again. */
  readonly reuse: boolean;
  readonly terms: boolean;
  /** null: not asked; otherwise what the box shows before anybody touches it. */
  readonly promotions: boolean | null;
};

export type ShippingChoice = {
  /** `shr_…`: the value of `shipping_option`. */
  readonly id: string;
  readonly name: string;
  readonly amount: bigint;
  readonly delivery: DeliveryTime | null;
  readonly isChosen: boolean;
};

export type DeliveryTime = {
  readonly min: DeliveryBound | null;
  readonly max: DeliveryBound | null;
};

export type CustomField = {
  /** The name in the form is `custom_fields[key]`. */
  readonly key: string;
  readonly label: string;
  readonly type: 'text' | 'numeric' | 'dropdown';
  readonly optional: boolean;
  readonly options: readonly { readonly label: string; readonly value: string }[];
  readonly minLength: number | null;
  readonly maxLength: number | null;
  readonly value: string | null;
};

export type Known = {
  readonly email: string | null;
  /** The merchant has said it: shown, not asked. */
  readonly isEmailFixed: boolean;
  readonly name: string | null;
  readonly phone: string | null;
  readonly businessName: string | null;
  readonly individualName: string | null;
  readonly billing: Address | null;
  readonly shipping: (Address & { readonly name: string | null }) | null;
};

export type Address = {
  readonly line1: string | null;
  readonly line2: string | null;
  readonly city: string | null;
  readonly state: string | null;
  readonly postal_code: string | null;
  readonly country: string | null;
};

export type Urls = {
  /** This page, where the form is sent without scripts. */
  readonly page: string;
  /** `GET` for the state as JSON. */
  readonly state: string;
  /** `POST` to pay, from a script. */
  readonly confirm: string;
  /** Where the card's holder is asked, while the status is `action`. */
  readonly action: string | null;
  /** Where the payer goes after paying; null: the page itself is the end. */
  readonly success: string | null;
  /** Where the payer goes back to the shop without paying. */
  readonly cancel: string | null;
  /** Of an expired session that may begin anew. */
  readonly recover: string | null;
};

export type Receipt = {
  readonly paidAtMs: number;
  readonly amount: bigint;
  readonly refunded: bigint;
  /** False: only authorized, to be taken later. */
  readonly isCaptured: boolean;
  readonly method: { readonly brand: string | null; readonly last4: string | null };
  readonly email: string | null;
  readonly descriptor: string | null;
  /** How it is sent. */
  readonly shipping: Pick<ShippingChoice, 'name' | 'delivery'> | null;
  /** Where it stands beside this page, and as a file. */
  readonly url: string | null;
  /** `pi_…` */
  readonly payment: string;
};

/** What stands where no session can be shown. */
export type NoticeView = {
  readonly kind: 'session_unknown' | 'link_unknown' | 'link_inactive' | 'link_used_up';
  /** The merchant's own words for an inactive link. */
  readonly text: string | null;
};

/** What the browser says of its payer, and what the page may use once. */
export type PageRequest = {
  /** `?lang=`, which wins over what the browser says. */
  readonly lang: string | null;
  readonly acceptLanguage: string | null;
  /** The payer has just asked for the receipt once more. */
  readonly isMailed: boolean;
  /** Random, for the policy of this one answer. */
  readonly nonce: string;
};

/** What the page is: `Content-Security-Policy` and what else belongs to it stand in the headers. */
export type RenderedPage = {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
};

/** What `page/index.ts` exports. */
export type RenderPage = (view: PageView, request: PageRequest) => RenderedPage;
export type RenderNotice = (notice: NoticeView, request: PageRequest) => RenderedPage;
