// Stripe as a provider behind us.

import type { Connector } from '#rails/connectors';
import { abandon } from './abandon.ts';
import { cancel, capture, refund } from './after-payment.ts';
import { definition } from './definition.ts';
import { lookUp } from './look-up.ts';
import { pay } from './pay.ts';
import { settlement } from './settlement.ts';
import { webhook } from './webhook.ts';

export const connector: Connector = {
  definition,
  open: () => ({
    authorize: (call) => pay(call, 'manual'),
    sale: (call) => pay(call, 'automatic'),
    capture,
    void: cancel,
    refund,
    lookUp,
    abandon,
    settlement,
    webhook,
  }),
};
