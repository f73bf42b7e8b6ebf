// What `expand` finds at a link.

import { completedOf } from '#commerce/checkout';
import type { Context, Scope } from '#kit/context';
import { parseIds, spellId } from '#kit/ids';
import { neverFilled, type ResourceDefinition } from '#platform/http';
import { PAYMENT_LINK, type PaymentLink } from './link.ts';
import { loadLinks } from './links.store.ts';
import { linkLines, renderLink } from './render-link.ts';

const load =
  (show: (context: Context, scope: Scope, link: PaymentLink) => unknown) =>
  async (context: Context, scope: Scope, ids: readonly string[]) => {
    const links = await loadLinks(context, scope, parseIds(PAYMENT_LINK, ids));
    const shown = new Map<string, unknown>();
    for (const [id, link] of links) {
      shown.set(spellId(PAYMENT_LINK, id), await show(context, scope, link));
    }
    return shown;
  };

export const linkResources: readonly ResourceDefinition[] = [
  {
    object: 'payment_link',
    permission: 'payment_links',
    owns: (id) => id.startsWith(`${PAYMENT_LINK}_`),
    load: load(async (context, scope, link) =>
      renderLink(link, scope, await completedOf(context, scope, link.id)),
    ),
    hashes: [
      'after_completion',
      'automatic_tax',
      'consent_collection',
      'custom_fields',
      'custom_text',
      'invoice_creation',
      'managed_payments',
      'name_collection',
      'optional_items',
      'payment_intent_data',
      'payment_method_options',
      'phone_number_collection',
      'restrictions',
      'shipping_address_collection',
      'shipping_options',
      'subscription_data',
      'tax_id_collection',
      'transfer_data',
    ],
    expandable: {
      application: neverFilled,
      'automatic_tax.liability.account': neverFilled,
      on_behalf_of: neverFilled,
      'transfer_data.destination': neverFilled,
      line_items: { of: ['item'], include: load((_, scope, link) => linkLines(link, scope)) },
    },
  },
];
