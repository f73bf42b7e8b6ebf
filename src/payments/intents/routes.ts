import { Type } from 'typebox';
import type { Context } from '#kit/context';
import type { Trace } from '#platform/events';
import { nullableText, type Outcome, parameters, route, type TypedRequest } from '#platform/http';
import { cancelIntent } from './cancel-intent.ts';
import { captureIntent } from './capture-intent.ts';
import { checkClientSecret, showsFor } from './client-secret.ts';
import { confirmIntent } from './confirm-intent.ts';
import { createIntent } from './create-intent.ts';
import { findIntent } from './find-intent.ts';
import { incrementAuthorization } from './increment-authorization.ts';
import {
  cancelParameters,
  captureParameters,
  confirmParameters,
  createParameters,
  incrementParameters,
  retrieveParameters,
  updateParameters,
} from './intent-parameters.ts';
import { intentSchema } from './intent-schema.ts';
import { intentFilters, listIntents } from './list-intents.ts';
import { searchFilters, searchIntents } from './search.ts';
import { traceIntent } from './trace.ts';
import { updateIntent } from './update-intent.ts';

const common = {
  group: 'Payment intents',
  object: 'payment_intent',
  keys: 'secret',
  answer: intentSchema,
} as const;

/** A card among the parameters goes to the vault before anything is written. */
const storesCard = (asked: Readonly<Record<string, unknown>>): boolean => {
  const { payment_method: method, payment_method_data: data } = asked;
  return data !== undefined || (typeof method === 'string' && /^(pm_card|tok)_/.test(method));
};

const retrieveIntent = async (
  context: Context,
  { scope, path, principal, parameters: asked }: TypedRequest<typeof retrieveParameters>,
): Promise<Outcome> => {
  const intent = await findIntent(context, scope, path['intent'] ?? '');
  checkClientSecret(principal, intent, asked.client_secret);
  return { body: showsFor(principal)(intent, scope.livemode) };
};

const traceSchema = Type.Object({
  object: Type.Literal('payment_intent.trace'),
  payment_intent: Type.String(),
  status: Type.String(),
  under_way: nullableText(),
  cancel_wanted: Type.Boolean(),
  charges: Type.Array(Type.Record(Type.String(), Type.Unknown())),
  operations: Type.Array(Type.Record(Type.String(), Type.Unknown())),
  timeline: Type.Array(
    Type.Object({
      at: Type.Integer(),
      at_ms: Type.Integer({ description: 'The same moment in milliseconds.' }),
      what: Type.String(),
      says: Type.String(),
      details: Type.Record(Type.String(), Type.Unknown()),
    }),
  ),
});

export const intentRoutes = (trace: Trace) => [
  route({
    group: 'Payment intents',
    keys: 'secret',
    method: 'GET',
    path: '/v1/payment_intents/:intent/trace',
    operation: 'payment_intents.trace',
    summary: 'Explain a payment intent',
    description:
      'Why it came to what it is: each attempt, what the providers said (masked), and what is asked next; and in `timeline`, in order of time, everything that happened to it: questions, answers, look-ups, postings, events and their deliveries.',
    parameters: parameters({}),
    answer: traceSchema,
    handle: traceIntent(trace),
  }),
  route({
    ...common,
    method: 'POST',
    path: '/v1/payment_intents',
    operation: 'payment_intents.create',
    example: {
      amount: 1_000,
      currency: 'eur',
      payment_method: 'pm_card_visa',
      confirm: true,
      metadata: { order_id: '1042' },
    },
    claims: storesCard,
    summary: 'Create a payment intent',
    description:
      'With `confirm` it is paid at once. A payment whose outcome nobody knows yet answers `processing`, never failed.',
    parameters: createParameters,
    handle: createIntent,
  }),
  route({
    ...common,
    method: 'GET',
    path: '/v1/payment_intents',
    operation: 'payment_intents.list',
    summary: 'List payment intents',
    description: 'Newest first.',
    list: true,
    parameters: intentFilters,
    handle: listIntents,
  }),
  route({
    ...common,
    method: 'GET',
    path: '/v1/payment_intents/search',
    operation: 'payment_intents.search',
    example: { query: "status:'succeeded' AND metadata['order_id']:'1042'" },
    summary: 'Search payment intents',
    description: "By amount, created, currency, status and metadata['key'].",
    list: true,
    parameters: searchFilters,
    handle: searchIntents,
  }),
  route({
    ...common,
    method: 'GET',
    path: '/v1/payment_intents/:intent',
    operation: 'payment_intents.retrieve',
    summary: 'Retrieve a payment intent',
    description: 'With a publishable key: a part of it, by its client secret.',
    keys: 'publishable',
    publishableExpand: [],
    parameters: retrieveParameters,
    handle: retrieveIntent,
  }),
  route({
    ...common,
    method: 'POST',
    path: '/v1/payment_intents/:intent',
    operation: 'payment_intents.update',
    example: { amount: 1_500, metadata: { order_id: '1042' } },
    claims: storesCard,
    summary: 'Update a payment intent',
    description:
      'What is not sent stays. Once money is on its way only what describes it may change.',
    parameters: updateParameters,
    handle: updateIntent,
  }),
  route({
    ...common,
    method: 'POST',
    path: '/v1/payment_intents/:intent/confirm',
    operation: 'payment_intents.confirm',
    example: {
      client_secret: 'pi_…_secret_…',
      payment_method: 'pm_card_visa',
      return_url: 'https://example.com/back',
    },
    withCard: 'try',
    claims: storesCard,
    summary: 'Confirm a payment intent',
    description: 'Pays it. With a publishable key by its client secret, from the payer’s page.',
    keys: 'publishable',
    publishableExpand: [],
    parameters: confirmParameters,
    handle: confirmIntent,
  }),
  route({
    ...common,
    method: 'POST',
    path: '/v1/payment_intents/:intent/capture',
    operation: 'payment_intents.capture',
    example: { amount_to_capture: 750 },
    summary: 'Capture a payment intent',
    description: 'Takes what was authorized, or a part of it; the rest is released.',
    parameters: captureParameters,
    handle: captureIntent,
  }),
  route({
    ...common,
    method: 'POST',
    path: '/v1/payment_intents/:intent/increment_authorization',
    operation: 'payment_intents.increment_authorization',
    example: { amount: 1_500 },
    summary: 'Increment an authorization',
    description:
      'Holds more: `amount` is the new total. A decline changes nothing; what was held stays to be captured.',
    parameters: incrementParameters,
    handle: incrementAuthorization,
  }),
  route({
    ...common,
    method: 'POST',
    path: '/v1/payment_intents/:intent/cancel',
    operation: 'payment_intents.cancel',
    summary: 'Cancel a payment intent',
    description:
      'Releases what was authorized. While nobody knows the outcome it stays `processing`: a late yes is taken back, and then it is canceled.',
    parameters: cancelParameters,
    handle: cancelIntent,
  }),
];
