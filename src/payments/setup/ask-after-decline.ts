// A card's bank that wants its holder to be asked has said no to this attempt, and not to keeping the card:
// the attempt has failed, and another one begins with that question, as with payments. Whoever dies in
// between leaves a setup that a job ends as what it is by then, declined.

import { renderPaymentMethod } from '#cards/methods';
import { assert, present } from '#kit/assert';
import type { Context, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { type Asking, authenticate } from '#payments/intents';
import type { Outcome } from '#platform/http';
import type { JobKind } from '#platform/jobs';
import { answerOf } from './answer.ts';
import { asPayment, newAttempt } from './attempt.ts';
import { bankWantsHolder, failSetup } from './conclude-setup.ts';
import type { Confirming } from './confirm-setup.ts';
import { setupRequiresAction } from './events.ts';
import { methodOf } from './hear.ts';
import { LEFT_BEHIND_JOB, type Waiting } from './left-behind.ts';
import { insertAttempt, loadAttempts, loadSetup, updateAttempt } from './setup.store.ts';
import type { SetupAttempt, SetupIntent } from './setup-intent.ts';
import { setupListenersWrites } from './setup-listeners.ts';
import { next } from './setup-states.ts';
import { writeSetup } from './write-setup.ts';

export const askAfterDecline = async (
  context: Context,
  request: Asking,
  confirming: Confirming,
): Promise<Outcome> => {
  const { scope } = request;
  const { setup, method, shows } = confirming;
  const said = await authenticate(context, scope, {
    intent: asPayment(setup),
    method,
    offSession: false,
    isSetup: true,
    isInPage: confirming.useSdk,
    demandedBy: 'bank',
  });
  const waiting = await waitingOf(context, scope, setup.id, setup.attempts + 1);
  if (waiting !== null) {
    const after =
      said.ok || said.why === 'refused'
        ? await failed(context, scope, waiting, request.cause)
        : asked(context, request, { confirming, waiting, said });
    const commit = await context.database.commit(scope, [
      ...after.writes,
      ...(await request.conclude(answerOf({ method, ...after }, shows, scope.livemode))),
    ]);
    if (commit.ok) return { body: null, concluded: true };
  }
  const now = present(await loadSetup(context, scope, setup.id), 'The setup intent');
  return answerOf({ setup: now, method }, shows, scope.livemode);
};

type After = {
  readonly setup: SetupIntent;
  readonly attempt: SetupAttempt;
  readonly writes: readonly Write[];
};

/** Null: it was ended meanwhile. */
const waitingOf = async (
  context: Context,
  scope: Scope,
  id: Uuid,
  number: number,
): Promise<Waiting | null> => {
  const setup = await loadSetup(context, scope, id);
  const attemptId = setup?.latestAttemptId ?? null;
  if (setup?.status !== 'processing' || attemptId === null) return null;
  const attempt = (await loadAttempts(context, scope, [attemptId])).get(attemptId);
  return attempt?.attempt === number && attempt.status === 'processing' ? { setup, attempt } : null;
};

const asked = (
  context: Context,
  { scope, cause }: Asking,
  input: {
    readonly confirming: Confirming;
    readonly waiting: Waiting;
    readonly said: { readonly url: string; readonly id?: Uuid };
  },
): After => {
  const { confirming, waiting, said } = input;
  const { setup } = waiting;
  const shown = renderPaymentMethod(confirming.method, scope.livemode);
  const following = newAttempt(context, { ...confirming, setup }, 'requires_action', null);
  const written = writeSetup(context, scope, {
    before: setup,
    setup: {
      ...setup,
      status: present(next(setup.status, 'action_required'), 'A way to ask the holder'),
      attempts: following.attempt,
      latestAttemptId: following.id,
      authenticationId: said.id ?? null,
      nextAction: {
        url: said.url,
        returnUrl: setup.returnUrl,
        useSdk: confirming.useSdk || setup.returnUrl === null,
      },
    },
    kinds: [setupRequiresAction],
    cause,
  });
  const over = failSetup(waiting, bankWantsHolder(shown)).attempt;
  return {
    setup: written.setup,
    attempt: following,
    writes: [
      ...written.writes,
      updateAttempt(scope, { ...over, version: waiting.attempt.version + 1 }),
      insertAttempt(scope, following),
    ],
  };
};

/** Nobody can be asked. */
const failed = async (
  context: Context,
  scope: Scope,
  { setup, attempt }: Waiting,
  cause: Asking['cause'],
): Promise<After> => {
  const method = await methodOf(context, scope, setup.methodId);
  const shown = method === null ? null : renderPaymentMethod(method, scope.livemode);
  const decided = failSetup({ setup, attempt }, bankWantsHolder(shown));
  const { kinds } = decided;
  const written = writeSetup(context, scope, { before: setup, setup: decided.setup, kinds, cause });
  const ended = { ...decided.attempt, version: attempt.version + 1 };
  return {
    setup: written.setup,
    attempt: ended,
    writes: [
      ...written.writes,
      updateAttempt(scope, ended),
      ...(await setupListenersWrites(context, scope, { setup: written.setup, kinds, cause })),
    ],
  };
};

export const leftBehindJob: JobKind = {
  name: LEFT_BEHIND_JOB,
  run: async (context, { accountId, livemode, setup, attempt }) => {
    assert(typeof accountId === 'string' && typeof setup === 'string', 'Whose, and which');
    const scope = { accountId, livemode: livemode === true };
    const waiting = await waitingOf(context, scope, setup, Number(attempt));
    if (waiting === null) return;
    const { writes } = await failed(context, scope, waiting, null);
    // Whoever is faster has ended it as well.
    await context.database.commit(scope, writes);
  },
};
