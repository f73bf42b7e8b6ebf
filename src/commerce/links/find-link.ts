import type { Context, Scope } from '#kit/context';
import { parseId } from '#kit/ids';
import { resourceMissing } from '#platform/http';
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
  const other = { ...scope, livemode: !scope.livemode };
  const similar = id !== null && (await loadLink(context, other, id)) !== undefined;
  throw resourceMissing({
    noun: 'payment_link',
    id: spelled,
    ...(similar ? { existsIn: other.livemode ? ('live' as const) : ('test' as const) } : {}),
  });
};
