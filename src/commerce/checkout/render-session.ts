// How a session is shown to its merchant: Stripe's shape, checked by the compiler against Stripe's own types.

import type Stripe from 'stripe';
import type { Scope } from '#kit/context';
import { spellId, uuidMs } from '#kit/ids';
import type { Wire } from '#kit/wire';
import { INTENT } from '#payments/charges';
import { SETUP } from '#payments/setup';
import { list, type Outcome } from '#platform/http';
import { renderBranding } from './branding.ts';
import type { CustomField } from './custom-fields.ts';
import { renderMethodOptions } from './method-options.ts';
import { renderNameCollection } from './name-collection.ts';
import { productsOf, renderLineItem } from './render-line-item.ts';
import { renderSavedMethods } from './saved-methods.ts';
import type { CheckoutSession, CustomText } from './session.ts';
import { withSessionId } from './session.ts';
import { spellSession } from './session-id.ts';
import { SHIPPING_RATE, shippingOf } from './shipping-options.ts';
import { totalsOf } from './totals.ts';

const CUSTOMER = 'cus';
const PAYMENT_LINK = 'plink';

type Shown = Wire<Stripe.Checkout.Session>;

/** Amounts of a snapshot are numbers, those of a row are bigints: both are shown as numbers. */
export const renderSession = (session: CheckoutSession, scope: Scope) => {
  const id = spellSession(scope, session);
  const totals = totalsOf(session);
  const isPriced = session.mode === 'payment';
  return {
    id,
    object: 'checkout.session',
    adaptive_pricing: null,
    after_expiration:
      session.recovery === null ? null : { recovery: renderRecovery(session, session.recovery) },
    allow_promotion_codes: null,
    allowed_payment_method_types: mutable(session.allowedTypes),
    amount_subtotal: isPriced ? Number(totals.subtotal) : null,
    amount_total: isPriced ? Number(totals.total) : null,
    automatic_tax: { enabled: false, liability: null, provider: null, status: null },
    billing_address_collection: session.billingAddress,
    ...renderBranding(session.branding),
    cancel_url: withSessionId(session.cancelUrl, id),
    client_reference_id: session.clientReferenceId,
    client_secret:
      session.uiMode !== 'hosted_page' && session.status === 'open' ? `${id}_secret` : null,
    collected_information: renderCollected(session),
    consent: renderConsent(session),
    consent_collection: renderConsentCollection(session.consentCollection),
    created: Math.floor(uuidMs(session.id) / 1000),
    currency: session.currency,
    currency_conversion: null,
    custom_fields: session.customFields.map((field) =>
      renderCustomField(field, { value: session.collected.customFields[field.key] ?? null }),
    ),
    custom_text: renderCustomText(session.customText),
    customer: session.customerId === null ? null : spellId(CUSTOMER, session.customerId),
    customer_account: null,
    customer_creation: session.customerCreation,
    customer_details: renderDetails(session),
    customer_email: session.customerEmail,
    discounts: [],
    ...(session.excludedTypes === null
      ? {}
      : { excluded_payment_method_types: [...session.excludedTypes] }),
    expires_at: seconds(session.expiresAtMs),
    integration_identifier: session.integrationIdentifier,
    invoice: null,
    invoice_creation: isPriced ? noInvoice() : null,
    livemode: scope.livemode,
    locale: session.locale as Shown['locale'],
    managed_payments: { enabled: false },
    metadata: session.metadata,
    mode: session.mode,
    ...renderNameCollection(session.nameCollection),
    optional_items: null,
    origin_context: session.originContext,
    payment_intent: session.intentId === null ? null : spellId(INTENT, session.intentId),
    payment_link: session.linkId === null ? null : spellId(PAYMENT_LINK, session.linkId),
    payment_method_collection: isPriced ? 'if_required' : 'always',
    payment_method_configuration_details: null,
    payment_method_options: renderMethodOptions(session),
    payment_method_types: [...(session.types ?? session.offered ?? ['card'])],
    payment_status: session.paymentStatus,
    permissions: null,
    phone_number_collection: { enabled: session.asksPhone },
    recovered_from: session.recoveredFrom,
    ...(session.redirectOnCompletion === null
      ? {}
      : { redirect_on_completion: session.redirectOnCompletion }),
    ...(session.returnUrl === null
      ? {}
      : { return_url: withSessionId(session.returnUrl, id) ?? session.returnUrl }),
    saved_payment_method_options: renderSavedMethods(session.savedMethods),
    setup_intent: session.setupId === null ? null : spellId(SETUP, session.setupId),
    shipping_address_collection:
      session.shippingCountries === null
        ? null
        : { allowed_countries: [...session.shippingCountries] as never },
    shipping_cost: renderShippingCost(session),
    shipping_options: session.shippingOptions.map((option) => ({
      shipping_amount: Number(option.amount),
      shipping_rate: spellId(SHIPPING_RATE, option.id),
    })),
    status: session.status,
    submit_type: session.submitType,
    subscription: null,
    success_url: withSessionId(session.successUrl, id),
    total_details: isPriced
      ? { amount_discount: 0, amount_shipping: Number(totals.shipping), amount_tax: 0 }
      : null,
    ui_mode: session.uiMode,
    url: session.status === 'open' && session.uiMode === 'hosted_page' ? session.pageUrl : null,
    wallet_options:
      session.linkDisplay === undefined ? null : { link: { display: session.linkDisplay } },
    // Ours, and only where there is one: everything else is Stripe's shape.
    ...(session.orderReference === null ? {} : { order_reference: session.orderReference }),
  } satisfies Shown;
};

export const lineItemsOf = (session: CheckoutSession, scope: Scope) =>
  lineItemsAt(
    `/v1/checkout/sessions/${spellSession(scope, session)}/line_items`,
    session.lines,
    scope.livemode,
  );

export const lineItemsAt = (url: string, lines: CheckoutSession['lines'], livemode: boolean) =>
  list(url, { rows: lines.map((line) => renderLineItem(line, livemode)), hasMore: false });

/** What sessions and links show alike. */
export const renderShared = (
  shared: Pick<
    CheckoutSession,
    | 'consentCollection'
    | 'customFields'
    | 'customText'
    | 'nameCollection'
    | 'shippingCountries'
    | 'shippingOptions'
  >,
) => ({
  consent_collection: renderConsentCollection(shared.consentCollection),
  custom_fields: shared.customFields.map((field) => renderCustomField(field, {})),
  custom_text: renderCustomText(shared.customText),
  ...renderNameCollection(shared.nameCollection),
  shipping_address_collection:
    shared.shippingCountries === null
      ? null
      : { allowed_countries: [...shared.shippingCountries] as never },
  shipping_options: shared.shippingOptions.map((option) => ({
    shipping_amount: Number(option.amount),
    shipping_rate: spellId(SHIPPING_RATE, option.id),
  })),
});

const renderConsentCollection = (
  asked: CheckoutSession['consentCollection'],
): Shown['consent_collection'] =>
  asked === null
    ? null
    : {
        payment_method_reuse_agreement:
          asked.reuseAgreement === null ? null : { position: asked.reuseAgreement },
        promotions: asked.promotions,
        terms_of_service: asked.terms,
      };

/** The answer of a change, with the lines where they were asked for: they are not in the database yet. */
export const answerWith = (
  session: CheckoutSession,
  scope: Scope,
  expand: readonly string[],
): Pick<Outcome, 'body' | 'related'> => ({
  body: {
    ...renderSession(session, scope),
    ...(expand.some((path) => path.split('.', 1)[0] === 'line_items')
      ? { line_items: lineItemsOf(session, scope) }
      : {}),
  },
  related: () => productsOf(session.lines, scope.livemode),
});

const renderRecovery = (
  session: CheckoutSession,
  { enabled, allowPromotionCodes }: NonNullable<CheckoutSession['recovery']>,
) => ({
  allow_promotion_codes: allowPromotionCodes,
  enabled,
  expires_at: session.recoverUntilMs === null ? null : seconds(session.recoverUntilMs),
  url: session.recoverUntilMs === null ? null : recoveryUrlOf(session),
});

export const recoveryUrlOf = ({ pageUrl }: Pick<CheckoutSession, 'pageUrl'>): string =>
  `${pageUrl}/again`;

const renderCollected = ({ collected }: CheckoutSession): Shown['collected_information'] => ({
  business_name: collected.businessName ?? null,
  individual_name: collected.individualName ?? null,
  shipping_details:
    collected.shipping === null
      ? null
      : { address: collected.shipping.address, name: collected.shipping.name },
});

const renderConsent = ({ consentCollection, collected }: CheckoutSession): Shown['consent'] =>
  consentCollection === null
    ? null
    : {
        promotions: collected.consent.promotions,
        terms_of_service: collected.consent.terms,
      };

/** Before it is complete, only what the merchant has said. */
const renderDetails = (session: CheckoutSession): Shown['customer_details'] => {
  const { collected } = session;
  const hasTold = session.status === 'complete' || session.tries > 0;
  if (!hasTold && collected.email === null) return null;
  return {
    address: collected.billing,
    business_name: collected.businessName ?? null,
    email: collected.email,
    individual_name: collected.individualName ?? null,
    name: collected.name,
    phone: collected.phone,
    tax_exempt: 'none',
    tax_ids: null,
  };
};

/** Only a session has an answer, or none yet. */
const renderCustomField = <Answer extends { readonly value?: string | null }>(
  field: CustomField,
  answer: Answer,
) => {
  const { key, label, optional, type, defaultValue: default_value } = field;
  const common = { key, label: { custom: label, type: 'custom' as const }, optional };
  if (type === 'dropdown') {
    return {
      ...common,
      dropdown: {
        default_value,
        options: field.options.map((option) => ({ ...option })),
        ...answer,
      },
      type,
    };
  }
  const bounds = {
    default_value,
    maximum_length: field.maxLength,
    minimum_length: field.minLength,
    ...answer,
  };
  return type === 'numeric'
    ? { ...common, numeric: bounds, type }
    : { ...common, text: bounds, type };
};

const renderCustomText = (text: CustomText): Shown['custom_text'] => ({
  after_submit: messageOf(text.afterSubmit),
  shipping_address: messageOf(text.shippingAddress),
  submit: messageOf(text.submit),
  terms_of_service_acceptance: messageOf(text.terms),
});

const messageOf = (message: string | null): { message: string } | null =>
  message === null ? null : { message };

const renderShippingCost = (session: CheckoutSession): Shown['shipping_cost'] => {
  const chosen = shippingOf(session.shippingOptions, session.shippingChosen);
  if (chosen === null) return null;
  const amount = Number(chosen.amount);
  return {
    amount_subtotal: amount,
    amount_tax: 0,
    amount_total: amount,
    shipping_rate: spellId(SHIPPING_RATE, chosen.id),
  };
};

const noInvoice = (): Shown['invoice_creation'] => ({
  enabled: false,
  invoice_data: {
    account_tax_ids: null,
    custom_fields: null,
    description: null,
    footer: null,
    issuer: null,
    metadata: {},
    rendering_options: null,
  },
});

const mutable = (names: readonly string[] | null): string[] | null =>
  names === null ? null : [...names];

const seconds = (ms: number): number => Math.floor(ms / 1000);
