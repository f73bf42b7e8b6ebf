// The official SDK, pointed at a gateway and otherwise left alone.

import assert from 'node:assert/strict';
import Stripe from 'stripe';

export const stripeFor = (port: number, key: string, options: Stripe.StripeConfig = {}): Stripe =>
  new Stripe(key, {
    host: '127.0.0.1',
    port,
    protocol: 'http',
    maxNetworkRetries: 0,
    telemetry: false,
    ...options,
  });

/** The SDK's error, which the call must end in. */
export const refusalOf = async (call: Promise<unknown>): Promise<Stripe.errors.StripeError> => {
  try {
    await call;
  } catch (error) {
    assert.ok(error instanceof Stripe.errors.StripeError, String(error));
    return error;
  }
  assert.fail('The call was not refused.');
};

/** Of calls under way at once: each is listened to from the beginning, whichever is refused first. */
export const refusalsOf = (
  calls: readonly Promise<unknown>[],
): Promise<Stripe.errors.StripeError[]> => Promise.all(calls.map(refusalOf));
