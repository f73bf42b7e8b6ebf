import { loadingById, neverFilled, type ResourceDefinition } from '#platform/http';
import { loadCharges } from './charges.store.ts';
import { CHARGE, renderCharge } from './render-charge.ts';

export const chargeResources: readonly ResourceDefinition[] = [
  {
    object: 'charge',
    permission: 'charges',
    owns: (id) => id.startsWith(`${CHARGE}_`),
    load: loadingById(CHARGE, loadCharges, renderCharge),
    hashes: [
      'billing_details',
      'fraud_details',
      'level3',
      'outcome',
      'payment_method_details',
      'presentment_details',
      'radar_options',
      'shipping',
      'source',
      'transfer_data',
    ],
    expandable: {
      customer: { to: ['customer'] },
      payment_intent: { to: ['payment_intent'] },
      application: neverFilled,
      application_fee: neverFilled,
      balance_transaction: { to: ['balance_transaction'] },
      failure_balance_transaction: neverFilled,
      on_behalf_of: neverFilled,
      'outcome.rule': neverFilled,
      'payment_method_details.card.mandate': { to: ['mandate'] },
      review: neverFilled,
      source_transfer: neverFilled,
      transfer: neverFilled,
      'transfer_data.destination': neverFilled,
    },
    removed: ['invoice'],
  },
];
