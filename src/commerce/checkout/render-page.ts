// A session as its page, or a program in its place, sees it: what a payer may know and nothing else.

import type { Scope } from '#kit/context';
import type { PageState } from './page-state.ts';
import type { PageView } from './page-view.ts';
import { lineItemsOf, renderSession } from './render-session.ts';

const payerFields: ReadonlySet<string> = new Set([
  'id',
  'object',
  'amount_subtotal',
  'amount_total',
  'billing_address_collection',
  'cancel_url',
  'consent_collection',
  'created',
  'currency',
  'custom_fields',
  'custom_text',
  'customer_details',
  'customer_email',
  'expires_at',
  'livemode',
  'locale',
  'mode',
  'name_collection',
  'payment_method_types',
  'payment_status',
  'phone_number_collection',
  'return_url',
  'shipping_address_collection',
  'shipping_cost',
  'shipping_options',
  'status',
  'submit_type',
  'success_url',
  'total_details',
  'ui_mode',
  'url',
]);

/** With a secret key the whole session, as the merchant sees it; else what its payer may see. */
export const renderPaymentPage = (
  state: PageState,
  view: PageView,
  scope: Scope,
  isMerchant: boolean,
) => {
  const whole = renderSession(state.session, scope);
  const shown = isMerchant
    ? whole
    : Object.fromEntries(Object.entries(whole).filter(([name]) => payerFields.has(name)));
  const { action } = view.urls;
  return {
    ...shown,
    line_items: lineItemsOf(state.session, scope),
    next_action:
      action === null
        ? null
        : {
            type: 'redirect_to_url',
            redirect_to_url: { url: action, return_url: state.session.pageUrl },
          },
    page: {
      state: view.status,
      attempt: view.attempt,
      tries_left: view.triesLeft,
      merchant_name: view.merchant.name,
      declined:
        view.declined === null
          ? null
          : {
              class: view.declined.class,
              text: view.declined.text,
              field: view.declined.field,
              same_card_may_work: view.declined.sameCardMayWork,
            },
      recovery_url: view.urls.recover,
      receipt:
        view.receipt === null
          ? null
          : {
              paid_at: Math.floor(view.receipt.paidAtMs / 1000),
              amount: Number(view.receipt.amount),
              refunded: Number(view.receipt.refunded),
              captured: view.receipt.isCaptured,
              brand: view.receipt.method.brand,
              last4: view.receipt.method.last4,
              payment: view.receipt.payment,
            },
    },
  };
};
