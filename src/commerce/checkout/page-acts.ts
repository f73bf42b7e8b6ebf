// What a payer does at the page beside paying: choosing how many and how they are shipped, and giving up a
// question of their bank.

import type { Context, Scope } from '#kit/context';
import { goOn } from '#payments/intents';
import { intentOf, isBusy } from './confirm-session.ts';
import { type CheckoutSession, isOpenAt } from './session.ts';
import { type Said, takeChoices } from './take-answers.ts';
import { writeSession } from './write-session.ts';

/** What they saw is what they pay, so nothing changes while a payment may be alive. */
export const updateChoices = async (
  context: Context,
  scope: Scope,
  before: CheckoutSession,
  said: Said,
): Promise<void> => {
  const nowMs = context.clock.now();
  const intent = await intentOf(context, scope, before);
  if (!isOpenAt(before, nowMs) || isBusy(before, intent, nowMs)) return;
  if (intent?.status === 'requires_action') return;
  const after = takeChoices(before, said);
  const { writes } = writeSession(context, scope, { before, after, kinds: [], cause: null });
  await context.database.commit(scope, writes);
};

/** The try has failed then, as it would have at the bank; another one may begin. */
export const giveUpAction = async (
  context: Context,
  scope: Scope,
  session: CheckoutSession,
): Promise<void> => {
  if (session.intentId !== null) await goOn(context, scope, session.intentId, { ok: false });
};
