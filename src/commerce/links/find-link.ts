import type { Context, Scope } from '#kit/context';
import { parseId } from '#kit/ids';
import { missingIn } from '#platform/http';
import { PAYMENT_LINK, type PaymentLink } from './link.ts';
import { loadLink } from './links.store.ts';

export const findLink = async (
  context: Context,
  scope: Scope,
  spelled: string,
): Promise<PaymentLink> => {
  const id = parseId(PAYMENT_LINK, spelled);
  const link = id && (await loadLink(context, scope, id));
  if (link) return link;
  throw await missingIn(
    scope,
    { noun: 'payment_link', id: spelled },
    (other) => id && loadLink(context, other, id),
  );
};
