import { Type } from 'typebox';
import { renderMandate } from '#payments/confirmation';
import { nullable, nullableText, parameters, route } from '#platform/http';
import { checkClientSecret, showsFor } from './client-secret.ts';
import { mandatesOver } from './end-mandates.ts';
import { findMandate } from './find-mandate.ts';
import { findSetup } from './find-setup.ts';
import { listAttempts, listSetups } from './lists.ts';
import { hasNoMicrodeposits } from './refusals.ts';
import {
  attemptFilters,
  cancelParameters,
  confirmParameters,
  createParameters,
  retrieveParameters,
  setupFilters,
  updateParameters,
  verifyParameters,
} from './setup-parameters.ts';
import { cancelSetup, confirmSetup, createSetup, updateSetup } from './verbs.ts';

const anyObject = Type.Record(Type.String(), Type.Unknown());

const setupSchema = Type.Object({
  id: Type.String(),
  object: Type.Literal('setup_intent'),
  automatic_payment_methods: Type.Optional(nullable(anyObject)),
  cancellation_reason: nullableText(),
  client_secret: nullableText(),
  created: Type.Integer({ description: 'Unix seconds.' }),
  customer: Type.Optional(nullableText()),
  description: nullableText(),
  last_setup_error: nullable(anyObject),
  latest_attempt: Type.Optional(nullableText()),
  livemode: Type.Boolean(),
  mandate: Type.Optional(nullableText()),
  metadata: Type.Optional(Type.Record(Type.String(), Type.String())),
  next_action: nullable(anyObject),
  payment_method: nullableText(),
  payment_method_types: Type.Array(Type.String()),
  status: Type.String({
    description:
      'requires_payment_method, requires_confirmation, requires_action, processing, succeeded, canceled.',
  }),
  usage: Type.String(),
});

const attemptSchema = Type.Object({
  id: Type.String(),
  object: Type.Literal('setup_attempt'),
  created: Type.Integer({ description: 'Unix seconds.' }),
  customer: nullableText(),
  livemode: Type.Boolean(),
  payment_method: Type.String(),
  payment_method_details: anyObject,
  setup_error: nullable(anyObject),
  setup_intent: Type.String(),
  status: Type.String(),
  usage: Type.String(),
});

const mandateSchema = Type.Object({
  id: Type.String(),
  object: Type.Literal('mandate'),
  customer_acceptance: anyObject,
  livemode: Type.Boolean(),
  multi_use: Type.Optional(anyObject),
  payment_method: Type.String(),
  payment_method_details: anyObject,
  single_use: Type.Optional(anyObject),
  status: Type.String(),
  type: Type.String(),
});

/** A card among the parameters goes to the vault before anything is written. */
const storesCard = (asked: Readonly<Record<string, unknown>>): boolean => {
  const { payment_method: method, payment_method_data: data } = asked;
  return data !== undefined || (typeof method === 'string' && /^(pm_card|tok)_/.test(method));
};

const common = {
  group: 'Setup intents',
  object: 'setup_intent',
  keys: 'secret',
  answer: setupSchema,
} as const;

export const setupRoutes = [
  route({
    ...common,
    method: 'POST',
    path: '/v1/setup_intents',
    operation: 'setup_intents.create',
    example: { customer: 'cus_…', usage: 'off_session' },
    claims: storesCard,
    summary: 'Create a setup intent',
    description:
      'Keeps a card for later. With `confirm` its bank is asked at once whether the card is good, for no amount.',
    parameters: createParameters,
    handle: createSetup,
  }),
  route({
    ...common,
    method: 'GET',
    path: '/v1/setup_intents',
    operation: 'setup_intents.list',
    summary: 'List setup intents',
    description: 'Newest first.',
    list: true,
    parameters: setupFilters,
    handle: listSetups,
  }),
  route({
    ...common,
    method: 'GET',
    path: '/v1/setup_intents/:setup',
    operation: 'setup_intents.retrieve',
    summary: 'Retrieve a setup intent',
    description: 'With a publishable key: a part of it, by its client secret.',
    keys: 'publishable',
    publishableExpand: [],
    parameters: retrieveParameters,
    handle: async (context, { scope, path, principal, parameters: asked }) => {
      const setup = await findSetup(context, scope, path['setup'] ?? '');
      checkClientSecret(principal, setup, asked.client_secret);
      return { body: showsFor(principal)(setup, scope.livemode) };
    },
  }),
  route({
    ...common,
    method: 'POST',
    path: '/v1/setup_intents/:setup',
    operation: 'setup_intents.update',
    example: { metadata: { order_id: '1042' } },
    claims: storesCard,
    summary: 'Update a setup intent',
    parameters: updateParameters,
    handle: updateSetup,
  }),
  route({
    ...common,
    method: 'POST',
    path: '/v1/setup_intents/:setup/confirm',
    operation: 'setup_intents.confirm',
    example: {
      client_secret: 'seti_…_secret_…',
      payment_method: 'pm_card_visa',
      return_url: 'https://example.com/back',
    },
    withCard: 'try',
    claims: storesCard,
    summary: 'Confirm a setup intent',
    description: 'With a publishable key by its client secret, from the payer’s page.',
    keys: 'publishable',
    publishableExpand: [],
    parameters: confirmParameters,
    handle: confirmSetup,
  }),
  route({
    ...common,
    method: 'POST',
    path: '/v1/setup_intents/:setup/cancel',
    operation: 'setup_intents.cancel',
    summary: 'Cancel a setup intent',
    parameters: cancelParameters,
    handle: cancelSetup,
  }),
  route({
    ...common,
    method: 'POST',
    path: '/v1/setup_intents/:setup/verify_microdeposits',
    operation: 'setup_intents.verify_microdeposits',
    summary: 'Prove a bank account by deposits',
    description: 'Always refused: nothing that is kept here waits for deposits.',
    parameters: verifyParameters,
    handle: async (context, { scope, path }) => {
      const setup = await findSetup(context, scope, path['setup'] ?? '');
      throw hasNoMicrodeposits(setup, scope.livemode);
    },
  }),
  route({
    ...common,
    object: 'setup_attempt',
    answer: attemptSchema,
    method: 'GET',
    path: '/v1/setup_attempts',
    operation: 'setup_attempts.list',
    summary: 'List the attempts of a setup intent',
    description: 'Newest first.',
    list: true,
    parameters: attemptFilters,
    handle: listAttempts,
  }),
  route({
    group: 'Mandates',
    object: 'mandate',
    keys: 'secret',
    answer: mandateSchema,
    method: 'GET',
    path: '/v1/mandates/:mandate',
    operation: 'mandates.retrieve',
    summary: 'Retrieve a mandate',
    description: 'What a payer agreed to, by `mandate_data` of a setup or of a payment.',
    parameters: parameters({}),
    handle: async (context, { scope, path }) => {
      const mandate = await findMandate(context, scope, path['mandate'] ?? '');
      const isOver = (await mandatesOver(context, scope, [mandate])).has(mandate);
      return { body: renderMandate(mandate, scope.livemode, isOver) };
    },
  }),
];
