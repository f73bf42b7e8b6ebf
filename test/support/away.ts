// A merchant who takes cards at a bank of the test's own and sends payers away through Stripe's simulator; and
// the payer, who goes there, answers, and comes back.

import assert from 'node:assert/strict';
import type Stripe from 'stripe';
import { provideCheckout } from '#commerce/checkout';
import { provideReturns } from '#payments/intents';
import { asOwner } from '../../src/for-tests.ts';
import { atEnd } from '../../src/kit/context/for-tests-end.ts';
import { type TestBank, testBank } from '../../src/payments/intents/for-tests-bank.ts';
import { testConnectorAccount } from '../../src/rails/connectors/for-tests.ts';
import {
  apiKey,
  type Simulator,
  signatureOf,
  startSimulator,
} from '../../src/rails/psp/stripe/for-tests-simulator.ts';
import { connector as stripeConnector } from '../../src/rails/psp/stripe/index.ts';
import { type GatewayChanges, startGatewayHere, type TestGateway } from './gateway.ts';
import { happenedAt } from './happened.ts';
import type { Merchant } from './merchant.ts';
import { stripeFor } from './stripe.ts';

export type Does = 'approve' | 'decline' | 'later' | 'later_not' | 'leave';

export type Abroad = {
  readonly gateway: TestGateway;
  readonly origin: string;
  readonly merchant: Merchant;
  readonly stripe: Stripe;
  readonly bank: TestBank;
  readonly simulator: Simulator;
  /** Where the simulator's time is ahead of ours. */
  readonly ahead: { ms: number };
  /** At the page of the bank: answers there, and does not come back. */
  readonly answerAt: (url: string, does: Does) => Promise<string>;
  /** Comes back by the address that the bank names; says where the gateway sends them on to. */
  readonly comeBack: (address: string) => Promise<string>;
  /** Lets the resolver and the worker look, until it is so. */
  readonly until: (isSo: () => Promise<boolean>) => Promise<void>;
  /** Stripe's own word, which its simulator would not say by itself. */
  readonly tell: (event: object) => Promise<void>;
  /** The events since the last time, oldest first. */
  readonly happened: () => Promise<string[]>;
};

const ROUNDS_MAX = 2_400;

/** As a merchant does it: an account for some ways to pay, and an endpoint that Stripe tells of them. */
export const openStripeAccount = async (
  { ask, port }: TestGateway,
  { key }: Merchant,
  { url }: Simulator,
  types = ['ideal', 'bancontact', 'eps', 'p24'],
): Promise<Abroad['tell']> => {
  const settings = `settings[secret_key]=${apiKey}&settings[api_base]=${url}`;
  const methods = types.map((type) => `methods[]=${type}`);
  const form = ['connector=stripe', ...methods, settings].join('&');
  const made = await ask('POST', '/v1/connector_accounts', { key, form });
  assert.equal(made.status, 200, made.text);
  const { id, webhook_path: path } = made.body;
  const registered = await fetch(`${url}/v1/webhook_endpoints`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}` },
    body: new URLSearchParams({ url: `http://127.0.0.1:${port}${path}` }),
  });
  const { secret } = (await registered.json()) as { secret: string };
  const changed = await ask('POST', `/v1/connector_accounts/${id}`, {
    key,
    form: `settings[webhook_secret]=${secret}`,
  });
  assert.equal(changed.status, 200, changed.text);
  return async (event) => {
    const body = JSON.stringify(event);
    const headers = { 'stripe-signature': signatureOf(secret, body, Date.now()) };
    const told = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body });
    assert.equal(told.status, 200);
  };
};

export const openAbroad = async (changes: GatewayChanges = {}): Promise<Abroad> => {
  const ahead = { ms: 0 };
  const simulator = await startSimulator({ nowMs: () => Date.now() + ahead.ms });
  atEnd(() => simulator.close());
  const bank = testBank();
  const gateway = await startGatewayHere({
    ...changes,
    connectors: [bank.connector, stripeConnector],
  });
  // A browser, or a bank, has to find the way back to this very gateway.
  const origin = `http://127.0.0.1:${gateway.port}`;
  provideReturns(gateway.context, { publicUrl: origin, key: Buffer.alloc(32, 7) });
  provideCheckout(gateway.context, { publicUrl: origin });
  const merchant = await gateway.merchant();
  const { context, rails, on } = gateway;
  await testConnectorAccount(context, rails, merchant.scope, { connector: 'paperbank' });
  const tell = await openStripeAccount(gateway, merchant, simulator);
  const stripe = stripeFor(gateway.port, merchant.key);
  const happened = happenedAt(stripe);

  return {
    gateway,
    origin,
    merchant,
    stripe,
    bank,
    simulator,
    ahead,
    tell,
    happened,
    answerAt: async (url, does) => {
      const page = await fetch(url);
      assert.equal(page.status, 200);
      assert.match(await page.text(), /Approve/);
      const answer = await fetch(url, {
        method: 'POST',
        body: new URLSearchParams({ do: does }),
        redirect: 'manual',
      });
      assert.equal(answer.status, 303);
      return answer.headers.get('location') ?? '';
    },
    comeBack: async (address) => {
      assert.ok(address.startsWith(`${origin}/back/`), address);
      const back = await fetch(address, { redirect: 'manual' });
      assert.equal(back.status, 303);
      return back.headers.get('location') ?? '';
    },
    until: async (isSo) => {
      for (let round = 0; round < ROUNDS_MAX; round += 1) {
        if (await isSo()) return;
        await asOwner(
          on,
          `update rails.operations
              set due_at = now() - interval '1 second',
                  leased_until = case when lease_epoch > 0 then leased_until end
            where due_at is not null`,
        );
        await asOwner(on, `update platform.jobs set run_at = now() - interval '1 second'`);
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
      assert.fail('What was waited for did not come');
    },
  };
};
