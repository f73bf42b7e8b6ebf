import { vaultOf } from '#cards/vault';
import { parseId, spellId } from '#kit/ids';
import { parameters, resourceMissing, route } from '#platform/http';
import { createMethod } from './create-method.ts';
import { createToken } from './create-token.ts';
import { findMethod } from './find-method.ts';
import {
  createMethodParameters,
  createTokenParameters,
  updateMethodParameters,
} from './method-parameters.ts';
import { methodSchema, tokenSchema, vaultKeySchema } from './method-schema.ts';
import { insertMethod } from './payment-methods.store.ts';
import { renderPaymentMethod } from './render-payment-method.ts';
import { renderToken, TOKEN } from './render-token.ts';
import { loadToken } from './tokens.store.ts';
import { updateMethod } from './update-method.ts';

const none = parameters({});
const ofMethods = { group: 'Payment methods', object: 'payment_method' } as const;
const ofTokens = { group: 'Tokens', object: 'token' } as const;

export const methodRoutes = [
  route({
    ...ofMethods,
    method: 'POST',
    path: '/v1/payment_methods',
    operation: 'payment_methods.create',
    example: {
      type: 'card',
      card: { number: '4242424242424242', exp_month: 12, exp_year: 2034, cvc: '123' },
    },
    withCard: 'collect',
    claims: () => true,
    summary: 'Create a payment method',
    description:
      'Card fields arrive plain, or sealed in a browser to the key of `/v1/vault/key`. The number goes to the vault and is never shown again.',
    keys: 'publishable',
    parameters: createMethodParameters,
    answer: methodSchema,
    handle: createMethod,
  }),
  route({
    ...ofMethods,
    method: 'GET',
    path: '/v1/payment_methods/:payment_method',
    operation: 'payment_methods.retrieve',
    summary: 'Retrieve a payment method',
    keys: 'secret',
    parameters: none,
    answer: methodSchema,
    handle: async (context, { scope, path }) => {
      const found = await findMethod(context, scope, path['payment_method'] ?? '');
      return {
        body: renderPaymentMethod(found.method, scope.livemode),
        writes: found.isNew ? [insertMethod(scope, found.method)] : [],
      };
    },
  }),
  route({
    ...ofMethods,
    method: 'POST',
    path: '/v1/payment_methods/:payment_method',
    operation: 'payment_methods.update',
    example: { card: { exp_month: 12, exp_year: 2034 } },
    claims: () => true,
    summary: 'Update a payment method',
    description:
      'Only while it is attached to a customer. A card can change its expiry, not its number.',
    keys: 'secret',
    parameters: updateMethodParameters,
    answer: methodSchema,
    handle: updateMethod,
  }),
  route({
    ...ofTokens,
    method: 'POST',
    path: '/v1/tokens',
    operation: 'tokens.create',
    example: { card: { number: '4242424242424242', exp_month: 12, exp_year: 2034, cvc: '123' } },
    withCard: 'collect',
    claims: () => true,
    summary: 'Create a token',
    description: 'A card, or a security code for a stored card, to be used once.',
    keys: 'publishable',
    parameters: createTokenParameters,
    answer: tokenSchema,
    handle: createToken,
  }),
  route({
    ...ofTokens,
    method: 'GET',
    path: '/v1/tokens/:token',
    operation: 'tokens.retrieve',
    summary: 'Retrieve a token',
    keys: 'secret',
    parameters: none,
    answer: tokenSchema,
    handle: async (context, { scope, path }) => {
      const spelled = path['token'] ?? '';
      const id = parseId(TOKEN, spelled);
      const token = id && (await loadToken(context, scope, id));
      if (!token) throw resourceMissing({ noun: 'token', id: spelled });
      return { body: renderToken(token, scope.livemode) };
    },
  }),
  route({
    group: 'Vault',
    object: 'vault_key',
    method: 'GET',
    path: '/v1/vault/key',
    operation: 'vault_keys.retrieve',
    summary: "Retrieve today's key for sealing cards",
    description:
      'A public key for ECDH-ES with A256GCM. Card fields sealed to it are opened once, within ten minutes, for the audience named.',
    keys: 'publishable',
    parameters: none,
    answer: vaultKeySchema,
    handle: async (context, { scope }) => {
      const key = await vaultOf(context).browserKey();
      return {
        body: {
          object: 'vault_key',
          kid: key.kid,
          expires_at: Math.floor(key.expiresAt / 1000),
          jwk: key.publicKey,
          livemode: scope.livemode,
          audience: spellId('acct', scope.accountId),
        },
      };
    },
  }),
];
