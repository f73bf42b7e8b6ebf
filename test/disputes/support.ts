// A gateway that pays at the sandbox's bank over its real link and reads its real feed of disputes, and the
// bank's clock to move.

import assert from 'node:assert/strict';
import type Stripe from 'stripe';
import { asOwner } from '../../src/for-tests.ts';
import { testConnectorAccount } from '../../src/rails/connectors/for-tests.ts';
import { directOver } from '../../src/rails/psp/direct/index.ts';
import { quick } from '../acquiring/support/impatient.ts';
import { type Control, controlOf } from '../sandbox/support/control.ts';
import { newSandbox } from '../sandbox/support/world.ts';
import { startGatewayHere, type TestGateway } from '../support/gateway.ts';
import { happenedAt } from '../support/happened.ts';
import type { Merchant } from '../support/merchant.ts';
import { stripeFor } from '../support/stripe.ts';

export type Contested = {
  readonly gateway: TestGateway;
  readonly merchant: Merchant;
  readonly stripe: Stripe;
  readonly bank: Control;
  /** Types of the events since the last time, oldest first. */
  readonly happened: () => Promise<string[]>;
  readonly pay: (method: string, more?: Partial<Stripe.PaymentIntentCreateParams>) => Promise<Paid>;
  /** Looks at the feed, and at what is owed, until `isThere` holds. */
  readonly until: <T>(look: () => Promise<T | undefined>) => Promise<T>;
  readonly disputeOf: (paid: Paid, status: string) => Promise<Stripe.Dispute>;
};

export type Paid = { readonly intent: Stripe.PaymentIntent; readonly charge: string };

const PATIENCE = 2_400;

/** Where its clock may be moved the bank goes along with the gateway. */
export const openContested = async ({
  movableClock = false,
  settles = false,
} = {}): Promise<Contested> => {
  const sandbox = await newSandbox();
  const together = {
    movableClock,
    sandbox: {
      url: `http://127.0.0.1:${sandbox.ports.control}`,
      directory: sandbox.directoryUrl,
      acquirer: { host: '127.0.0.1', port: sandbox.ports.acquirer },
    },
  };
  const gateway = await startGatewayHere({
    ...(movableClock ? together : {}),
    connectors: [directOver(quick())],
  });
  const merchant = await gateway.merchant();
  await testConnectorAccount(gateway.context, gateway.rails, merchant.scope, {
    connector: 'direct',
    settings: {
      host: '127.0.0.1',
      port: sandbox.ports.acquirer,
      acquirer_id: '12345',
      terminal_id: 'TERM0001',
      merchant_id: 'MERCHANT0000001',
      merchant_category: '5999',
      disputes_url: `http://127.0.0.1:${sandbox.ports.control}/acquirer/disputes`,
      ...(settles
        ? { settlement_url: `http://127.0.0.1:${sandbox.ports.control}/acquirer/settlements` }
        : {}),
    },
  });
  const stripe = stripeFor(gateway.port, merchant.key);
  const happened = happenedAt(stripe);
  const until: Contested['until'] = async (look) => {
    for (let round = 0; round < PATIENCE; round += 1) {
      const found = await look();
      if (found !== undefined) return found;
      for (const table of ['rails.dispute_feeds', 'rails.dispute_notices']) {
        await asOwner(
          gateway.on,
          `update ${table} set due_at = now() - interval '1 second' where due_at > now()`,
        );
      }
      await asOwner(gateway.on, `update platform.jobs set run_at = now() - interval '1 second'`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    return assert.fail('What was waited for did not come');
  };
  return {
    gateway,
    merchant,
    stripe,
    bank: controlOf(sandbox.ports.control),
    happened,
    until,
    pay: async (method, more = {}) => {
      const intent = await stripe.paymentIntents.create({
        amount: 5_000,
        currency: 'eur',
        confirm: true,
        payment_method: method,
        ...more,
      });
      return { intent, charge: String(intent.latest_charge) };
    },
    disputeOf: ({ charge }, status) =>
      until(async () => {
        const { data } = await stripe.disputes.list({ charge });
        return data.find((dispute) => dispute.status === status);
      }),
  };
};
