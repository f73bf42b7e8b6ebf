// How a setup intent and its attempts are shown: Stripe's shapes, checked against Stripe's own types.

import type Stripe from 'stripe';
import { networksOf } from '#cards/methods';
import { renderProof } from '#cards/three-ds';
import { spellId, uuidMs } from '#kit/ids';
import type { Wire } from '#kit/wire';
import { MANDATE } from '#payments/confirmation';
import { errorForPage } from '#payments/intents';
import type { SetupAttempt, SetupIntent } from './setup-intent.ts';

export const SETUP = 'seti';
export const SETUP_ATTEMPT = 'setatt';
const CUSTOMER = 'cus';

type Shown = Wire<Stripe.SetupIntent>;

export const clientSecretOf = (setup: Pick<SetupIntent, 'id' | 'secret'>): string =>
  `${spellId(SETUP, setup.id)}_secret_${setup.secret}`;

export const renderSetup = (setup: SetupIntent, livemode: boolean) =>
  ({
    id: spellId(SETUP, setup.id),
    object: 'setup_intent',
    allowed_payment_method_types: setup.allowedTypes as Shown['allowed_payment_method_types'],
    application: null,
    automatic_payment_methods:
      setup.automaticMethods === null
        ? null
        : { allow_redirects: setup.automaticMethods.allowRedirects, enabled: true },
    cancellation_reason: setup.cancellationReason,
    client_secret: clientSecretOf(setup),
    created: Math.floor(uuidMs(setup.id) / 1000),
    customer: setup.customerId === null ? null : spellId(CUSTOMER, setup.customerId),
    customer_account: null,
    description: setup.description,
    excluded_payment_method_types: (setup.excludedTypes ??
      null) as Shown['excluded_payment_method_types'],
    flow_directions: null,
    last_setup_error: setup.lastError as Shown['last_setup_error'],
    latest_attempt:
      setup.latestAttemptId === null ? null : spellId(SETUP_ATTEMPT, setup.latestAttemptId),
    livemode,
    managed_payments: { enabled: false },
    mandate: setup.mandateId === null ? null : spellId(MANDATE, setup.mandateId),
    metadata: setup.metadata,
    next_action: nextActionOf(setup),
    on_behalf_of: null,
    payment_method: setup.methodId,
    payment_method_configuration_details: null,
    payment_method_options: {
      card: {
        mandate_options: setup.mandateOptions ?? null,
        network: (setup.network ?? null) as never,
        request_three_d_secure: setup.requestThreeDSecure ?? 'automatic',
      },
    },
    payment_method_types: ['card'],
    single_use_mandate: null,
    status: setup.status,
    usage: setup.usage,
  }) satisfies Shown;

/** What a page with a publishable key may see of it. */
const forPages: ReadonlySet<string> = new Set([
  'id',
  'object',
  'cancellation_reason',
  'client_secret',
  'created',
  'description',
  'last_setup_error',
  'livemode',
  'next_action',
  'payment_method',
  'payment_method_types',
  'status',
  'usage',
]);

export const renderSetupForPage = (setup: SetupIntent, livemode: boolean) =>
  Object.fromEntries(
    Object.entries({
      ...renderSetup(setup, livemode),
      last_setup_error: errorForPage(setup),
    }).filter(([name]) => forPages.has(name)),
  );

const nextActionOf = ({ status, nextAction }: SetupIntent): Shown['next_action'] => {
  if (status !== 'requires_action' || nextAction === null) return null;
  const { url, returnUrl, useSdk } = nextAction;
  return useSdk
    ? {
        type: 'use_stripe_sdk',
        use_stripe_sdk: { type: 'three_d_secure_redirect', stripe_js: url },
      }
    : { redirect_to_url: { return_url: returnUrl, url }, type: 'redirect_to_url' };
};

type ShownAttempt = Wire<Stripe.SetupAttempt>;

export const renderAttempt = (attempt: SetupAttempt, livemode: boolean) =>
  ({
    id: spellId(SETUP_ATTEMPT, attempt.id),
    object: 'setup_attempt',
    application: null,
    created: Math.floor(uuidMs(attempt.id) / 1000),
    customer: attempt.customerId === null ? null : spellId(CUSTOMER, attempt.customerId),
    customer_account: null,
    flow_directions: null,
    livemode,
    on_behalf_of: null,
    payment_method: attempt.method.id,
    payment_method_details: detailsOf(attempt),
    setup_error: attempt.error as ShownAttempt['setup_error'],
    setup_intent: spellId(SETUP, attempt.setupId),
    status: attempt.status,
    usage: attempt.usage,
  }) satisfies ShownAttempt;

const detailsOf = ({
  method,
  threeDSecure,
}: SetupAttempt): ShownAttempt['payment_method_details'] => {
  const { card } = method;
  if (card === null) return { type: method.type };
  return {
    card: {
      brand: card.brand,
      checks: {
        address_line1_check: card.checks.line1,
        address_postal_code_check: card.checks.postalCode,
        cvc_check: card.checks.cvc,
      },
      country: card.country,
      exp_month: card.expMonth,
      exp_year: card.expYear,
      fingerprint: card.fingerprint,
      funding: card.funding,
      last4: card.last4,
      network: card.preferred ?? networksOf(card)[0] ?? null,
      three_d_secure:
        threeDSecure === null
          ? null
          : {
              ...renderProof(threeDSecure),
              result:
                threeDSecure.outcome === 'authenticated' ? 'authenticated' : 'attempt_acknowledged',
            },
      wallet: null,
    },
    type: 'card',
  };
};
