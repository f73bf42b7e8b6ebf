// What payments paid of invoices: nothing, since no invoice is written here yet. Shops ask after each payment whether
// there was one, and take an address that nobody knows for a payment that failed.

import { Type } from 'typebox';
import {
  checkPermission,
  id,
  list,
  listParameters,
  object,
  oneOf,
  required,
  resourceMissing,
  route,
  timestampRange,
} from '#platform/http';
import { findIntent } from './find-intent.ts';

const schema = Type.Object({
  id: Type.String(),
  object: Type.Literal('invoice_payment'),
});

export const invoicePaymentRoutes = [
  route({
    group: 'Payment intents',
    keys: 'secret',
    object: 'invoice_payment',
    method: 'GET',
    path: '/v1/invoice_payments',
    operation: 'invoice_payments.list',
    example: { payment: { type: 'payment_intent', payment_intent: 'pi_…' } },
    summary: 'List what was paid of invoices',
    description: 'Always empty: no invoice is written here.',
    list: true,
    answer: schema,
    parameters: listParameters({
      created: timestampRange(),
      invoice: id(),
      payment: object({
        payment_intent: id(),
        payment_record: id(),
        type: required(oneOf('payment_intent', 'payment_record')),
      }),
      status: oneOf('canceled', 'open', 'paid'),
    }),
    handle: async (context, { scope, principal, url, parameters: { payment, ...asked } }) => {
      if (payment?.payment_intent !== undefined) {
        checkPermission({ permission: 'payment_intents' }, principal);
        await findIntent(context, scope, payment.payment_intent, 'payment[payment_intent]');
      }
      for (const [param, noun] of [
        ['invoice', 'invoice'],
        ['starting_after', 'invoice_payment'],
        ['ending_before', 'invoice_payment'],
      ] as const) {
        const named = asked[param];
        if (named !== undefined) throw resourceMissing({ noun, id: named, param });
      }
      return { body: list(url, { rows: [], hasMore: false }) };
    },
  }),
];
