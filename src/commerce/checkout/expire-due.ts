// Sessions end by the clock. One whose payment may still be alive at a provider waits until that is known:
// a yes that comes then completes it, and nobody who paid is told that they were too late.

import type { Context, Scope } from '#kit/context';
import { spellId } from '#kit/ids';
import { askingByItself, isPayerAway } from '#payments/intents';
import type { Due } from '#platform/db';
import { lookAtEach } from '#platform/jobs';
import { endSession } from './expire-session.ts';
import { isBusy, madeOf } from './made.ts';
import type { CheckoutSession } from './session.ts';
import { loadDue, loadSession } from './sessions.store.ts';
import { writeSession } from './write-session.ts';

const AT_ONCE = 50;
const LATER_MS = 60_000;

/** Without what only its payer and merchant know. */
const spell = ({ scope, id }: Due): string => spellId(scope.livemode ? 'cs_live' : 'cs_test', id);

/** A round of the worker; says at how many it looked. */
export const expireDueSessions = lookAtEach<Due>({
  atOnce: AT_ONCE,
  find: (context, atMost, butOf) =>
    context.database.system((tx) => loadDue(tx, context.clock.now(), atMost, butOf)),
  spell,
  look: async (context, { scope, id }) => {
    const session = await loadSession(context, scope, id);
    const dueAtMs = session?.dueAtMs ?? null;
    if (session === undefined || dueAtMs === null || dueAtMs > context.clock.now()) return false;
    // One that fails does not keep the others waiting, and is looked at again later.
    try {
      await lookAt(context, scope, session);
    } catch (error) {
      context.log.error(
        { about: spell({ scope, id }), error },
        'A checkout session that was due could not be ended for now',
      );
      await later(context, scope, session);
    }
    return true;
  },
});

const lookAt = async (context: Context, scope: Scope, session: CheckoutSession): Promise<void> => {
  const made = await madeOf(context, scope, session);
  // Whoever is at a bank's page is ended there; who was faster has paid, or gets the money back.
  const isAway = made.intent !== null && isPayerAway(made.intent);
  if (!isAway && isBusy(session, made, context.clock.now())) {
    await later(context, scope, session);
    return;
  }
  const ended = await endSession(context, askingByItself(scope), session);
  if (ended !== null) await context.database.commit(scope, ended.writes);
};

const later = async (context: Context, scope: Scope, before: CheckoutSession): Promise<void> => {
  const { writes } = writeSession(context, scope, {
    before,
    after: { ...before, dueAtMs: context.clock.now() + LATER_MS },
    kinds: [],
    cause: null,
  });
  await context.database.commit(scope, writes);
};
