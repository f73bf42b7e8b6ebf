import { Type } from 'typebox';
import { nullable, nullableText, parameters, route } from '#platform/http';
import { changeLook, lookParameters } from './change-look.ts';
import { loadLook } from './look.store.ts';
import { renderLook } from './look.ts';

const common = {
  group: 'Checkout settings',
  keys: 'secret',
  object: 'checkout_settings',
  answer: Type.Object({
    object: Type.Literal('checkout_settings'),
    accent: nullableText(),
    background: nullableText(),
    embedders: Type.Array(Type.String()),
    font: Type.String(),
    icon: nullableText(),
    livemode: Type.Boolean(),
    logo: nullableText(),
    name: nullableText(),
    radius: nullable(Type.Integer()),
    support_email: nullableText(),
    support_url: nullableText(),
  }),
} as const;

export const lookRoutes = [
  route({
    ...common,
    method: 'GET',
    path: '/v1/checkout_settings',
    operation: 'checkout_settings.retrieve',
    summary: 'Retrieve the settings of checkout pages',
    parameters: parameters({}),
    handle: async (context, { scope }) => ({
      body: renderLook((await loadLook(context, scope)).look, scope.livemode),
    }),
  }),
  route({
    ...common,
    method: 'POST',
    path: '/v1/checkout_settings',
    operation: 'checkout_settings.update',
    example: { accent: '#1f4fd8' },
    summary: 'Say how checkout pages look, and who may embed them',
    description:
      'Colours that people could not read are refused, with the contrast they reach. An empty value goes back to ours.',
    parameters: lookParameters,
    handle: async (context, { scope, parameters: asked }) => {
      const { look, writes } = await changeLook(context, scope, asked);
      return { body: renderLook(look, scope.livemode), writes };
    },
  }),
];
