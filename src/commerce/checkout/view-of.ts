// The view of a session, computed from what is stored. Pure.

import { apiExponent } from '#books/currencies';
import type { WayToPay } from '#cards/methods';
import type { Scope } from '#kit/context';
import { spellId } from '#kit/ids';
import { INTENT } from '#payments/charges';
import { brandedLook } from './branding.ts';
import { isBrandRefused } from './cards-refused.ts';
import { attemptOf } from './confirm-session.ts';
import { declinedOf, declinedWithoutReason } from './decline-classes.ts';
import { lineAmount } from './line-item.ts';
import { isKeeping } from './method-options.ts';
import type { PageState } from './page-state.ts';
import type { Asks, Declined, PageMethod, PageView, Receipt, VaultKeyAnswer } from './page-view.ts';
import { LINE_ITEM } from './render-line-item.ts';
import { recoveryUrlOf } from './render-session.ts';
import { type CheckoutSession, FAILED_TRIES_MAX, withSessionId } from './session.ts';
import { spellSession } from './session-id.ts';
import { SHIPPING_RATE, type ShippingOption, shippingOf } from './shipping-options.ts';
import { totalsOf } from './totals.ts';

export const viewOf = (
  state: PageState,
  input: {
    readonly scope: Scope;
    readonly vaultKey: VaultKeyAnswer | null;
    readonly nowMs: number;
  },
): PageView => {
  const { session, made, status, merchant } = state;
  const look = brandedLook(merchant.look, session.branding);
  const { scope } = input;
  const spelled = spellSession(scope, session);
  const { subtotal, shipping, total } = totalsOf(session);
  const currency = session.currency ?? 'usd';
  return {
    session: spelled,
    livemode: scope.livemode,
    locale: session.locale === 'auto' ? null : session.locale,
    merchant: {
      name: session.branding?.name ?? merchant.name,
      supportEmail: look.supportEmail,
      supportUrl: look.supportUrl,
    },
    look,
    mode: session.mode,
    status,
    declined: declinedNow(state),
    attempt: attemptOf(session),
    triesLeft: Math.max(FAILED_TRIES_MAX - session.failedTries, 0),
    amounts: {
      currency,
      digits: apiExponent(currency) ?? 2,
      subtotal,
      shipping,
      discount: 0n,
      tax: 0n,
      total,
    },
    lines: session.lines.map((line) => ({
      id: spellId(LINE_ITEM, line.id),
      name: line.price.name,
      description: line.price.description,
      image: line.price.images[0] ?? null,
      quantity: line.quantity,
      unitAmount: line.price.unitAmount,
      amount: lineAmount(line),
      adjustable:
        line.adjustable === null
          ? null
          : { min: line.adjustable.minimum, max: line.adjustable.maximum },
    })),
    submitType: session.submitType ?? 'auto',
    methods: state.ways.map((way) => methodOf(session, way)),
    vaultKey: input.vaultKey,
    asks: asksOf(session),
    known: knownOf(session),
    texts: {
      submit: session.customText.submit,
      afterSubmit: session.customText.afterSubmit,
      shippingAddress: session.customText.shippingAddress,
      terms: session.customText.terms,
      confirmation: session.confirmationText,
      closed: session.closedText ?? null,
    },
    urls: {
      page: pathOf(session),
      state: `${pathOf(session)}/state`,
      confirm: `${pathOf(session)}/confirm`,
      action: status === 'action' ? ((made.intent ?? made.setup)?.nextAction?.url ?? null) : null,
      success: withSessionId(session.successUrl ?? session.returnUrl, spelled),
      cancel: withSessionId(session.cancelUrl, spelled),
      recover: mayRecover(session, input.nowMs) ? recoveryUrlOf(session) : null,
    },
    expiresAtMs: session.expiresAtMs,
    isAway: status === 'action' && made.intent?.nextAction?.isAway === true,
    pending: pendingOf(state),
    receipt: status === 'complete' ? receiptOf(state) : null,
    kept: status === 'complete' ? state.kept : null,
  };
};

const shownBrands = ['visa', 'mastercard', 'amex', 'discover'];

const methodOf = (
  session: PageState['session'],
  { type, name, countries, needs }: WayToPay,
): PageMethod =>
  type === 'card'
    ? { type, brands: shownBrands.filter((brand) => !isBrandRefused(session, brand)) }
    : {
        type,
        brands: [],
        name,
        countries: countries === 'all' ? [] : countries,
        needsName: needs.includes('name'),
      };

const pendingOf = ({ session, made: { intent }, status }: PageState): 'waits' | 'failed' | null => {
  if (status !== 'complete' || !session.isDelayed || session.paymentStatus !== 'unpaid')
    return null;
  return intent?.status === 'processing' ? 'waits' : 'failed';
};

/** Without a host: a page that is reached by another name of ours still speaks to where it came from. */
const pathOf = ({ pageUrl }: CheckoutSession): string => new URL(pageUrl).pathname;

/** How long after its end a session may be gone on with. */
export const RECOVERY_MS = 30 * 24 * 60 * 60 * 1000;

export const mayRecover = (session: CheckoutSession, nowMs: number): boolean =>
  session.status === 'expired' && session.recoverUntilMs !== null && nowMs < session.recoverUntilMs;

const declinedNow = ({ made, status }: PageState): Declined | null => {
  if (status !== 'open' && status !== 'locked') return null;
  const tried = made.intent ?? made.setup;
  const error = tried?.lastError;
  if (error && tried?.screened?.isSuspect === true) return declinedWithoutReason;
  return error ? declinedOf(error as unknown as { readonly code: string }) : null;
};

const asksOf = (session: CheckoutSession): Asks => ({
  email: session.customerEmail === null,
  name: false,
  names: session.nameCollection ?? null,
  phone: session.asksPhone,
  billingAddress: session.billingAddress ?? 'none',
  shippingCountries: session.shippingCountries,
  shippingOptions: session.shippingOptions.map((option) => ({
    id: spellId(SHIPPING_RATE, option.id),
    amount: option.amount,
    ...shownOf(option),
    isChosen: option.id === session.shippingChosen,
  })),
  customFields: session.customFields.map((field) => ({
    key: field.key,
    label: field.label,
    type: field.type,
    optional: field.optional,
    options: field.options,
    minLength: field.minLength,
    maxLength: field.maxLength,
    value: session.collected.customFields[field.key] ?? field.defaultValue,
  })),
  reuse:
    (session.mode === 'setup' || isKeeping(session.intentData)) &&
    session.consentCollection?.reuseAgreement !== 'hidden',
  terms: session.consentCollection?.terms === 'required',
  promotions: session.consentCollection?.promotions === 'auto' ? false : null,
});

const shownOf = ({ name, delivery }: ShippingOption) => ({
  name,
  delivery: delivery && { min: delivery.minimum, max: delivery.maximum },
});

const knownOf = ({ collected, customerEmail }: CheckoutSession): PageView['known'] => ({
  email: collected.email,
  isEmailFixed: customerEmail !== null,
  name: collected.name,
  businessName: collected.businessName ?? null,
  individualName: collected.individualName ?? null,
  phone: collected.phone,
  billing: collected.billing,
  shipping:
    collected.shipping === null
      ? null
      : { ...collected.shipping.address, name: collected.shipping.name },
});

const receiptOf = ({ session, made: { intent }, paid }: PageState): Receipt | null => {
  if (intent === null || paid === null) return null;
  const shipping = shippingOf(session.shippingOptions, session.shippingChosen);
  return {
    paidAtMs: session.completedAtMs ?? session.expiresAtMs,
    amount: paid.amount,
    refunded: paid.refunded,
    isCaptured: paid.isCaptured,
    method:
      paid.type === 'card'
        ? { brand: paid.brand, last4: paid.last4 }
        : { brand: paid.type, last4: null },
    email: session.collected.email,
    descriptor: paid.descriptor,
    shipping: shipping && shownOf(shipping),
    url: paid.isCaptured ? paid.receiptUrl : null,
    payment: spellId(INTENT, intent.id),
  };
};
