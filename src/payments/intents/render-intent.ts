// How a payment intent is shown: Stripe's shape, checked by the compiler against Stripe's own types.

import type Stripe from 'stripe';
import { spellId, uuidMs } from '#kit/ids';
import type { Wire } from '#kit/wire';
import { CHARGE, INTENT, type Shipping } from '#payments/charges';
import { isDelicate, toldWithoutReason } from '#payments/risk';
import { renderAwayOptions } from './away-options.ts';
import type { ShownIntent } from './lean-intent.ts';
import { renderAmountDetails, renderPaymentDetails } from './order-details.ts';
import type { PaymentIntent } from './payment-intent.ts';

const CUSTOMER = 'cus';

type Shown = Wire<Stripe.PaymentIntent>;

export const clientSecretOf = (intent: Pick<PaymentIntent, 'id' | 'secret'>): string =>
  secretWith(spellId(INTENT, intent.id), intent);

const secretWith = (id: string, { secret }: Pick<PaymentIntent, 'secret'>): string =>
  `${id}_secret_${secret}`;

/** Amounts of a snapshot are numbers, those of a row are bigints: both are shown as numbers. */
export const renderIntent = (intent: ShownIntent, livemode: boolean) => {
  const { automaticMethods } = intent;
  const id = spellId(INTENT, intent.id);
  return {
    id,
    object: 'payment_intent',
    allowed_payment_method_types: intent.allowedTypes as Shown['allowed_payment_method_types'],
    amount: Number(intent.amount),
    amount_capturable: Number(intent.capturable),
    amount_details: renderAmountDetails(intent),
    amount_received: Number(intent.received),
    application: null,
    application_fee_amount: null,
    automatic_payment_methods:
      automaticMethods === null
        ? null
        : { allow_redirects: automaticMethods.allowRedirects, enabled: true },
    canceled_at: seconds(intent.canceledAtMs),
    cancellation_reason: intent.cancellationReason,
    capture_method: intent.captureMethod,
    client_secret: secretWith(id, intent),
    confirmation_method: intent.confirmationMethod,
    created: Math.floor(uuidMs(intent.id) / 1000),
    currency: intent.currency,
    customer: intent.customerId === null ? null : spellId(CUSTOMER, intent.customerId),
    customer_account: null,
    description: intent.description,
    excluded_payment_method_types: (intent.excludedTypes ??
      null) as Shown['excluded_payment_method_types'],
    last_payment_error: intent.lastError as unknown as Shown['last_payment_error'],
    latest_charge: intent.latestChargeId === null ? null : spellId(CHARGE, intent.latestChargeId),
    livemode,
    managed_payments: { enabled: false },
    metadata: intent.metadata,
    next_action: renderNextAction(intent),
    on_behalf_of: null,
    payment_details: renderPaymentDetails(intent),
    payment_method: intent.methodId,
    payment_method_configuration_details: null,
    payment_method_options: renderOptions(intent),
    payment_method_types: [...(intent.types ?? ['card'])],
    payment_record: null,
    processing:
      intent.status === 'processing' && (intent.methodType ?? 'card') === 'card'
        ? { card: {}, type: 'card' }
        : null,
    receipt_email: intent.receiptEmail,
    review: null,
    setup_future_usage: intent.setupFutureUsage,
    shipping: renderShipping(intent.shipping),
    source: null,
    statement_descriptor: intent.statementDescriptor,
    statement_descriptor_suffix: intent.statementDescriptorSuffix,
    status: intent.status,
    transfer_data: null,
    transfer_group: intent.transferGroup,
    // Ours, and only where there is one: everything else is Stripe's shape.
    ...(intent.orderReference === null ? {} : { order_reference: intent.orderReference }),
  } satisfies Shown;
};

/** What a page with a publishable key may see: nothing of the customer, no metadata, no charge. */
export const renderForPage = (intent: PaymentIntent, livemode: boolean) => {
  const whole = { ...renderIntent(intent, livemode), last_payment_error: errorForPage(intent) };
  return Object.fromEntries(Object.entries(whole).filter(([name]) => pageFields.has(name)));
};

/** The same of a setup. */
export const errorForPage = ({
  lastError,
  screened,
}: Pick<PaymentIntent, 'lastError' | 'screened'>): LastErrorShown => {
  const reason = lastError?.['decline_code'];
  const isHidden =
    screened?.isSuspect === true || (typeof reason === 'string' && isDelicate(reason));
  return isHidden ? toldWithoutReason(lastError) : lastError;
};

type LastErrorShown = Readonly<Record<string, unknown>> | null;

const pageFields: ReadonlySet<string> = new Set([
  'id',
  'object',
  'amount',
  'canceled_at',
  'cancellation_reason',
  'capture_method',
  'client_secret',
  'confirmation_method',
  'created',
  'currency',
  'description',
  'last_payment_error',
  'livemode',
  'next_action',
  'payment_method',
  'payment_method_types',
  'processing',
  'receipt_email',
  'setup_future_usage',
  'shipping',
  'status',
]);

const renderNextAction = ({ status, nextAction }: ShownIntent): Shown['next_action'] => {
  if (status !== 'requires_action' || nextAction === null) return null;
  const { url, returnUrl } = nextAction;
  return nextAction.useSdk
    ? {
        type: 'use_stripe_sdk',
        use_stripe_sdk: { type: 'three_d_secure_redirect', stripe_js: url },
      }
    : { redirect_to_url: { return_url: returnUrl, url }, type: 'redirect_to_url' };
};

const renderOptions = (intent: ShownIntent): Shown['payment_method_options'] => ({
  ...renderAwayOptions(intent),
  card: cardOptionsOf(intent),
});

// What is undefined is left out, as JSON does.
const cardOptionsOf = ({ cardOptions }: ShownIntent): CardOptionsShown => ({
  capture_method: cardOptions.captureMethod ?? undefined,
  installments:
    cardOptions.installments === true ? { available_plans: [], enabled: true, plan: null } : null,
  mandate_options: cardOptions.mandateOptions ?? null,
  network: cardOptions.network as never,
  request_extended_authorization: cardOptions.extended,
  request_incremental_authorization: cardOptions.incremental ? 'if_available' : undefined,
  request_multicapture: cardOptions.multicapture ? 'if_available' : undefined,
  request_overcapture: cardOptions.overcapture,
  request_three_d_secure: cardOptions.requestThreeDSecure ?? 'automatic',
  setup_future_usage: cardOptions.setupFutureUsage ?? undefined,
  require_cvc_recollection: cardOptions.needsCvc === true ? true : undefined,
  statement_descriptor_suffix_kana: cardOptions.kana,
  statement_descriptor_suffix_kanji: cardOptions.kanji,
});

type CardOptionsShown = NonNullable<NonNullable<Shown['payment_method_options']>['card']>;

const renderShipping = (shipping: Shipping | null): Shown['shipping'] => {
  if (shipping === null) return null;
  const { name, ...rest } = shipping;
  return { ...rest, ...(name === null ? {} : { name }) };
};

const seconds = (ms: number | null): number | null => (ms === null ? null : Math.floor(ms / 1000));
