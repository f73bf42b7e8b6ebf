import type { Context, Scope } from '#kit/context';
import type { ResourceDefinition } from '#platform/http';
import { knownTypes } from './known-types.ts';
import { loadMethods } from './payment-methods.store.ts';
import { parseMethodId, renderPaymentMethod, spellMethod } from './render-payment-method.ts';

const load = async (context: Context, scope: Scope, ids: readonly string[]) => {
  const uuids = ids.map(parseMethodId).filter((uuid) => uuid !== null);
  const methods = await loadMethods(context, scope, uuids);
  return new Map(
    ids.flatMap((id) => {
      const method = methods.get(parseMethodId(id) ?? '');
      return method && spellMethod(method) === id
        ? [[id, renderPaymentMethod(method, scope.livemode)] as const]
        : [];
    }),
  );
};

export const methodResources: readonly ResourceDefinition[] = [
  {
    object: 'payment_method',
    permission: 'payment_methods',
    owns: (id) => parseMethodId(id) !== null,
    load,
    hashes: ['billing_details', 'radar_options', 'custom', ...knownTypes],
    expandable: { customer: { to: ['customer'] } },
  },
  { object: 'token', permission: 'tokens', hashes: ['bank_account', 'card'] },
];
