// The lines of an amount; and what Stripe has for ways to pay that this installation does not have: a customer's cash
// balance, and banks that are proven by small deposits. The sentences say so, instead of an address that nobody knows.

import { Type } from 'typebox';
import {
  amount,
  arrayOf,
  currency,
  integer,
  list,
  listParameters,
  listWindow,
  object,
  route,
  text,
} from '#platform/http';
import { findIntent } from './find-intent.ts';
import { intentSchema } from './intent-schema.ts';
import { linesOf } from './order-details.ts';
import { hasNoCashBalance, hasNoMicrodeposits } from './refusals.ts';

const common = { group: 'Payment intents', keys: 'secret' } as const;

export const bankMethodRoutes = [
  route({
    ...common,
    object: 'payment_intent',
    method: 'POST',
    path: '/v1/payment_intents/:intent/apply_customer_balance',
    operation: 'payment_intents.apply_customer_balance',
    summary: 'Pay with a customer’s cash balance',
    description: 'Always refused: no payment here is made from a cash balance.',
    parameters: object({ amount: amount(), currency: currency() }),
    answer: intentSchema,
    handle: async (context, { scope, path }) => {
      const intent = await findIntent(context, scope, path['intent'] ?? '');
      throw hasNoCashBalance(intent, scope.livemode);
    },
  }),
  route({
    ...common,
    object: 'payment_intent',
    method: 'POST',
    path: '/v1/payment_intents/:intent/verify_microdeposits',
    operation: 'payment_intents.verify_microdeposits',
    summary: 'Prove a bank account by deposits',
    description: 'Always refused: no payment here waits for deposits.',
    parameters: object({
      amounts: arrayOf(integer()),
      descriptor_code: text(),
    }),
    answer: intentSchema,
    handle: async (context, { scope, path }) => {
      const intent = await findIntent(context, scope, path['intent'] ?? '');
      throw hasNoMicrodeposits(intent, scope.livemode);
    },
  }),
  route({
    ...common,
    method: 'GET',
    path: '/v1/payment_intents/:intent/amount_details_line_items',
    operation: 'payment_intents.list_amount_details_line_items',
    summary: 'List the lines of a payment’s amount',
    description: 'In their order, as they came with `amount_details[line_items]`.',
    object: 'payment_intent_amount_details_line_item',
    list: true,
    parameters: listParameters({}),
    answer: Type.Object({}),
    handle: async (context, { scope, path, url, parameters: asked }) => {
      const lines = linesOf(await findIntent(context, scope, path['intent'] ?? ''));
      const window = await listWindow<number>(asked, 'line item', async (spelled) => {
        const at = lines.findIndex((line) => line.id === spelled);
        return at === -1 ? null : at;
      });
      const { after = -1, before = lines.length, limit } = window;
      const between = lines.slice(after + 1, before);
      const rows = window.before === undefined ? between.slice(0, limit) : between.slice(-limit);
      return { body: list(url, { rows, hasMore: between.length > limit }) };
    },
  }),
];
