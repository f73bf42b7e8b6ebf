// Confirming, whoever asks for it: at creation, by a call of its own, or when the payer has come back from
// being asked who they are. Decides what comes first: a question to the card's holder, or the attempt.

import { type PaymentMethod, renderPaymentMethod, spellMethod, wayToPay } from '#cards/methods';
import type { Context, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { actionNotHandled, errorFieldsOf, expectMovement, failureOf } from '#payments/charges';
import { ApiError, errorCodes, type Outcome } from '#platform/http';
import { type Accounts, railsOf } from '#rails/connectors';
import { withoutAgreement } from './agreed-mandate.ts';
import type { Shows } from './answer.ts';
import { isAskingWanted } from './ask-holder.ts';
import { type Asking, askingWith, tellingFor, toldWith } from './asking.ts';
import { authenticate } from './authenticate.ts';
import { intentCreated, intentFailed, intentRequiresAction } from './events.ts';
import { next } from './intent-states.ts';
import { lastErrorOf } from './last-error.ts';
import { writePayment } from './payment.ts';
import type { PaymentIntent } from './payment-intent.ts';
import { paymentListenersWrites } from './payment-listeners.ts';
import { offSessionWithFutureUsage } from './refusals.ts';
import { screenPayer } from './screen-payer.ts';
import { sendAttempt } from './send-attempt.ts';
import { checkMethod, relatedTo } from './take-method.ts';
import { checkWay, checkWayBack } from './ways-of-intent.ts';

export type Confirmation = {
  readonly before: PaymentIntent | null;
  /** With everything that was asked already applied. */
  readonly intent: PaymentIntent;
  readonly method: PaymentMethod;
  readonly methodWrites: readonly Write[];
  readonly undo: () => Promise<void>;
  readonly offSession: boolean;
  readonly isRecurring: boolean;
  readonly errorOnAction: boolean;
  readonly useSdk: boolean;
  readonly shows: Shows;
  /** Where they were read ahead, with what the request names. */
  readonly accounts?: Accounts;
};

/** Null: another request was faster, and everything is to be read and decided anew. */
export const confirmPayment = async (
  context: Context,
  request: Asking,
  confirmation: Confirmation,
): Promise<Outcome | null> => {
  const { method, offSession } = confirmation;
  checkMethod(confirmation.intent, method);
  checkWay(confirmation.intent, method, { offSession });
  checkWayBack(confirmation.intent, method);
  if (offSession && confirmation.intent.setupFutureUsage !== null) {
    throw offSessionWithFutureUsage();
  }
  const accounts = confirmation.accounts ?? readForPayment(context, request.scope);
  const { intent, screening } = await screenPayer(context, request.scope, {
    ...confirmation,
    shown: () =>
      confirmation.before === null || confirmation.before.isDirect
        ? {}
        : { payment_intent: confirmation.shows(confirmation.before, request.scope.livemode) },
  });
  const telling = tellingFor(context, screening?.isSuspect === true);
  const asking = screening === null ? request : askingWith(request, telling);
  const given = {
    ...confirmation,
    accounts,
    intent: {
      ...withoutMethodType(intent),
      methodId: spellMethod(method),
      ...(method.type === 'card' ? {} : { methodType: method.type }),
      status: next(intent.status, 'method_given') ?? intent.status,
    },
  };
  const outcome =
    screening?.isBlocked === true
      ? await refuseConfirmation(context, asking, given, 'fraudulent')
      : await begin(context, asking, given, screening?.mustAuthenticate === true);
  return outcome === null ? null : toldWith(outcome, telling);
};

/** What every payment needs, whoever pays: to be asked for with the first that is read. */
export const readForPayment = (context: Context, scope: Scope): Accounts => {
  expectMovement(context, scope);
  return railsOf(context).accounts(scope);
};

/** What was tried before is nothing to what is tried now. */
const withoutMethodType = (intent: PaymentIntent): PaymentIntent => {
  if (intent.methodType === undefined) return intent;
  const { methodType: _before, ...rest } = intent;
  return rest;
};

const begin = async (
  context: Context,
  request: Asking,
  confirmation: Confirmation,
  isDemanded: boolean,
): Promise<Outcome | null> => {
  const { intent, method, offSession, accounts } = confirmation;
  // Known without asking anybody: such a payer is always sent away.
  if (confirmation.errorOnAction && wayToPay(method.type)?.isRedirect === true) {
    return refuseConfirmation(context, request, confirmation, 'authentication_not_handled');
  }
  const proven = provenBy(confirmation);
  if (proven !== null) {
    return sendAttempt(context, request, {
      ...confirmation,
      authentication: null,
      authenticationId: proven,
      // Should the proof not fit any more, its holder is asked anew.
      mayAsk: !offSession && !confirmation.errorOnAction,
      mayClaim: false,
    });
  }
  const said = await authenticate(context, request.scope, {
    intent,
    method,
    offSession,
    demandedBy: isDemanded ? 'defence' : null,
    mayAct: !confirmation.errorOnAction,
    isInPage: confirmation.useSdk,
    ...(accounts === undefined ? {} : { accounts }),
  });
  if (said.ok) {
    return sendAttempt(context, request, {
      ...confirmation,
      authentication: said.authentication,
      mayAsk: !offSession && !confirmation.errorOnAction,
      mayClaim: !isDemanded && !isAskingWanted(intent),
    });
  }
  if (said.why === 'refused') {
    return refuseConfirmation(
      context,
      request,
      confirmation,
      'payment_intent_authentication_failure',
    );
  }
  if (offSession || intent.isDirect) {
    return refuseConfirmation(context, request, confirmation, 'authentication_required');
  }
  if (confirmation.errorOnAction) {
    return refuseConfirmation(context, request, confirmation, 'authentication_not_handled');
  }
  return askPayer(context, request, confirmation, said);
};

/** The holder of this card has agreed, and the merchant confirms by hand: this is the second time. */
export const provenBy = ({
  before,
  intent,
}: Pick<Confirmation, 'before' | 'intent'>): Uuid | null =>
  before?.status === 'requires_confirmation' &&
  before.confirmationMethod === 'manual' &&
  before.methodId === intent.methodId
    ? before.authenticationId
    : null;

const askPayer = (
  context: Context,
  request: Asking,
  { before, intent, method, methodWrites, undo, useSdk, shows }: Confirmation,
  { url, id = null }: { readonly url: string; readonly id?: Uuid | null },
): Outcome => {
  const { returnUrl } = intent;
  const written = writePayment(
    context,
    request.scope,
    {
      before: { intent: before, charge: null },
      intent: {
        ...intent,
        status: next(intent.status, 'action_required') ?? intent.status,
        doing: null,
        lastError: null,
        authenticationId: id,
        nextAction: { url, returnUrl, useSdk: useSdk || returnUrl === null },
      },
      charge: null,
      kinds: [...(before === null ? [intentCreated] : []), intentRequiresAction],
    },
    request.cause,
  );
  return {
    body: shows(written.intent, request.scope.livemode),
    writes: [...methodWrites, ...written.writes],
    ...relatedTo(method, request.scope.livemode),
    undo,
  };
};

/** The holder would have to be asked and is not there, or did not pass: no provider was called. */
export const refuseConfirmation = async (
  context: Context,
  request: Asking,
  { before, intent, method, methodWrites, undo, shows }: Confirmation,
  reason: string,
): Promise<Outcome> => {
  const { livemode } = request.scope;
  const failure =
    reason === 'authentication_not_handled' ? actionNotHandled(null) : failureOf(reason, null);
  const shownMethod = renderPaymentMethod(method, livemode);
  const written = writePayment(
    context,
    request.scope,
    {
      before: { intent: before, charge: null },
      intent: {
        ...withoutAgreement(intent),
        status: next(intent.status, 'failed') ?? intent.status,
        methodId: null,
        nextAction: null,
        lastError: lastErrorOf(failure, shownMethod, null),
      },
      charge: null,
      kinds: [...(before === null ? [intentCreated] : []), intentFailed],
    },
    request.cause,
  );
  return {
    body: new ApiError(errorCodes[failure.code].status, failure.message, {
      ...errorFieldsOf(failure),
      type: 'card_error',
      payment_intent: shows(written.intent, livemode),
      payment_method: shownMethod,
    }),
    writes: [
      ...methodWrites,
      ...written.writes,
      ...(await paymentListenersWrites(context, request.scope, {
        intent: written.intent,
        charge: null,
        kinds: [intentFailed],
        isTakenOn: false,
        cause: request.cause,
      })),
    ],
    undo,
  };
};
