import type { Context, Scope } from '#kit/context';
import { parseId } from '#kit/ids';
import { MANDATE, renderMandate } from '#payments/confirmation';
import { neverFilled, type ResourceDefinition } from '#platform/http';
import { mandatesOver } from './end-mandates.ts';
import { renderAttempt, renderSetup, SETUP, SETUP_ATTEMPT } from './render-setup.ts';
import { loadAttempts, loadMandates, loadSetups } from './setup.store.ts';

const loadingAll =
  <T>(
    prefix: string,
    loadRows: (context: Context, scope: Scope, ids: readonly string[]) => Promise<Map<string, T>>,
    render: (row: T, livemode: boolean) => Record<string, unknown>,
  ): ResourceDefinition['load'] =>
  async (context, scope, ids) => {
    const uuids = ids.map((id) => parseId(prefix, id)).filter((uuid) => uuid !== null);
    const found = await loadRows(context, scope, uuids);
    return new Map(
      ids.flatMap((id) => {
        const row = found.get(parseId(prefix, id) ?? '');
        return row ? [[id, render(row, scope.livemode)] as const] : [];
      }),
    );
  };

export const setupResources: readonly ResourceDefinition[] = [
  {
    object: 'setup_intent',
    permission: 'setup_intents',
    owns: (id) => id.startsWith(`${SETUP}_`),
    load: loadingAll(SETUP, loadSetups, renderSetup),
    expandable: {
      application: neverFilled,
      customer: { to: ['customer'] },
      latest_attempt: { to: ['setup_attempt'] },
      mandate: { to: ['mandate'] },
      on_behalf_of: neverFilled,
      payment_method: { to: ['payment_method'] },
      'last_setup_error.payment_method': { inside: ['payment_method'] },
      single_use_mandate: neverFilled,
    },
  },
  {
    object: 'setup_attempt',
    permission: 'setup_intents',
    owns: (id) => id.startsWith(`${SETUP_ATTEMPT}_`),
    load: loadingAll(SETUP_ATTEMPT, loadAttempts, renderAttempt),
    expandable: {
      application: neverFilled,
      customer: { to: ['customer'] },
      on_behalf_of: neverFilled,
      payment_method: { to: ['payment_method'] },
      setup_intent: { to: ['setup_intent'] },
    },
  },
  {
    object: 'mandate',
    permission: 'mandates',
    owns: (id) => id.startsWith(`${MANDATE}_`),
    load: async (context, scope, ids) => {
      const found = await loadMandates(
        context,
        scope,
        ids.map((id) => parseId(MANDATE, id)).filter((uuid) => uuid !== null),
      );
      const over = await mandatesOver(context, scope, [...found.values()]);
      return new Map(
        ids.flatMap((id) => {
          const mandate = found.get(parseId(MANDATE, id) ?? '');
          const { livemode } = scope;
          return mandate
            ? [[id, renderMandate(mandate, livemode, over.has(mandate))] as const]
            : [];
        }),
      );
    },
    expandable: { payment_method: { to: ['payment_method'] } },
  },
];
