// What a session has made to be tried: a payment, or the wish to keep a card. Made with the first try, and
// the only one there will be.

import type { Context, Scope } from '#kit/context';
import { loadIntent, mayBeTried, type PaymentIntent } from '#payments/intents';
import { loadSetup, mayBeSetUp, type SetupIntent } from '#payments/setup';
import type { CheckoutSession } from './session.ts';

/** One of them at most is there. */
export type Made = {
  readonly intent: PaymentIntent | null;
  readonly setup: SetupIntent | null;
};

export const nothingMade: Made = { intent: null, setup: null };

/** How a payment or a setup names the session that made it. */
export const MAKER = 'checkout.session';

export const madeOf = async (
  context: Context,
  scope: Scope,
  { intentId, setupId }: Pick<CheckoutSession, 'intentId' | 'setupId'>,
): Promise<Made> => ({
  intent: intentId === null ? null : ((await loadIntent(context, scope, intentId)) ?? null),
  setup: setupId === null ? null : ((await loadSetup(context, scope, setupId)) ?? null),
});

export const asksHolder = ({ intent, setup }: Made): boolean =>
  (intent ?? setup)?.status === 'requires_action';

/** Longer than it takes from the first write of a try to the second. */
const BEGINNING_MS = 10_000;

/** Something may be alive: with a provider, or on its way there. One that died on the way is not waited for. */
export const isBusy = (
  { triedAtMs, triedVersion }: CheckoutSession,
  { intent, setup }: Made,
  nowMs: number,
): boolean => {
  const made = intent ?? setup;
  if (made === null) return false;
  if (intent !== null && !mayBeTried(intent)) return true;
  if (setup !== null && !mayBeSetUp(setup)) return true;
  return made.version === triedVersion && nowMs - (triedAtMs ?? 0) < BEGINNING_MS;
};
