import { CHARGE } from '#payments/charges';
import { includingNewest, loadingById, neverFilled, type ResourceDefinition } from '#platform/http';
import { loadNewestOfCharges, loadRefunds } from './refunds.store.ts';
import { REFUND, renderRefund } from './render-refund.ts';

const refundsUrl = (id: string): string => `/v1/charges/${id}/refunds`;

export const refundResources: readonly ResourceDefinition[] = [
  {
    object: 'charge',
    expandable: {
      refunds: {
        include: includingNewest(CHARGE, loadNewestOfCharges, {
          url: refundsUrl,
          show: renderRefund,
        }),
        of: ['refund'],
        until: '2022-11-15',
        grows: { by: 'charge', url: refundsUrl },
      },
    },
  },
  {
    object: 'refund',
    permission: 'refunds',
    owns: (id) => id.startsWith(`${REFUND}_`),
    load: loadingById(REFUND, loadRefunds, renderRefund),
    hashes: ['destination_details', 'next_action', 'presentment_details'],
    expandable: {
      charge: { to: ['charge'] },
      payment_intent: { to: ['payment_intent'] },
      balance_transaction: { to: ['balance_transaction'] },
      failure_balance_transaction: { to: ['balance_transaction'] },
      customer: { to: ['customer'] },
      payment_method: { to: ['payment_method'] },
      source_transfer_reversal: neverFilled,
      transfer_reversal: neverFilled,
    },
  },
];
