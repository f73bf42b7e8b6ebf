// A card in the older spelling, as tokens and sources show it.

import type Stripe from 'stripe';
import { spellId, type Uuid } from '#kit/ids';
import type { Wire } from '#kit/wire';
import type { CardFacts, LegacyCard, PaymentMethod } from './payment-method.ts';

export const CARD = 'card';
/** Of the customers that come after this module; ids are spelled alike everywhere. */
export const CUSTOMER = 'cus';

const brandNames: Readonly<Record<CardFacts['brand'], string>> = {
  amex: 'American Express',
  diners: 'Diners Club',
  discover: 'Discover',
  jcb: 'JCB',
  maestro: 'Maestro',
  mastercard: 'MasterCard',
  rupay: 'RuPay',
  unionpay: 'UnionPay',
  visa: 'Visa',
  unknown: 'Unknown',
};

export const renderCard = (card: {
  readonly id: Uuid;
  readonly facts: CardFacts;
  readonly legacy: LegacyCard;
  readonly metadata?: Readonly<Record<string, string>>;
  /** A source names its customer; the card of a token has none. */
  readonly customerId?: Uuid | null;
}) =>
  ({
    id: spellId(CARD, card.id),
    object: 'card',
    address_city: card.legacy.addressCity,
    address_country: card.legacy.addressCountry,
    address_line1: card.legacy.addressLine1,
    address_line1_check: card.legacy.addressLine1 === null ? null : 'unchecked',
    address_line2: card.legacy.addressLine2,
    address_state: card.legacy.addressState,
    address_zip: card.legacy.addressZip,
    address_zip_check: card.legacy.addressZip === null ? null : 'unchecked',
    brand: brandNames[card.facts.brand],
    country: card.facts.country,
    ...(card.legacy.currency === null ? {} : { currency: card.legacy.currency }),
    ...(card.customerId === undefined
      ? {}
      : { customer: card.customerId === null ? null : spellId(CUSTOMER, card.customerId) }),
    cvc_check: card.facts.checks.cvc,
    dynamic_last4: null,
    exp_month: card.facts.expMonth,
    exp_year: card.facts.expYear,
    fingerprint: card.facts.fingerprint,
    funding: card.facts.funding,
    last4: card.facts.last4,
    metadata: { ...card.metadata },
    name: card.legacy.name,
    networks: { preferred: card.facts.preferred },
    regulated_status: 'unregulated',
    tokenization_method: null,
  }) satisfies Wire<Stripe.Card>;

/** A method that is a source; null for one that is not, or is no card. */
export const renderSource = (method: PaymentMethod) =>
  method.legacy === null || method.card === null
    ? null
    : renderCard({
        id: method.id,
        facts: method.card,
        legacy: method.legacy,
        metadata: method.metadata,
        customerId: method.customerId,
      });
