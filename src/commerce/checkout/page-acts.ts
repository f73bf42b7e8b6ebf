// What a payer does at the page beside paying: choosing how many and how they are shipped, and giving up a
// question of their bank.

import type { Context, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { endAtProvider, goOn, isPayerAway, loadIntent } from '#payments/intents';
import { goOnSetup } from '#payments/setup';
import { asksHolder, isBusy, madeOf } from './made.ts';
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
  const made = await madeOf(context, scope, before);
  if (!isOpenAt(before, nowMs) || isBusy(before, made, nowMs) || asksHolder(made)) return;
  const after = takeChoices(before, said);
  const { writes } = writeSession(context, scope, { before, after, kinds: [], cause: null });
  await context.database.commit(scope, writes);
};

/** Where the payer was sent away it is ended there, unless they were faster. */
const giveUpPayment = async (context: Context, scope: Scope, intentId: Uuid): Promise<void> => {
  const intent = await loadIntent(context, scope, intentId);
  if (intent !== undefined && isPayerAway(intent)) {
    await endAtProvider(context, scope, intentId);
    return;
  }
  await goOn(context, scope, intentId, { ok: false });
};

/** The try has failed then, as it would have at the bank; another one may begin. */
export const giveUpAction = async (
  context: Context,
  scope: Scope,
  session: CheckoutSession,
): Promise<void> => {
  const { intentId, setupId } = session;
  if (intentId !== null) await giveUpPayment(context, scope, intentId);
  if (setupId !== null) await goOnSetup(context, scope, setupId, { ok: false });
};
