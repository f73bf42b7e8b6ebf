// The rails of a process that speaks with providers, from its start to its end.

import { join } from 'node:path';
import { provideDetachListeners } from '#cards/methods';
import { realClock, type Write } from '#kit/context';
import { provideMandates, providePaymentListeners } from '#payments/intents';
import { findMandate, provideSetupListeners } from '#payments/setup';
import { newRequestId, refuse, renderError, toJson } from '#platform/http';
import { answersToLost } from '#platform/idempotency';
import { leaveOutForgotten } from '#rails/acquiring';
import { type OpenRails, openRails, provideRails } from '#rails/connectors';
import { type SentLine, spellOperation } from '#rails/operations';
import {
  detachListeners,
  disputeListeners,
  operationListeners,
  paymentListeners,
  setupListeners,
} from '../modules.ts';
import type { Runtime } from '../runtime.ts';

/** Under the key of a call that the database has forgotten. */
const outcomeUnknown = refuse('payment_intent_outcome_unknown', {
  message:
    'Money was moved, or was to be moved, under this idempotency key, and the database knows nothing of it: it was put back to an earlier state. Nothing is done under it again. Its operator finds out at the provider what became of it; if nothing was paid, ask under another key.',
});

export const openGatewayRails = async (runtime: Runtime): Promise<OpenRails> => {
  const { context, settings, directory, masterSecret: master } = runtime;
  const rails = await openRails(context, {
    directory,
    master,
    journalFolder: join(settings.data, 'send-journal'),
    listeners: operationListeners,
    disputeListeners,
    isLiveSafe: () => runtime.live?.isSafe ?? true,
    answersLost: answersLostOf(runtime),
  });
  provideRails(context, rails);
  providePaymentListeners(context, paymentListeners);
  provideSetupListeners(context, setupListeners);
  provideMandates(context, findMandate);
  provideDetachListeners(context, detachListeners);
  return rails;
};

const answersLostOf = ({ context, settings, masterSecret }: Runtime) => {
  const answerTo = answersToLost(masterSecret);
  const publicUrl = settings.publicUrl || `http://localhost:${settings.port}`;
  const body = toJson(renderError(outcomeUnknown, { publicUrl }));
  return ({ asked, accountId, livemode }: SentLine): Write[] => {
    if (asked === undefined) return [];
    const requestId = newRequestId(context.random);
    const answer = { asked, requestId, status: outcomeUnknown.status, body };
    return [answerTo(context, { accountId, livemode }, answer)];
  };
};

/** Nobody lets a standby take over that is further behind, and a journal of months is read only at the start. */
const LOST_AT_MOST_MS = 24 * 60 * 60 * 1000;

/**
 * A database that came back from a backup has forgotten calls that were made since. Nobody may guess
 * what became of them: they are named, and a person looks at each with its provider.
 */
export const reportForgotten = async (
  { context }: Pick<Runtime, 'context'>,
  rails: OpenRails,
  takenOverAtMs = 0,
): Promise<void> => {
  const forgotten = await rails.forgotten(Math.max(0, takenOverAtMs - LOST_AT_MOST_MS));
  const lastAtMs = forgotten.reduce((last, { atMs }) => Math.max(last, atMs), takenOverAtMs);
  // Numbers that a process holds may be forgotten too, before any of them was sent.
  if (lastAtMs > 0) await leaveOutForgotten(context, lastAtMs);
  for (const { operationId, accountId, livemode } of forgotten) {
    context.log.error(
      { about: spellOperation(operationId), accountId, livemode },
      'A call that moves money was made, and the database knows nothing of it: was it restored from a backup?',
    );
  }
};

const LOOK_EVERY_MS = 3_000;
/**
 * Others have noticed it by then too, and said what the database has forgotten of theirs: one look that waits in vain for the
 * server before, the pause, one that finds the new one, and as long again for the journal.
 */
const WAITS_FOR_OTHERS_MS = 12_000;
/** All have noticed it within that, and one of them has left numbers out. */
const NOTICED_WITHIN_MS = 60_000;
const AGAIN_MS = 1_000;
/** A database that stands still answers nobody who is about to end. */
const STOP_LIMIT_MS = 1_000;

/**
 * Keeps an eye on which server leads, on a connection that is opened for it each time, and on what other processes have
 * found to be forgotten. When another server takes over nothing is sent until what that one has forgotten is known.
 */
export const watchDatabase = (
  { context, fence }: Pick<Runtime, 'context' | 'fence'>,
  rails: OpenRails,
): { stop(): Promise<void> } => {
  const ending = new AbortController();
  const { signal } = ending;

  const hear = (): Promise<void> => context.database.apart((tx) => rails.hearOfForgotten(tx));
  const look = async (goOn: () => void): Promise<void> => {
    const othersKnow = context.clock.sleep(WAITS_FOR_OTHERS_MS, signal);
    while (!signal.aborted) {
      try {
        await reportForgotten(
          { context },
          rails,
          realClock(context.clock).now() - NOTICED_WITHIN_MS,
        );
        await othersKnow;
        await hear();
        goOn();
        return;
      } catch (error) {
        context.log.warn({ error }, 'What the database has forgotten cannot be told yet');
        await context.clock.sleep(AGAIN_MS, signal);
      }
    }
  };
  let looking = Promise.resolve();
  fence.onTakeOver(() => {
    const goOn = rails.hold();
    looking = looking.then(() => look(goOn));
  });

  const keepLooking = async (): Promise<void> => {
    while (!signal.aborted) {
      await context.clock.sleep(LOOK_EVERY_MS, signal);
      if (signal.aborted) return;
      // A database that does not answer is told of where it is missed.
      await hear().catch(() => {});
    }
  };
  const watching = keepLooking();
  return {
    stop: async () => {
      ending.abort();
      const ended = new AbortController();
      await Promise.race([
        Promise.all([watching, looking]),
        context.clock.sleep(STOP_LIMIT_MS, ended.signal),
      ]);
      ended.abort();
    },
  };
};
