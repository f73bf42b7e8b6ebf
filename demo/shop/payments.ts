// Everything the shop asks of Tollgate, with the official Stripe SDK and another host.

import Stripe from 'stripe';
import { currency, productOf, SHOP } from './catalog.ts';
import type { Order, Orders } from './orders.ts';

export type Payments = {
  /** Where to send the payer: a page of Tollgate that shows the amount and takes the money. */
  begin(order: Order): Promise<string>;
  /** The same in the shop's own page; there is none without a publishable key. */
  beginHere(order: Order): Promise<string>;
  /** What that page needs; null when there is nothing to pay any more. */
  fieldsFor(order: Order): Promise<Fields | null>;
  readonly hasFields: boolean;
  /** The event of a webhook, if its signature is right. */
  event(body: Buffer, signature: string): Stripe.Event;
  /** Asks what became of open orders; what a webhook said already is not said again. */
  reconcile(sinceMs: number): Promise<number>;
};

export type Fields = {
  readonly api: string;
  readonly publishableKey: string;
  readonly clientSecret: string;
  readonly status: Stripe.PaymentIntent.Status;
  /** The loader, pinned to what the gateway serves today. */
  readonly loader: { readonly url: string; readonly integrity: string };
};

type At = {
  readonly api: string;
  readonly secretKey: string;
  readonly publishableKey: string | undefined;
  readonly shop: string;
};

export const createPayments = async (orders: Orders, at: At): Promise<Payments> => {
  const api = new URL(at.api);
  const stripe = new Stripe(at.secretKey, {
    host: api.hostname,
    port: api.port || (api.protocol === 'https:' ? 443 : 80),
    protocol: api.protocol === 'https:' ? 'https' : 'http',
    maxNetworkRetries: 2,
    telemetry: false,
  });
  const secret = await webhookSecret(stripe, orders, `${at.shop}/webhook`);
  const pageOf = (order: Order, more = ''): string =>
    `${at.shop}/orders/${order.id}${more}?token=${order.token}`;

  return {
    hasFields: at.publishableKey !== undefined,
    begin: async (order) => {
      // An order is paid in one way: what was begun in the other one is closed first.
      if (!(await closeIntent(stripe, orders, order))) return pageOf(order);
      const known = order.session && (await stripe.checkout.sessions.retrieve(order.session));
      if (known && known.status === 'open' && known.url) return known.url;
      // A bank that promised to tell later may have said no in the end: then it is paid anew.
      if (known && known.status === 'complete' && !(await hasFailedLater(stripe, known))) {
        return pageOf(order);
      }

      // The key names order and try: a request that is repeated makes no second session.
      const session = await stripe.checkout.sessions.create(
        {
          mode: 'payment',
          client_reference_id: order.id,
          // The account's own name may be another; the payer is to see the shop they come from.
          branding_settings: { display_name: SHOP },
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
    beginHere: async (order) => {
      if (!(await closeSession(stripe, order))) return pageOf(order);
      if (order.payment === null) {
        const intent = await stripe.paymentIntents.create(
          { amount: order.total, currency: order.currency, metadata: { order: order.id } },
          { idempotencyKey: `order ${order.id} try ${orders.beginTry(order.id)}` },
        );
        orders.setPayment(order.id, intent.id);
      }
      return pageOf(order, '/here');
    },
    fieldsFor: async (order) => {
      const { publishableKey } = at;
      if (publishableKey === undefined || order.payment === null) return null;
      const { status, client_secret: clientSecret } = await stripe.paymentIntents.retrieve(
        order.payment,
      );
      if (clientSecret === null || !payable.has(status)) return null;
      return { api: api.origin, publishableKey, clientSecret, status, loader: await loaderAt(api) };
    },
    event: (body, signature) => stripe.webhooks.constructEvent(body, signature, secret),
    reconcile: async (sinceMs) => {
      let found = 0;
      for (const order of orders.openSince(sinceMs)) {
        const isPaid =
          order.payment === null
            ? settle(
                orders,
                await stripe.checkout.sessions.retrieve(order.session ?? ''),
                'reconciliation',
              )
            : settleIntent(
                orders,
                await stripe.paymentIntents.retrieve(order.payment),
                'reconciliation',
              );
        if (isPaid) found += 1;
      }
      return found;
    },
  };
};

const hasFailedLater = async (
  stripe: Stripe,
  { payment_status: paid, payment_intent: payment }: Stripe.Checkout.Session,
): Promise<boolean> => {
  if (paid !== 'unpaid' || typeof payment !== 'string') return false;
  return (await stripe.paymentIntents.retrieve(payment)).status === 'requires_payment_method';
};

const payable: ReadonlySet<string> = new Set([
  'requires_payment_method',
  'requires_confirmation',
  'requires_action',
]);

/** False: it cannot be closed, because money is on its way or has come. */
const closeIntent = async (stripe: Stripe, orders: Orders, order: Order): Promise<boolean> => {
  if (order.payment === null) return true;
  const intent = await stripe.paymentIntents.retrieve(order.payment);
  if (intent.status !== 'canceled') {
    if (!payable.has(intent.status)) return false;
    const { status } = await stripe.paymentIntents.cancel(intent.id);
    if (status !== 'canceled') return false;
  }
  orders.setPayment(order.id, null);
  return true;
};

const closeSession = async (stripe: Stripe, order: Order): Promise<boolean> => {
  if (order.session === null) return true;
  const session = await stripe.checkout.sessions.retrieve(order.session);
  if (session.status !== 'open') return session.status === 'expired';
  return (await stripe.checkout.sessions.expire(session.id)).status === 'expired';
};

const loaderAt = async (api: URL): Promise<Fields['loader']> => {
  const response = await fetch(new URL('/elements/manifest.json', api));
  const { scripts } = (await response.json()) as {
    scripts: readonly { name: string; path: string; integrity: string }[];
  };
  const found = scripts.find(({ name }) => name === 'tollgate.js');
  if (found === undefined) throw new Error('The gateway serves no tollgate.js');
  return { url: new URL(found.path, api).href, integrity: found.integrity };
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

/** The same for an order that is paid in the shop's own page: its own payment, over the whole amount. */
export const settleIntent = (
  orders: Orders,
  intent: Stripe.PaymentIntent,
  by: NonNullable<Order['paidBy']>,
): boolean => {
  const order = orders.ofPayment(intent.id);
  if (order === undefined || intent.status !== 'succeeded') return false;
  if (intent.amount_received !== order.total || intent.currency !== order.currency) {
    console.error(`Order ${order.id}: the payment is over another amount. Somebody has to look.`);
    return false;
  }
  return orders.markPaid(order.id, by, intent.receipt_email);
};

const wanted: readonly Stripe.WebhookEndpointCreateParams.EnabledEvent[] = [
  'checkout.session.completed',
  'checkout.session.async_payment_succeeded',
  'payment_intent.succeeded',
  'payment_intent.payment_failed',
  'charge.refunded',
];

/** Made once and kept: a secret is shown only when the endpoint is made. */
const webhookSecret = async (stripe: Stripe, orders: Orders, url: string): Promise<string> => {
  const known = orders.setting(`webhook ${url}`);
  if (known !== undefined) {
    const [id = '', secret = ''] = known.split(' ');
    const isThere = await stripe.webhookEndpoints.retrieve(id).catch(() => null);
    if (isThere?.status === 'enabled' && isThere.url === url) {
      if (wanted.some((type) => !isThere.enabled_events.includes(type))) {
        await stripe.webhookEndpoints.update(id, { enabled_events: [...wanted] });
      }
      return secret;
    }
  }
  const endpoint = await stripe.webhookEndpoints.create({
    url,
    description: 'Demo shop',
    enabled_events: [...wanted],
  });
  orders.keepSetting(`webhook ${url}`, `${endpoint.id} ${endpoint.secret ?? ''}`);
  return endpoint.secret ?? '';
};
