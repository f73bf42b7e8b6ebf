// Confirming a setup intent: the card's holder is asked where they have to be, then the card's bank whether
// the card is good, for no amount. Two commits, as with payments: what is begun, and what was learned.

import { type PaymentMethod, renderPaymentMethod, spellMethod } from '#cards/methods';
import type { Authentication } from '#cards/three-ds';
import { present } from '#kit/assert';
import type { Context, Write } from '#kit/context';
import { newUuid, type Uuid } from '#kit/ids';
import { failureOf } from '#payments/charges';
import {
  type Asking,
  askingWith,
  authenticate,
  type LastError,
  lastErrorOf,
  methodOf as methodForRails,
  nobodyTakes,
  screenPayer,
  tellingFor,
  toldWith,
  useProof,
} from '#payments/intents';
import { ApiError, type Outcome } from '#platform/http';
import { railsOf } from '#rails/connectors';
import type { Change } from '#rails/operations';
import { answerOf, relatedOf } from './answer.ts';
import { askAfterDecline } from './ask-after-decline.ts';
import { asPayment, CURRENCY, newAttempt, proofOf } from './attempt.ts';
import type { Shows } from './client-secret.ts';
import { authenticationFailed, failSetup } from './conclude-setup.ts';
import { setupCreated, setupRequiresAction } from './events.ts';
import { conclusionOf, whileSending } from './hear.ts';
import { checkMethod, triedTooOften } from './refusals.ts';
import { insertAttempt, loadSetup, updateAttempt } from './setup.store.ts';
import type { SetupAttempt, SetupIntent } from './setup-intent.ts';
import { setupListenersWrites } from './setup-listeners.ts';
import { next } from './setup-states.ts';
import { writeSetup } from './write-setup.ts';

export type Confirming = {
  readonly before: SetupIntent | null;
  /** With everything that was asked already applied. */
  readonly setup: SetupIntent;
  readonly method: PaymentMethod;
  readonly methodWrites: readonly Write[];
  readonly undo: () => Promise<void>;
  readonly useSdk: boolean;
  readonly shows: Shows;
  /** The attempt whose payer has come back; null where a new one begins. */
  readonly waiting: SetupAttempt | null;
};

/** Null: another request was faster, and everything is to be read and decided anew. */
export const confirmSetup = async (
  context: Context,
  request: Asking,
  given: Omit<Confirming, 'waiting'>,
): Promise<Outcome | null> => {
  const { method } = given;
  checkMethod(given.setup, method);
  const { intent, screening } = await screenPayer(context, request.scope, {
    intent: given.setup,
    method,
    tooOften: triedTooOften,
    shown: () =>
      given.before === null
        ? {}
        : { setup_intent: given.shows(given.before, request.scope.livemode) },
  });
  const confirming: Confirming = {
    ...given,
    waiting: null,
    setup: {
      ...intent,
      methodId: spellMethod(method),
      status: next(intent.status, 'method_given') ?? intent.status,
    },
  };
  const telling = tellingFor(context, screening?.isSuspect === true);
  const asking = screening === null ? request : askingWith(request, telling);
  const outcome =
    screening?.isBlocked === true
      ? await refuse(context, asking, confirming, blocked(confirming, request.scope.livemode))
      : await begin(context, asking, confirming, screening?.mustAuthenticate === true);
  return outcome === null ? null : toldWith(outcome, telling);
};

const blocked = ({ method }: Confirming, livemode: boolean): LastError =>
  lastErrorOf(failureOf('fraudulent', null), renderPaymentMethod(method, livemode), null);

const begin = async (
  context: Context,
  request: Asking,
  confirming: Confirming,
  isDemanded: boolean,
): Promise<Outcome | null> => {
  const { setup, method } = confirming;
  const said = await authenticate(context, request.scope, {
    intent: asPayment(setup),
    method,
    offSession: false,
    isSetup: true,
    isInPage: confirming.useSdk,
    demandedBy: bankWantedProof(setup) ? 'bank' : isDemanded ? 'defence' : null,
  });
  if (said.ok) return verify(context, request, confirming, said);
  if (said.why === 'challenge') return askPayer(context, request, confirming, said);
  const shown = renderPaymentMethod(method, request.scope.livemode);
  return refuse(context, request, confirming, authenticationFailed(shown));
};

/** The last try ended with the bank's wish that the holder be asked: the next one begins with that. */
const bankWantedProof = ({ lastError }: SetupIntent): boolean =>
  lastError?.code === 'authentication_required';

const attemptWrite = (
  { scope }: Asking,
  waiting: SetupAttempt | null,
  attempt: SetupAttempt,
): Write =>
  waiting === null
    ? insertAttempt(scope, attempt)
    : updateAttempt(scope, { ...attempt, version: waiting.version + 1 });

const createdKinds = (before: SetupIntent | null) => (before === null ? [setupCreated] : []);

const askPayer = (
  context: Context,
  request: Asking,
  confirming: Confirming,
  { url, id = null }: { readonly url: string; readonly id?: Uuid | null },
): Outcome => {
  const { before, setup, method, methodWrites, undo, useSdk, shows } = confirming;
  const attempt = newAttempt(context, confirming, 'requires_action', null);
  const written = writeSetup(context, request.scope, {
    before,
    setup: {
      ...setup,
      status: next(setup.status, 'action_required') ?? setup.status,
      attempts: attempt.attempt,
      latestAttemptId: attempt.id,
      lastError: null,
      authenticationId: id,
      nextAction: {
        url,
        returnUrl: setup.returnUrl,
        useSdk: useSdk || setup.returnUrl === null,
      },
    },
    kinds: [...createdKinds(before), setupRequiresAction],
    cause: request.cause,
  });
  return {
    body: shows(written.setup, request.scope.livemode),
    writes: [...methodWrites, ...written.writes, insertAttempt(request.scope, attempt)],
    related: relatedOf({ method, attempt }, request.scope.livemode),
    undo,
  };
};

/** The holder did not pass: no bank was asked. */
export const refuse = async (
  context: Context,
  request: Asking,
  confirming: Confirming,
  error: LastError,
): Promise<Outcome> => {
  const { before, setup, method, methodWrites, undo, shows, waiting } = confirming;
  const { livemode } = request.scope;
  const attempt = waiting ?? newAttempt(context, confirming, 'failed', null);
  const decided = failSetup({ setup, attempt }, error);
  const written = writeSetup(context, request.scope, {
    before,
    setup: { ...decided.setup, attempts: attempt.attempt, latestAttemptId: attempt.id },
    kinds: [...createdKinds(before), ...decided.kinds],
    cause: request.cause,
  });
  const { code, message } = error;
  return {
    body: new ApiError(402, message, {
      code: String(code),
      type: 'card_error',
      setup_intent: shows(written.setup, livemode),
      payment_method: renderPaymentMethod(method, livemode),
    }),
    writes: [
      ...methodWrites,
      ...written.writes,
      attemptWrite(request, waiting, decided.attempt),
      ...(await setupListenersWrites(context, request.scope, {
        setup: written.setup,
        kinds: decided.kinds,
        cause: request.cause,
      })),
    ],
    undo,
  };
};

export const verify = async (
  context: Context,
  request: Asking,
  confirming: Confirming,
  given: { readonly authentication: Authentication | null; readonly authenticationId?: Uuid },
): Promise<Outcome | null> => {
  const { scope } = request;
  const { before, setup, method, methodWrites, shows, waiting } = confirming;
  const [candidate] = await railsOf(context).candidates(scope, {
    operation: 'verify',
    method: method.type,
    ...(method.card === null ? {} : { brand: method.card.brand }),
    currency: CURRENCY,
  });
  if (candidate === undefined) throw nobodyTakes(method.type, CURRENCY);
  const operationId = newUuid(context);
  const { authenticationId } = given;
  const proven =
    authenticationId === undefined
      ? { authentication: given.authentication, writes: [] }
      : await useProof(context, scope, {
          intent: asPayment(setup),
          method,
          at: candidate,
          operationId,
          authenticationId,
        });
  const { authentication } = proven;
  const attempt: SetupAttempt =
    waiting === null
      ? newAttempt(context, confirming, 'processing', authentication)
      : { ...waiting, status: 'processing', threeDSecure: proofOf(authentication) };
  const begun = writeSetup(context, scope, {
    before,
    setup: {
      ...setup,
      status: next(setup.status, 'sent') ?? setup.status,
      attempts: attempt.attempt,
      latestAttemptId: attempt.id,
      lastError: null,
      nextAction: null,
    },
    kinds: createdKinds(before),
    cause: request.cause,
  });
  let last: Change | null = null;
  let asks = false as boolean;
  const send = () =>
    railsOf(context).send(context, scope, {
      id: operationId,
      connectorAccountId: candidate.connectorAccountId,
      candidate,
      kind: 'verify',
      intentId: setup.id,
      ordinal: 1,
      attempt: attempt.attempt,
      amount: 0n,
      currency: CURRENCY,
      request: requestOf(setup, method, authentication),
      intent: [
        ...request.claim(setup.id),
        ...proven.writes,
        ...methodWrites,
        ...begun.writes,
        attemptWrite(request, waiting, attempt),
      ],
      writes: async (change) => {
        last = change;
        const known = await conclusionOf(context, scope, change);
        const answered = present(known, 'The setup of this operation');
        asks = answered.isAsked;
        if (asks) return [];
        return request.conclude(answerOf(answered, shows, scope.livemode));
      },
    });
  const sent = await whileSending(
    context,
    { of: operationId, which: 'verify' },
    { cause: request.cause, mayAsk: waiting === null && authentication === null },
    send,
  );
  request.claimed(sent);
  if (!sent.ok) return null;
  const learned = last as Change | null;
  if (learned !== null && learned.after.version === sent.operation.version) {
    if (asks) return askAfterDecline(context, request, confirming);
    return { body: null, concluded: true };
  }
  const now = present(await loadSetup(context, scope, setup.id), 'The setup intent');
  return answerOf({ setup: now, method }, shows, scope.livemode);
};

const requestOf = (
  setup: SetupIntent,
  method: PaymentMethod,
  authentication: Authentication | null,
) => ({
  method: methodForRails(method),
  initiator: 'payer' as const,
  credential: 'first' as const,
  firstNetworkTransactionId: null,
  authentication,
  descriptor: '',
  description: setup.description,
  billing: {
    name: method.billing.name,
    email: method.billing.email,
    line1: method.billing.address.line1,
    postalCode: method.billing.address.postal_code,
    country: method.billing.address.country,
  },
  payer: null,
  returnUrl: setup.returnUrl,
});
