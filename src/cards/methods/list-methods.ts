import type { Context, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { type ListParameters, listFound, listWindow, rowsOf } from '#platform/http';
import { listMethods as listRows, loadMethod } from './payment-methods.store.ts';
import { parseMethodId, renderPaymentMethod } from './render-payment-method.ts';

/** Of one customer, whose existence the caller has seen to, or of the whole account. */
export const listOfMethods = async (
  context: Context,
  scope: Scope,
  asked: ListParameters & { readonly type?: string; readonly allow_redisplay?: string },
  of: { readonly customerId: Uuid | null; readonly url: string },
) => {
  const window = await listWindow<Uuid>(asked, 'payment_method', async (spelled) => {
    const cursor = parseMethodId(spelled);
    return cursor && (await loadMethod(context, scope, cursor)) ? cursor : null;
  });
  const rows = await listRows(context, scope, {
    ...rowsOf(window),
    customerId: of.customerId,
    type: asked.type ?? null,
    allowRedisplay: asked.allow_redisplay ?? null,
  });
  return listFound(of.url, rows, window, (method) => renderPaymentMethod(method, scope.livemode));
};
