// What comes due of payments although nobody asks: an authorization ends by time, an attempt was left
// behind between two candidates by a process that died.

import type { Context, Scope } from '#kit/context';
import { spellId } from '#kit/ids';
import { INTENT, loadCharge } from '#payments/charges';
import type { Due } from '#platform/db';
import { lookAtEach } from '#platform/jobs';
import { loadKnown, loadOfIntent } from '#rails/operations';
import { askingByItself } from './asking.ts';
import { cancel } from './cancel-intent.ts';
import { writesOfEnd } from './end-released.ts';
import { concludeAgain } from './hear-again.ts';
import { loadDue, loadIntent, updateIntent } from './intents.store.ts';
import { endAtProvider, isPayerAway } from './payer-away.ts';
import type { PaymentIntent } from './payment-intent.ts';
import { isHeldToTake, takeLeftHeld } from './take-held.ts';

const AT_ONCE = 20;

/** A round of the worker; says at how many it looked. */
export const lookAfterDue = lookAtEach<Due>({
  atOnce: AT_ONCE,
  find: (context, atMost, butOf) =>
    context.database.system((tx) => loadDue(tx, context.clock.now(), atMost, butOf)),
  spell: ({ id }) => spellId(INTENT, id),
  look: async (context, { scope, id }) => {
    const intent = await loadIntent(context, scope, id);
    const dueAtMs = intent?.dueAtMs ?? null;
    if (intent === undefined || dueAtMs === null || dueAtMs > context.clock.now()) return false;
    // One that fails does not keep the others waiting, and is looked at again later.
    try {
      await lookAfter(context, scope, intent);
    } catch (error) {
      context.log.error(
        { about: spellId(INTENT, id), error },
        'A payment that was due could not be looked after for now',
      );
      await later(context, scope, intent);
    }
    return true;
  },
});

const lookAfter = (context: Context, scope: Scope, intent: PaymentIntent): Promise<unknown> => {
  if (intent.status === 'requires_capture') return expire(context, scope, intent);
  if (isPayerAway(intent)) return endAway(context, scope, intent);
  if (intent.doing === 'payment') return endLeftBehind(context, scope, intent);
  if (isHeldToTake(intent)) return takeLeftHeld(context, scope, intent);
  if (intent.doing === 'void') return endReleased(context, scope, intent);
  return later(context, scope, intent, null);
};

/** Released at the bank too, where it may be held a little longer. */
const expire = async (context: Context, scope: Scope, intent: PaymentIntent): Promise<void> => {
  const outcome = await cancel(context, askingByItself(scope), intent, 'expired');
  if (outcome?.writes !== undefined) await context.database.commit(scope, outcome.writes);
  // Where the bank would not hear of it, or could not be asked at all, it is asked again later.
  const now = await loadIntent(context, scope, intent.id);
  if (now?.status === 'requires_capture') await later(context, scope, now);
};

/** What it let go of is gone, and nobody ended it: an earlier version did not. */
const endReleased = async (
  context: Context,
  scope: Scope,
  intent: PaymentIntent,
): Promise<void> => {
  const charge = await loadCharge(context, scope, intent.latestChargeId ?? '');
  const isOver = charge?.isCaptureOver === true && charge.capturing === 0n;
  if (!isOver || charge.isUnwanted) return later(context, scope, intent, null);
  await context.database.commit(
    scope,
    writesOfEnd(context, scope, { intent, charge }, null).writes,
  );
};

/** Nobody came back, and the provider never gave up by itself. */
const endAway = async (context: Context, scope: Scope, intent: PaymentIntent): Promise<void> => {
  const now = await endAtProvider(context, scope, intent.id);
  if (isPayerAway(now)) await later(context, scope, now);
};

/** A no is left open for as long as its holder's bank is being asked. */
const endsAnAttempt: ReadonlySet<string> = new Set(['not_sent', 'declined']);

/** Nothing of it is alive: the last candidate that was asked was provably never reached. */
const endLeftBehind = async (
  context: Context,
  scope: Scope,
  intent: PaymentIntent,
): Promise<void> => {
  const operations = await loadOfIntent(context, scope, intent.id);
  const last = operations.filter(({ kind }) => kind === 'sale' || kind === 'authorize').at(-1);
  const known = last && (await loadKnown(context, scope, last.id));
  if (known === undefined || !endsAnAttempt.has(known.operation.state)) {
    await later(context, scope, intent, null);
    return;
  }
  await concludeAgain(context, scope, known);
};

const LATER_MS = 600_000;

const later = async (
  context: Context,
  scope: Scope,
  intent: PaymentIntent,
  delayMs: number | null = LATER_MS,
): Promise<void> => {
  const dueAtMs = delayMs === null ? null : context.clock.now() + delayMs;
  await context.database.commit(scope, [
    updateIntent(scope, { ...intent, version: intent.version + 1, dueAtMs }),
  ]);
};
