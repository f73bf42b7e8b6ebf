// Everything the shop asks of Tollgate, with the official Stripe SDK and another host.

import Stripe from 'stripe';
import { currency, productOf } from './catalog.ts';
import type { Order, Orders } from './orders.ts';

export type Payments = {
  /** Where to send the payer: a page of Tollgate that shows the amount and takes the money. */
  begin(order: Order): Promise<string>;
  /** The event of a webhook, if its signature is right. */
  event(body: Buffer, signature: string): Stripe.Event;
  /** Asks what became of open orders; what a webhook said already is not said again. */
  reconcile(sinceMs: number): Promise<number>;
};

export const createPayments = async (
  orders: Orders,
  at: { readonly api: string; readonly secretKey: string; readonly shop: string },
): Promise<Payments> => {
  const api = new URL(at.api);
  const stripe = new Stripe(at.secretKey, {
    host: api.hostname,
    port: api.port || (api.protocol === 'https:' ? 443 : 80),
    protocol: api.protocol === 'https:' ? 'https' : 'http',
    maxNetworkRetries: 2,
    telemetry: false,
  });
  const secret = await webhookSecret(stripe, orders, `${at.shop}/webhook`);
  const pageOf = (order: Order): string => `${at.shop}/orders/${order.id}?token=${order.token}`;

  return {
    begin: async (order) => {
      const known = order.session && (await stripe.checkout.sessions.retrieve(order.session));
      if (known && known.status === 'open' && known.url) return known.url;
      if (known && known.status === 'complete') return pageOf(order);

      // The key names order and try: a request that is repeated makes no second session.
      const session = await stripe.checkout.sessions.create(
        {
          mode: 'payment',
          client_reference_id: order.id,
          line_items: order.items.map(({ product: id, quantity }) => {
            const product = productOf(id);
            if (product === undefined) throw new Error(`There is no product ${id}`);
            return {
              quantity,
              price_data: {
                currency,
                unit_amount: product.price,
                product_data: { name: product.name, description: product.line },
              },
            };
          }),
          payment_intent_data: { metadata: { order: order.id } },
          metadata: { order: order.id },
          success_url: pageOf(order),
          cancel_url: pageOf(order),
        },
        { idempotencyKey: `order ${order.id} try ${orders.beginTry(order.id)}` },
      );
      orders.setSession(order.id, session.id);
      if (session.url === null) throw new Error('The session has no page');
      return session.url;
    },
    event: (body, signature) => stripe.webhooks.constructEvent(body, signature, secret),
    reconcile: async (sinceMs) => {
      let found = 0;
      for (const order of orders.openSince(sinceMs)) {
        const session = await stripe.checkout.sessions.retrieve(order.session ?? '');
        if (settle(orders, session, 'reconciliation')) found += 1;
      }
      return found;
    },
  };
};

/** An order is paid when the session of this order is, over the whole amount. Nothing else counts. */
export const settle = (
  orders: Orders,
  session: Stripe.Checkout.Session,
  by: NonNullable<Order['paidBy']>,
): boolean => {
  const order = orders.ofSession(session.id);
  if (order === undefined || session.payment_status !== 'paid') return false;
  if (session.amount_total !== order.total || session.currency !== order.currency) {
    console.error(`Order ${order.id}: the session is over another amount. Somebody has to look.`);
    return false;
  }
  const payment = session.payment_intent;
  if (payment !== null)
    orders.setPayment(order.id, typeof payment === 'string' ? payment : payment.id);
  return orders.markPaid(order.id, by, session.customer_details?.email ?? null);
};

/** Made once and kept: a secret is shown only when the endpoint is made. */
const webhookSecret = async (stripe: Stripe, orders: Orders, url: string): Promise<string> => {
  const known = orders.setting(`webhook ${url}`);
  if (known !== undefined) {
    const [id = '', secret = ''] = known.split(' ');
    const isThere = await stripe.webhookEndpoints.retrieve(id).catch(() => null);
    if (isThere?.status === 'enabled' && isThere.url === url) return secret;
  }
  const endpoint = await stripe.webhookEndpoints.create({
    url,
    description: 'Demo shop',
    enabled_events: [
      'checkout.session.completed',
      'checkout.session.async_payment_succeeded',
      'payment_intent.payment_failed',
      'charge.refunded',
    ],
  });
  orders.keepSetting(`webhook ${url}`, `${endpoint.id} ${endpoint.secret ?? ''}`);
  return endpoint.secret ?? '';
};
