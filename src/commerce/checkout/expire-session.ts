// The end of a session that was not paid: by its merchant, or by the clock. What it made ends in the same
// transaction. Where nobody knows yet whether a bank said yes, the payment keeps the wish: should a yes come
// after all, its money goes back by itself.

import type { Context, Write } from '#kit/context';
import { type Asking, askingOf, cancelIntent } from '#payments/intents';
import { abandonSetup } from '#payments/setup';
import { type ApiRequest, lockTimeout, type Outcome } from '#platform/http';
import { sessionExpired } from './events.ts';
import { findSession } from './find-session.ts';
import { madeOf } from './made.ts';
import { onlyOpenExpires } from './refusals.ts';
import { answerWith } from './render-session.ts';
import type { CheckoutSession } from './session.ts';
import { RECOVERY_MS } from './view-of.ts';
import { writeSession } from './write-session.ts';

export const expireSession = async (
  context: Context,
  request: Omit<ApiRequest, 'parameters'>,
): Promise<Outcome> => {
  const { scope } = request;
  const before = await findSession(context, scope, request.path['session'] ?? '');
  if (before.status !== 'open') throw onlyOpenExpires(before.status);
  const ended = await endSession(context, askingOf(request), before);
  if (ended === null) throw lockTimeout();
  return { ...answerWith(ended.session, scope, request.expand), writes: ended.writes };
};

/** Null: what it made is at a point where it cannot be ended just now. */
export const endSession = async (
  context: Context,
  asking: Asking,
  before: CheckoutSession,
): Promise<{
  readonly session: CheckoutSession;
  readonly writes: readonly Write[];
} | null> => {
  const ended = await endMade(context, asking, before);
  if (ended === null) return null;
  const { session, writes } = writeSession(context, asking.scope, {
    before,
    after: {
      ...before,
      status: 'expired',
      hasPlace: false,
      dueAtMs: null,
      recoverUntilMs: before.recovery?.enabled === true ? context.clock.now() + RECOVERY_MS : null,
    },
    kinds: [sessionExpired],
    cause: asking.cause,
  });
  return { session, writes: [...ended, ...writes] };
};

const endMade = async (
  context: Context,
  asking: Asking,
  session: CheckoutSession,
): Promise<readonly Write[] | null> => {
  const { intent, setup } = await madeOf(context, asking.scope, session);
  if (setup !== null) {
    return setup.status === 'canceled' ? [] : abandonSetup(context, asking, setup);
  }
  if (intent === null || intent.status === 'canceled') return [];
  const outcome = await cancelIntent(context, asking, intent, 'abandoned');
  return outcome === null ? null : (outcome.writes ?? []);
};
