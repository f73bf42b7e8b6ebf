// While a payer is at a page that is not ours: their provider is asked what came of it when they are back, and
// the payment is ended there when they, or their merchant, want it no more. Whatever is learned comes in by the
// one way by which everything is learned of a payment.

import { present } from '#kit/assert';
import type { Context, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { railsOf } from '#rails/connectors';
import { isFinished, loadOfIntent } from '#rails/operations';
import { loadIntent } from './intents.store.ts';
import type { PaymentIntent } from './payment-intent.ts';

/** Its provider waits for the payer, and may still take the money. */
export const isPayerAway = ({ status, doing }: Pick<PaymentIntent, 'status' | 'doing'>): boolean =>
  status === 'requires_action' && doing === 'payment';

/** Where the provider lags a moment behind its own page. */
const ROUNDS = 3;
const PAUSE_MS = 700;

/** As it is once the provider was asked; one that cannot be asked now is asked by the resolver. */
export const askAfterReturn = async (
  context: Context,
  scope: Scope,
  intentId: Uuid,
): Promise<PaymentIntent | undefined> => {
  for (let round = 1; round <= ROUNDS; round += 1) {
    const intent = await loadIntent(context, scope, intentId);
    if (intent?.doing !== 'payment') return intent;
    const operation = await aliveOf(context, scope, intentId);
    if (operation === null) return intent;
    await railsOf(context).askNow(context, scope, operation);
    const now = present(await loadIntent(context, scope, intentId), 'The payment');
    if (!isPayerAway(now) || round === ROUNDS) return now;
    await context.clock.sleep(PAUSE_MS, new AbortController().signal);
  }
  return undefined;
};

/** The payment has failed then, unless its payer was faster. */
export const endAtProvider = async (
  context: Context,
  scope: Scope,
  intentId: Uuid,
): Promise<PaymentIntent> => {
  const operation = await aliveOf(context, scope, intentId);
  if (operation !== null) await railsOf(context).abandon(context, scope, operation);
  return present(await loadIntent(context, scope, intentId), 'The payment');
};

const aliveOf = async (context: Context, scope: Scope, intentId: Uuid): Promise<Uuid | null> => {
  const operations = await loadOfIntent(context, scope, intentId);
  const payments = operations.filter(({ kind }) => kind === 'sale' || kind === 'authorize');
  return payments.findLast(({ state }) => !isFinished(state))?.id ?? null;
};
