// How a payment method is shown: Stripe's shape, checked by the compiler against Stripe's own types.

import type Stripe from 'stripe';
import { parseId, spellId, type Uuid, uuidMs } from '#kit/ids';
import type { Wire } from '#kit/wire';
import type { Principal } from '#platform/http';
import { isOtherType, shownOf } from './other-types.ts';
import type { CardFacts, PaymentMethod } from './payment-method.ts';
import { CARD, CUSTOMER } from './render-card.ts';

const PAYMENT_METHOD = 'pm';

/** One that an older client made is called `card_…` everywhere. */
export const spellMethod = (method: Pick<PaymentMethod, 'id' | 'legacy'>): string =>
  spellId(method.legacy === null ? PAYMENT_METHOD : CARD, method.id);

/** Of either spelling. Whether it is the method's own is known once it was found. */
export const parseMethodId = (spelled: string): Uuid | null =>
  parseId(PAYMENT_METHOD, spelled) ?? parseId(CARD, spelled);

type Shown = Wire<Stripe.PaymentMethod>;

export const renderPaymentMethod = (method: PaymentMethod, livemode: boolean) =>
  ({
    id: spellMethod(method),
    object: 'payment_method',
    allow_redisplay: method.allowRedisplay,
    billing_details: {
      address: method.billing.address,
      email: method.billing.email,
      name: method.billing.name,
      phone: method.billing.phone,
      tax_id: method.billing.tax_id,
    },
    ...(method.card === null ? {} : { card: renderCardFacts(method.card) }),
    created: Math.floor(uuidMs(method.id) / 1000),
    customer: method.customerId === null ? null : spellId(CUSTOMER, method.customerId),
    customer_account: null,
    livemode,
    metadata: method.metadata,
    ...(isOtherType(method.type)
      ? { [method.type]: shownOf(method.type, method.other ?? {}) }
      : {}),
    ...(method.radarSession === undefined
      ? {}
      : { radar_options: { session: method.radarSession } }),
    type: method.type as Shown['type'],
  }) satisfies Shown;

/**
 * What a page gets to see. A fingerprint is equal for equal numbers, so whoever holds a publishable key,
 * which is everybody, could find out by it which number a card of the merchant's has.
 */
export const forPrincipal = <
  T extends { readonly card?: { readonly fingerprint: unknown } | null },
>(
  { kind }: Pick<Principal, 'kind'>,
  shown: T,
): T | (Omit<T, 'card'> & { readonly card: unknown }) =>
  kind === 'publishable' && shown.card
    ? { ...shown, card: { ...shown.card, fingerprint: null } }
    : shown;

const renderCardFacts = (card: CardFacts) =>
  ({
    brand: card.brand,
    checks: {
      address_line1_check: card.checks.line1,
      address_postal_code_check: card.checks.postalCode,
      cvc_check: card.checks.cvc,
    },
    country: card.country,
    display_brand: card.preferred ?? card.brand,
    exp_month: card.expMonth,
    exp_year: card.expYear,
    fingerprint: card.fingerprint,
    funding: card.funding,
    generated_from: null,
    last4: card.last4,
    networks: { available: networksOf(card), preferred: card.preferred },
    regulated_status: 'unregulated',
    three_d_secure_usage: { supported: card.threeDSecure },
    wallet: null,
  }) satisfies Wire<Stripe.PaymentMethod.Card>;

export const networksOf = (card: Pick<CardFacts, 'brand' | 'coBrand'>): string[] =>
  card.coBrand === null ? [card.brand] : [card.coBrand, card.brand];
