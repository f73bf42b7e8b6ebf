// The only thing that marks an order paid, apart from the reconciliation. What a browser says on its way
// back is not asked.

import type Stripe from 'stripe';
import type { Orders } from './orders.ts';
import { settle, settleIntent } from './payments.ts';

export const hear = (orders: Orders, event: Stripe.Event): void => {
  switch (event.type) {
    case 'checkout.session.completed':
    case 'checkout.session.async_payment_succeeded':
      settle(orders, event.data.object, 'webhook');
      break;
    case 'payment_intent.succeeded':
      settleIntent(orders, event.data.object, 'webhook');
      break;
    case 'payment_intent.payment_failed': {
      const { metadata, last_payment_error: error } = event.data.object;
      if (metadata['order']) orders.refuse(metadata['order'], error?.message ?? 'It was declined.');
      break;
    }
    case 'charge.refunded': {
      const { payment_intent: payment, refunded } = event.data.object;
      const order = typeof payment === 'string' ? orders.ofPayment(payment) : undefined;
      if (order !== undefined && refunded) orders.markRefunded(order.id);
      break;
    }
    default:
  }
  // Last: an event that failed half way is heard again.
  orders.seeEvent(event.id);
};
