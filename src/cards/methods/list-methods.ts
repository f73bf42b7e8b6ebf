import type { Context, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { type ListParameters, list, listWindow, page } from '#platform/http';
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
    direction: window.before === undefined ? 'older' : 'newer',
    from: window.after ?? window.before ?? null,
    customerId: of.customerId,
    type: asked.type ?? null,
    allowRedisplay: asked.allow_redisplay ?? null,
    limit: window.limit + 1,
  });
  const { rows: shown, hasMore } = page(rows, window);
  return list(of.url, {
    rows: shown.map((method) => renderPaymentMethod(method, scope.livemode)),
    hasMore,
  });
};
