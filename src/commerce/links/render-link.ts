// How a link is shown: Stripe's shape, checked by the compiler against Stripe's own types.

import type Stripe from 'stripe';
import { lineItemsAt, renderCardsRefused, renderShared } from '#commerce/checkout';
import type { Scope } from '#kit/context';
import { spellId } from '#kit/ids';
import type { Wire } from '#kit/wire';
import { PAYMENT_LINK, type PaymentLink } from './link.ts';

type Shown = Wire<Stripe.PaymentLink>;

export const renderLink = (link: PaymentLink, { livemode }: Scope, completed: number) => {
  const shared = renderShared(link.session);
  const data = link.session.intentData;
  return {
    id: spellId(PAYMENT_LINK, link.id),
    object: 'payment_link',
    active: link.isActive,
    after_completion:
      link.afterCompletion.type === 'redirect'
        ? { redirect: { url: link.afterCompletion.url }, type: 'redirect' }
        : {
            hosted_confirmation: { custom_message: link.afterCompletion.message },
            type: 'hosted_confirmation',
          },
    allow_promotion_codes: false,
    application: null,
    application_fee_amount: null,
    application_fee_percent: null,
    automatic_tax: { enabled: false, liability: null },
    billing_address_collection: link.session.billingAddress ?? 'auto',
    consent_collection: shared.consent_collection,
    currency: link.session.currency ?? '',
    custom_fields: shared.custom_fields,
    custom_text: shared.custom_text,
    customer_creation: link.customerCreation,
    inactive_message: link.inactiveMessage,
    invoice_creation: { enabled: false, invoice_data: null },
    livemode,
    managed_payments: { enabled: false },
    metadata: link.session.metadata,
    ...('name_collection' in shared ? { name_collection: shared.name_collection } : {}),
    on_behalf_of: null,
    optional_items: null,
    payment_intent_data:
      Object.keys(data).length === 0
        ? null
        : {
            capture_method: data.capture_method ?? null,
            description: data.description ?? null,
            metadata: { ...data.metadata },
            setup_future_usage: data.setup_future_usage ?? null,
            statement_descriptor: data.statement_descriptor ?? null,
            statement_descriptor_suffix: data.statement_descriptor_suffix ?? null,
            transfer_group: data.transfer_group ?? null,
          },
    payment_method_collection: 'always',
    payment_method_options: optionsOf(link),
    payment_method_types: link.types === null ? null : ([...link.types] as never[]),
    phone_number_collection: { enabled: link.session.asksPhone },
    restrictions:
      link.limit === null ? null : { completed_sessions: { count: completed, limit: link.limit } },
    shipping_address_collection: shared.shipping_address_collection,
    shipping_options: shared.shipping_options,
    submit_type: link.session.submitType ?? 'auto',
    subscription_data: null,
    tax_id_collection: { enabled: false, required: 'never' },
    transfer_data: null,
    url: link.url,
  } satisfies Shown;
};

const optionsOf = ({ session }: PaymentLink): Shown['payment_method_options'] => {
  const { restrictions } = renderCardsRefused(session);
  return restrictions === undefined
    ? null
    : { card: { restrictions: { brands_blocked: restrictions.brands_blocked ?? [] } } };
};

export const linkLines = (link: PaymentLink, { livemode }: Scope) =>
  lineItemsAt(
    `/v1/payment_links/${spellId(PAYMENT_LINK, link.id)}/line_items`,
    link.session.lines,
    livemode,
  );
