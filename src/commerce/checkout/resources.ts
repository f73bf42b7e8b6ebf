// What `expand` finds at a session.

import type { Context, Scope } from '#kit/context';
import { neverFilled, type ResourceDefinition } from '#platform/http';
import { lineItemsOf, renderSession } from './render-session.ts';
import type { CheckoutSession } from './session.ts';
import { isSecret, parseSession } from './session-id.ts';
import { loadSessions } from './sessions.store.ts';

const load =
  (show: (session: CheckoutSession, scope: Scope) => unknown) =>
  async (context: Context, scope: Scope, ids: readonly string[]) => {
    const named = ids.flatMap((id) => parseSession(id) ?? []);
    const sessions = await loadSessions(
      context,
      scope,
      named.map(({ id }) => id),
    );
    return new Map(
      ids.flatMap((id) => {
        const name = parseSession(id);
        const session = sessions.get(name?.id ?? '');
        return name && session && isSecret(session.secret, name.secret)
          ? [[id, show(session, scope)] as const]
          : [];
      }),
    );
  };

export const sessionResources: readonly ResourceDefinition[] = [
  {
    object: 'checkout.session',
    permission: 'checkout_sessions',
    owns: (id) => id.startsWith('cs_'),
    load: load(renderSession),
    hashes: [
      'adaptive_pricing',
      'after_expiration',
      'automatic_tax',
      'branding_settings',
      'collected_information',
      'consent',
      'consent_collection',
      'currency_conversion',
      'custom_fields',
      'custom_text',
      'customer_details',
      'discounts',
      'invoice_creation',
      'managed_payments',
      'name_collection',
      'optional_items',
      'payment_method_configuration_details',
      'payment_method_options',
      'permissions',
      'phone_number_collection',
      'presentment_details',
      'saved_payment_method_options',
      'shipping_address_collection',
      'shipping_cost',
      'shipping_options',
      'tax_id_collection',
      'total_details',
      'wallet_options',
    ],
    expandable: {
      'automatic_tax.liability.account': neverFilled,
      customer: { to: ['customer'] },
      invoice: neverFilled,
      line_items: { of: ['item'], include: load(lineItemsOf) },
      payment_intent: { to: ['payment_intent'] },
      payment_link: { to: ['payment_link'] },
      setup_intent: { to: ['setup_intent'] },
      'shipping_cost.shipping_rate': neverFilled,
      subscription: neverFilled,
    },
  },
  {
    object: 'item',
    hashes: ['discounts', 'taxes'],
    expandable: { price: { inside: ['price'] } },
  },
  {
    object: 'price',
    hashes: ['currency_options', 'custom_unit_amount', 'recurring', 'tiers', 'transform_quantity'],
    expandable: { product: { to: ['product'] } },
  },
  {
    object: 'product',
    hashes: ['marketing_features', 'package_dimensions'],
    expandable: { default_price: neverFilled, tax_code: neverFilled },
  },
];
