// Whoever detaches a card can be paid with it no more, and what its payer agreed to for later payments is over with it.

import { type DetachListener, loadMethods, parseMethodId, spellMethod } from '#cards/methods';
import type { Context, Scope } from '#kit/context';
import type { Mandate } from '#payments/confirmation';
import { appendChange } from '#platform/events';
import { mandateUpdated } from './events.ts';
import { loadMandatesOfMethod } from './setup.store.ts';

/** A method is detached once, so of each mandate that is told once. */
export const endMandates: DetachListener = async (context, scope, { method, request }) =>
  (await loadMandatesOfMethod(context, scope, spellMethod(method)))
    .filter(({ singleUse }) => singleUse === undefined)
    .map((mandate) =>
      appendChange(context, {
        scope,
        objectId: mandate.id,
        sequence: 1,
        kinds: [mandateUpdated],
        snapshot: { mandate },
        request,
      }),
    );

/** Those whose method can be paid with no more, however that came: it is the method that says so. */
export const mandatesOver = async (
  context: Context,
  scope: Scope,
  mandates: readonly Mandate[],
): Promise<ReadonlySet<Mandate>> => {
  const ids = mandates.map(({ methodId }) => parseMethodId(methodId)).filter((id) => id !== null);
  const methods = await loadMethods(context, scope, ids);
  return new Set(
    mandates.filter(({ methodId }) => {
      const id = parseMethodId(methodId);
      return id !== null && methods.get(id)?.state === 'detached';
    }),
  );
};
