import type { Context, Scope } from '#kit/context';
import { parseId } from '#kit/ids';
import { INTENT } from '#payments/charges';
import { neverFilled, type ResourceDefinition } from '#platform/http';
import { loadIntents } from './intents.store.ts';
import { renderIntent } from './render-intent.ts';

const load = async (context: Context, scope: Scope, ids: readonly string[]) => {
  const uuids = ids.map((id) => parseId(INTENT, id)).filter((uuid) => uuid !== null);
  const intents = await loadIntents(context, scope, uuids);
  return new Map(
    ids.flatMap((id) => {
      const intent = intents.get(parseId(INTENT, id) ?? '');
      return intent && !intent.isDirect
        ? [[id, renderIntent(intent, scope.livemode)] as const]
        : [];
    }),
  );
};

export const intentResources: readonly ResourceDefinition[] = [
  {
    object: 'payment_intent',
    permission: 'payment_intents',
    owns: (id) => id.startsWith(`${INTENT}_`),
    load,
    expandable: {
      application: neverFilled,
      customer: { to: ['customer'] },
      latest_charge: { to: ['charge'] },
      on_behalf_of: neverFilled,
      payment_method: { to: ['payment_method'] },
      'last_payment_error.payment_method': { inside: ['payment_method'] },
      payment_record: neverFilled,
      review: neverFilled,
      'transfer_data.destination': neverFilled,
    },
    removed: ['charges', 'invoice'],
  },
];
