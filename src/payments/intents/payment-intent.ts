// A payment intent: what a merchant wants to be paid. This is what is stored; `render-intent.ts` says how
// it is shown.

import type { Uuid } from '#kit/ids';
import type { Shipping } from '#payments/charges';
import type { Mandate } from '#payments/confirmation';
import type { AwayOptions } from './away-options.ts';
import type { IntentStatus } from './intent-states.ts';
import type { MandateOptions } from './mandate-options.ts';
import type { AmountDetails, PaymentDetails } from './order-details.ts';
import type { Untold } from './untold.ts';

export type CancellationReason =
  | 'abandoned'
  | 'automatic'
  | 'duplicate'
  | 'expired'
  | 'fraudulent'
  | 'requested_by_customer';

export type CardOptions = {
  readonly captureMethod: 'manual' | null;
  readonly network: string | null;
  readonly requestThreeDSecure: 'any' | 'automatic' | 'challenge' | null;
  readonly setupFutureUsage: 'none' | 'off_session' | 'on_session' | null;
  /** Asked for, where the provider can do it. */
  readonly multicapture: boolean;
  readonly incremental: boolean;
  readonly mandateOptions?: MandateOptions;
  /** A card that is kept is paid with only by whoever types its security code again. */
  readonly needsCvc?: true;
  /** Asked for; no plan is ever offered. */
  readonly installments?: true;
  /** What banks of Japan print. */
  readonly kana?: string;
  readonly kanji?: string;
  /** Asked for, and done by nobody here: shown as it was asked. */
  readonly extended?: IfAvailable;
  readonly overcapture?: IfAvailable;
};

type IfAvailable = 'if_available' | 'never';

/** The last attempt's error as the API shows it, without the intent in it. */
export type LastError = Readonly<Record<string, unknown>> & {
  readonly type: 'card_error' | 'invalid_request_error' | 'api_error';
  readonly message: string;
};

export type NextAction = {
  readonly url: string;
  readonly returnUrl: string | null;
  readonly useSdk: boolean;
  /** The payer leaves our pages, and the provider waits for them. */
  readonly isAway?: true;
};

/** Its method is the one that is paid with in the end. */
export type AgreedMandate = Omit<Mandate, 'methodId' | 'methodType'>;

export type IfRaised = Pick<
  PaymentIntent,
  'description' | 'metadata' | 'statementDescriptor' | 'paymentDetails' | 'amountDetails'
>;

export type PaymentIntent = {
  readonly id: Uuid;
  readonly version: number;
  /** How many events it has had: the sequence number of the last one. */
  readonly events: number;
  readonly status: IntentStatus;
  readonly currency: string;
  readonly amount: bigint;
  readonly received: bigint;
  readonly capturable: bigint;
  readonly customerId: Uuid | null;
  readonly latestChargeId: Uuid | null;
  readonly orderReference: string | null;
  /** The object of a later module that made it and looks after it; null: the merchant did. */
  readonly madeBy: { readonly object: string; readonly id: Uuid } | null;
  readonly isDirect: boolean;
  readonly dueAtMs: number | null;
  readonly metadata: Readonly<Record<string, string>>;
  /** The random part of its client secret. */
  readonly secret: string;
  /** What is under way at a provider, while the status is `processing`. */
  readonly doing: 'payment' | 'increment' | 'capture' | 'void' | null;
  /** Whether the world was told that it is processing. */
  readonly isProcessingTold: boolean;
  /** Asked for while nobody knew what had become of it; done as soon as that is known. */
  readonly cancelWanted: { readonly reason: CancellationReason | null } | null;
  /** In which the card's holder is being asked, or was. */
  readonly authenticationId: Uuid | null;
  /** Attempts with providers so far. */
  readonly attempts: number;
  readonly voids: number;
  /** Attempts to raise its authorization. */
  readonly increments: number;
  /** What it becomes besides, should the bank raise it. */
  readonly ifRaised: IfRaised | null;
  readonly allowedTypes: readonly string[] | null;
  /** Whatever else may be used. */
  readonly excludedTypes?: readonly string[];
  readonly types: readonly string[] | null;
  readonly automaticMethods: { readonly allowRedirects: 'always' | 'never' } | null;
  readonly captureMethod: 'automatic' | 'automatic_async' | 'manual';
  readonly confirmationMethod: 'automatic' | 'manual';
  readonly canceledAtMs: number | null;
  readonly cancellationReason: CancellationReason | null;
  readonly description: string | null;
  readonly lastError: LastError | null;
  readonly nextAction: NextAction | null;
  /** As it is spelled: `pm_…` or `card_…`. */
  readonly methodId: string | null;
  /** Of the method that was last tried, where it is no card. */
  readonly methodType?: string;
  readonly cardOptions: CardOptions;
  readonly awayOptions?: AwayOptions;
  readonly receiptEmail: string | null;
  readonly returnUrl: string | null;
  readonly setupFutureUsage: 'off_session' | 'on_session' | null;
  readonly shipping: Shipping | null;
  readonly statementDescriptor: string | null;
  readonly statementDescriptorSuffix: string | null;
  readonly transferGroup: string | null;
  readonly paymentDetails?: PaymentDetails;
  readonly amountDetails?: AmountDetails;
  /** As at a payment method, of the try that it was said with. */
  readonly radarSession?: string;
  /** What its payer agreed to with the last confirmation. It becomes a mandate when that has succeeded. */
  readonly mandate?: AgreedMandate;
  /** By what its payer had agreed to before: the mandate that the last confirmation named. */
  readonly byMandate?: Uuid;
  /** What it was before what is under way was begun, as far as that changed it and nobody was told. */
  readonly untold?: Untold<Omit<PaymentIntent, 'untold'>>;
  /** Of the last try, where a payer's browser made it. */
  readonly screened?: Screened;
};

export type Screened = {
  /** Of its row among the tries of cards. */
  readonly id: Uuid;
  /** Its payer is told of refusals, and of no reasons. */
  readonly isSuspect: boolean;
  /** Tries of browsers that came to nothing so far. */
  readonly inVain: number;
};

/** After so many tries of browsers that failed only a server may go on. */
export const TRIES_IN_VAIN_MAX = 5;

export const blankIntent = (
  id: Uuid,
  given: Pick<PaymentIntent, 'amount' | 'currency' | 'secret'>,
): PaymentIntent => ({
  id,
  version: 1,
  events: 0,
  status: 'requires_payment_method',
  received: 0n,
  capturable: 0n,
  customerId: null,
  latestChargeId: null,
  orderReference: null,
  madeBy: null,
  isDirect: false,
  dueAtMs: null,
  metadata: {},
  doing: null,
  isProcessingTold: false,
  cancelWanted: null,
  authenticationId: null,
  attempts: 0,
  voids: 0,
  increments: 0,
  ifRaised: null,
  allowedTypes: null,
  types: null,
  automaticMethods: null,
  captureMethod: 'automatic_async',
  confirmationMethod: 'automatic',
  canceledAtMs: null,
  cancellationReason: null,
  description: null,
  lastError: null,
  nextAction: null,
  methodId: null,
  cardOptions: {
    captureMethod: null,
    network: null,
    requestThreeDSecure: null,
    setupFutureUsage: null,
    multicapture: false,
    incremental: false,
  },
  receiptEmail: null,
  returnUrl: null,
  setupFutureUsage: null,
  shipping: null,
  statementDescriptor: null,
  statementDescriptorSuffix: null,
  transferGroup: null,
  ...given,
});

/** What a holder is asked, or has agreed to. */
export const isSameQuestion = (a: PaymentIntent, b: PaymentIntent): boolean =>
  a.methodId === b.methodId && a.amount === b.amount && a.currency === b.currency;

export const isManual = (intent: Pick<PaymentIntent, 'captureMethod' | 'cardOptions'>): boolean =>
  intent.captureMethod === 'manual' || intent.cardOptions.captureMethod === 'manual';
