import { parseIds, spellId } from '#kit/ids';
import { MANDATE, renderMandate } from '#payments/confirmation';
import { loadingById, neverFilled, type ResourceDefinition } from '#platform/http';
import { mandatesOver } from './end-mandates.ts';
import { renderAttempt, renderSetup, SETUP, SETUP_ATTEMPT } from './render-setup.ts';
import { loadAttempts, loadMandates, loadSetups } from './setup.store.ts';

export const setupResources: readonly ResourceDefinition[] = [
  {
    object: 'setup_intent',
    permission: 'setup_intents',
    owns: (id) => id.startsWith(`${SETUP}_`),
    load: loadingById(SETUP, loadSetups, renderSetup),
    hashes: [
      'automatic_payment_methods',
      'last_setup_error',
      'managed_payments',
      'next_action',
      'payment_method_configuration_details',
      'payment_method_options',
    ],
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
    load: loadingById(SETUP_ATTEMPT, loadAttempts, renderAttempt),
    hashes: ['payment_method_details', 'setup_error'],
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
      const found = await loadMandates(context, scope, parseIds(MANDATE, ids));
      const over = await mandatesOver(context, scope, [...found.values()]);
      return new Map(
        [...found].map(([id, mandate]) => [
          spellId(MANDATE, id),
          renderMandate(mandate, scope.livemode, over.has(mandate)),
        ]),
      );
    },
    hashes: ['customer_acceptance', 'multi_use', 'payment_method_details', 'single_use'],
    expandable: { payment_method: { to: ['payment_method'] } },
  },
];
