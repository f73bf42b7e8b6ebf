import { Type } from 'typebox';
import { ApiError, nullable, nullableText, parameters, route } from '#platform/http';
import { renderToken } from './confirmation-token.ts';
import { createConfirmationToken, createParameters } from './create-token.ts';
import { findToken } from './take-token.ts';

const anyObject = Type.Record(Type.String(), Type.Unknown());

const tokenSchema = Type.Object({
  id: Type.String(),
  object: Type.Literal('confirmation_token'),
  created: Type.Integer({ description: 'Unix seconds.' }),
  expires_at: nullable(Type.Integer()),
  livemode: Type.Boolean(),
  mandate_data: nullable(anyObject),
  payment_intent: nullableText(),
  payment_method_options: nullable(anyObject),
  payment_method_preview: nullable(anyObject),
  return_url: nullableText(),
  setup_future_usage: nullableText(),
  setup_intent: nullableText(),
  shipping: nullable(anyObject),
  use_stripe_sdk: Type.Boolean(),
});

const common = {
  group: 'Confirmation tokens',
  object: 'confirmation_token',
  keys: 'secret',
  answer: tokenSchema,
} as const;

export const confirmationRoutes = [
  route({
    ...common,
    method: 'POST',
    path: '/v1/confirmation_tokens',
    operation: 'confirmation_tokens.create',
    example: {
      payment_method_data: {
        type: 'card',
        card: { number: '4242424242424242', exp_month: 12, exp_year: 2034, cvc: '123' },
      },
    },
    withCard: 'collect',
    claims: () => true,
    summary: 'Create a confirmation token',
    description: 'From the payer’s page: what is to be confirmed with. It lives for twelve hours.',
    keys: 'publishable',
    publishableExpand: [],
    parameters: createParameters,
    handle: createConfirmationToken,
  }),
  route({
    ...common,
    method: 'POST',
    path: '/v1/test_helpers/confirmation_tokens',
    operation: 'test_helpers.confirmation_tokens.create',
    example: { payment_method: 'pm_card_visa', return_url: 'https://example.com/back' },
    claims: () => true,
    summary: 'Create a confirmation token from a server, in test mode',
    parameters: createParameters,
    handle: (context, request) => {
      if (request.scope.livemode) {
        throw new ApiError(400, 'Test helpers exist in test mode only.');
      }
      return createConfirmationToken(context, request);
    },
  }),
  route({
    ...common,
    method: 'GET',
    path: '/v1/confirmation_tokens/:confirmation_token',
    operation: 'confirmation_tokens.retrieve',
    summary: 'Retrieve a confirmation token',
    parameters: parameters({}),
    handle: async (context, { scope, path }) => ({
      body: renderToken(
        await findToken(context, scope, path['confirmation_token'] ?? ''),
        scope.livemode,
      ),
    }),
  }),
];
