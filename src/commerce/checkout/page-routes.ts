// `/v1/payment_pages/{session}`: what a page does, for programs without a browser and for the page's own
// script. Who has the session's address needs no key.

import { Type } from 'typebox';
import type { Context } from '#kit/context';
import { askingOf } from '#payments/intents';
import { type ApiRequest, type Principal, parameters, route } from '#platform/http';
import { confirmParameters } from './confirm-parameters.ts';
import { confirmSession } from './confirm-session.ts';
import { findSession } from './find-session.ts';
import { askingForPayer, forPayer } from './for-payer.ts';
import { type PageState, pageMerchant, pageStateOf, stateAfter } from './page-state.ts';
import { renderPaymentPage } from './render-page.ts';
import { parseSession } from './session-id.ts';
import { sessionSchema } from './session-schema.ts';
import { viewOf } from './view-of.ts';

const pageSchema = Type.Intersect([
  Type.Partial(sessionSchema),
  Type.Object({
    page: Type.Record(Type.String(), Type.Unknown(), {
      description:
        'state (open, action, processing, unknown, complete, expired, locked, used_up), attempt, tries_left, declined, receipt.',
    }),
  }),
]);

const common = {
  group: 'Payment pages',
  keys: 'publishable',
  publishableExpand: [],
  answer: pageSchema,
  scopeOf: (path: Readonly<Record<string, string>>) =>
    parseSession(path['session'] ?? '')?.scope ?? null,
} as const;

const isMerchant = ({ kind }: Principal): boolean => kind !== 'publishable';

const render = (
  context: Context,
  request: Pick<ApiRequest, 'scope' | 'principal'>,
  state: PageState,
) =>
  renderPaymentPage(
    state,
    viewOf(state, { scope: request.scope, vaultKey: null, nowMs: context.clock.now() }),
    request.scope,
    isMerchant(request.principal),
  );

export const pageRoutes = [
  route({
    ...common,
    method: 'GET',
    path: '/v1/payment_pages/:session',
    operation: 'payment_pages.retrieve',
    summary: 'Retrieve a payment page',
    description: 'A session as its payer sees it, with what they can do next.',
    parameters: parameters({}),
    handle: async (context, request) => {
      const session = await findSession(context, request.scope, request.path['session'] ?? '');
      return { body: render(context, request, await pageStateOf(context, request.scope, session)) };
    },
  }),
  route({
    ...common,
    method: 'POST',
    path: '/v1/payment_pages/:session/confirm',
    operation: 'payment_pages.confirm',
    withCard: 'try',
    // A card among the parameters goes to the vault before anything is written.
    claims: () => true,
    summary: 'Pay a payment page',
    description:
      'What the pay button does. Once paid it stays paid: a second click, another tab and a repeat charge nothing more.',
    parameters: confirmParameters,
    handle: async (context, request) => {
      const { scope, principal } = request;
      const find = () => findSession(context, scope, request.path['session'] ?? '');
      if (request.resumes !== null) {
        return { body: render(context, request, await pageStateOf(context, scope, await find())) };
      }
      const merchant = await pageMerchant(context, scope);
      const asking = isMerchant(principal) ? askingOf(request) : askingForPayer(askingOf(request));
      const outcome = await confirmSession(context, asking, {
        said: request.parameters,
        find,
        shows: (shown, method) =>
          render(
            context,
            request,
            stateAfter(shown, { merchant, method, nowMs: context.clock.now() }),
          ),
      });
      return isMerchant(principal) ? outcome : forPayer(outcome);
    },
  }),
];
