import { findCustomerNamed } from '#cards/customers';
import type { Context } from '#kit/context';
import { parseId, type Uuid } from '#kit/ids';
import { findIntent } from '#payments/intents';
import {
  listFound,
  listWindow,
  type Outcome,
  resourceMissing,
  rowsWithin,
  type TypedRequest,
} from '#platform/http';
import { sessionNamed } from './find-session.ts';
import { renderSession } from './render-session.ts';
import type { listFilters } from './session-parameters.ts';
import { listSessions as listRows } from './sessions.store.ts';

type Request = TypedRequest<typeof listFilters>;

export const listSessions = async (context: Context, request: Request): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  const window = await listWindow<Uuid>(
    asked,
    'checkout.session',
    async (spelled) => (await sessionNamed(context, scope, spelled))?.id ?? null,
  );
  const { customer, intent } = await namedBy(context, request);

  const rows = await listRows(context, scope, {
    ...rowsWithin(window, asked.created),
    customerId: customer,
    intentId: intent,
    linkId: asked.payment_link === undefined ? null : linkOf(asked.payment_link),
    email: asked.customer_details?.email ?? null,
    order: asked.order_reference ?? null,
    status: asked.status ?? null,
  });
  return { body: listFound(request.url, rows, window, (each) => renderSession(each, scope)) };
};

const namedBy = async (
  context: Context,
  { scope, parameters: asked }: Request,
): Promise<{ readonly customer: Uuid | null; readonly intent: Uuid | null }> => {
  if (asked.subscription !== undefined) {
    throw resourceMissing({
      noun: 'subscription',
      id: asked.subscription,
      param: 'subscription',
    });
  }
  if (asked.customer_account !== undefined) {
    throw resourceMissing({
      noun: 'customer account',
      id: asked.customer_account,
      param: 'customer_account',
    });
  }
  const [customer, intent] = await Promise.all([
    asked.customer === undefined
      ? null
      : findCustomerNamed(context, scope, asked.customer, 'customer'),
    asked.payment_intent === undefined
      ? null
      : findIntent(context, scope, asked.payment_intent, 'payment_intent'),
  ]);
  return { customer: customer?.id ?? null, intent: intent?.id ?? null };
};

const linkOf = (spelled: string): Uuid => {
  const id = parseId('plink', spelled);
  if (id !== null) return id;
  throw resourceMissing({ noun: 'payment_link', id: spelled, param: 'payment_link' });
};
