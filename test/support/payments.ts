// A gateway whose only provider is a bank of the test's own, and a merchant with an account there.

import assert from 'node:assert/strict';
import type Stripe from 'stripe';
import { asOwner } from '../../src/for-tests.ts';
import { type TestBank, testBank } from '../../src/payments/intents/for-tests-bank.ts';
import { testConnectorAccount } from '../../src/rails/connectors/for-tests.ts';
import { type GatewayChanges, startGatewayHere, type TestGateway } from './gateway.ts';
import { happenedAt } from './happened.ts';
import type { Merchant } from './merchant.ts';
import { stripeFor } from './stripe.ts';

export type Shop = {
  readonly gateway: TestGateway;
  readonly bank: TestBank;
  readonly merchant: Merchant;
  readonly stripe: Stripe;
  /** As a payer's page sees the gateway. */
  readonly page: Stripe;
  /** Types of the events since the last time, oldest first. */
  readonly happened: () => Promise<string[]>;
  /** Lets the resolver look at what is not known, until `isThere` holds. */
  readonly resolveUntil: (isThere: () => Promise<boolean>) => Promise<void>;
};

const PATIENCE = 2_400;

export const openShop = async (
  banks: readonly TestBank[] = [testBank()],
  changes: GatewayChanges = {},
): Promise<Shop> => {
  const gateway = await startGatewayHere({
    ...changes,
    connectors: banks.map(({ connector }) => connector),
  });
  const merchant = await gateway.merchant();
  for (const [index, { connector }] of banks.entries()) {
    for (const scope of [merchant.scope, merchant.liveScope]) {
      await testConnectorAccount(gateway.context, gateway.rails, scope, {
        connector: connector.definition.name,
        priority: index + 1,
      });
    }
  }
  const stripe = stripeFor(gateway.port, merchant.key);
  const happened = happenedAt(stripe);
  const resolveUntil = async (isThere: () => Promise<boolean>): Promise<void> => {
    for (let round = 0; round < PATIENCE; round += 1) {
      if (await isThere()) return;
      await asOwner(
        gateway.on,
        // Of what is unknown (8) the call has ended: nothing is to be waited for but the clock. Nor is a sender.
        `update rails.operations
            set due_at = now() - interval '1 second',
                leased_until = case when lease_epoch > 0 then leased_until end,
                deadline_at = case when state = 8 then least(deadline_at, now() - interval '1 second')
                                   else deadline_at end
          where due_at is not null`,
      );
      await asOwner(gateway.on, `update platform.jobs set run_at = now() - interval '1 second'`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    assert.fail('What was waited for did not come');
  };
  return {
    gateway,
    resolveUntil,
    bank: banks[0] ?? testBank(),
    merchant,
    stripe,
    page: stripeFor(gateway.port, merchant.publishableKey),
    happened,
  };
};
