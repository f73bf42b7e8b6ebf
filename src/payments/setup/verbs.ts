// Creating, updating, confirming and cancelling setup intents, as the API asks for it.

import { findCustomerNamed, keepingFor } from '#cards/customers';
import { spellMethod } from '#cards/methods';
import { present } from '#kit/assert';
import type { Context } from '#kit/context';
import { newUuid, spellBytes } from '#kit/ids';
import { acceptingNow } from '#payments/confirmation';
import {
  askingOf,
  refuseOptionsFromPage,
  refuseWithoutConfirm,
  relatedTo,
  type TakenMethod,
  takeMethod,
  undoing,
} from '#payments/intents';
import { lockTimeout, type Outcome, parametersUnknown, type TypedRequest } from '#platform/http';
import { answerOf } from './answer.ts';
import { applyParameters } from './apply-parameters.ts';
import { checkClientSecret, showsFor } from './client-secret.ts';
import { confirmSetup as confirm } from './confirm-setup.ts';
import { setupCanceled, setupCreated } from './events.ts';
import { findSetup } from './find-setup.ts';
import { methodOf } from './hear.ts';
import {
  cannotCancel,
  cannotConfirm,
  cannotUpdate,
  checkMethod,
  customerGone,
  methodMissing,
  refuseMade,
} from './refusals.ts';
import { renderSetup, SETUP } from './render-setup.ts';
import { loadAttempts, loadSetup, updateAttempt } from './setup.store.ts';
import { blankSetup, SECRET_BYTES, type SetupIntent } from './setup-intent.ts';
import {
  type cancelParameters,
  type confirmParameters,
  type createParameters,
  pageParameters,
  type updateParameters,
} from './setup-parameters.ts';
import { next } from './setup-states.ts';
import { writeSetup } from './write-setup.ts';

/** What says how to confirm, and would be dropped where nothing is confirmed. */
const ofConfirming = ['mandate_data', 'confirmation_token', 'return_url'] as const;

/** How often another request may be faster. */
const ROUNDS_MAX = 10;

export const createSetup = async (
  context: Context,
  request: TypedRequest<typeof createParameters>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  if (request.resumes !== null) return asItIs(context, request);
  refuseWithoutConfirm(asked, 'SetupIntent', ofConfirming);
  const customer =
    asked.customer === undefined
      ? null
      : await findCustomerNamed(context, scope, asked.customer, 'customer');
  const says =
    asked.automatic_payment_methods ??
    asked.payment_method_types ??
    asked.allowed_payment_method_types;
  const blank = blankSetup(newUuid(context), spellBytes(context.random.bytes(SECRET_BYTES)));
  const taken = await takeMethod(context, scope, asked, { prefix: SETUP, id: blank.id });
  const fresh: SetupIntent = {
    ...applyParameters(withBrought(blank, taken), asked, acceptingNow(context)),
    customerId: customer?.id ?? null,
    ...(says === undefined ? { automaticMethods: { allowRedirects: 'always' } as const } : {}),
  };
  return undoing(taken, async () => {
    if (asked.confirm !== true) return register(context, request, fresh, taken);
    if (taken === null) throw methodMissing(fresh, scope.livemode);
    const outcome = await confirm(context, askingOf(request), {
      before: null,
      setup: fresh,
      method: taken.method,
      methodWrites: taken.writes,
      undo: taken.undo,
      useSdk: asked.use_stripe_sdk === true,
      shows: renderSetup,
    });
    if (outcome === null) throw lockTimeout();
    return outcome;
  });
};

/** Of a confirmation token a setup takes where its payer goes back to, and what they agreed to. */
const withBrought = (setup: SetupIntent, taken: TakenMethod | null): SetupIntent => ({
  ...setup,
  returnUrl: taken?.brings?.return_url ?? setup.returnUrl,
  mandateData: taken?.mandate ?? agreedWith(setup, taken),
});

/** What was agreed to with an earlier call holds for the card of then. */
const agreedWith = (setup: SetupIntent, taken: TakenMethod | null): SetupIntent['mandateData'] =>
  taken === null || spellMethod(taken.method) === setup.methodId ? setup.mandateData : null;

const register = (
  context: Context,
  request: TypedRequest<typeof createParameters>,
  fresh: SetupIntent,
  taken: TakenMethod | null,
): Outcome => {
  if (taken !== null) checkMethod(fresh, taken.method);
  const { setup, writes } = writeSetup(context, request.scope, {
    before: null,
    setup:
      taken === null
        ? fresh
        : { ...fresh, methodId: spellMethod(taken.method), status: 'requires_confirmation' },
    kinds: [setupCreated],
    cause: request,
  });
  return {
    body: renderSetup(setup, request.scope.livemode),
    writes: [...(taken?.writes ?? []), ...writes],
    ...relatedTo(taken?.method, request.scope.livemode),
    ...(taken === null ? {} : { undo: taken.undo }),
  };
};

export const updateSetup = async (
  context: Context,
  request: TypedRequest<typeof updateParameters>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  const before = await findSetup(context, scope, request.path['setup'] ?? '');
  refuseMade(before, scope.livemode, 'update');
  refuseLateChange(before, asked, scope.livemode);
  const customer =
    asked.customer === undefined
      ? null
      : await findCustomerNamed(context, scope, asked.customer, 'customer');
  const taken = await takeMethod(context, scope, asked);
  return undoing(taken, async () => {
    const asks: SetupIntent = {
      ...applyParameters(before, asked, acceptingNow(context)),
      customerId: customer?.id ?? before.customerId,
    };
    const method = taken?.method ?? (await methodOf(context, scope, asks.methodId));
    if (method !== null && next(before.status, 'method_given') !== null) checkMethod(asks, method);
    const { setup, writes } = writeSetup(context, scope, {
      before,
      setup:
        taken === null
          ? asks
          : {
              ...asks,
              methodId: spellMethod(taken.method),
              mandateData: agreedWith(before, taken),
              nextAction: null,
              status: next(before.status, 'method_given') ?? before.status,
            },
      kinds: [],
      cause: request,
    });
    return {
      body: renderSetup(setup, scope.livemode),
      writes: [...(taken?.writes ?? []), ...writes],
      ...relatedTo(taken?.method, scope.livemode),
      ...(taken === null ? {} : { undo: taken.undo }),
    };
  });
};

/** Once a bank was asked, or nothing can follow any more, only what describes it may change. */
const refuseLateChange = (
  before: SetupIntent,
  asked: Readonly<Record<string, unknown>>,
  livemode: boolean,
): void => {
  if (next(before.status, 'method_given') !== null) return;
  const describing = new Set(['metadata', 'description']);
  const [name] = Object.keys(asked).filter((each) => !describing.has(each));
  if (name !== undefined) throw cannotUpdate(before, livemode, name);
};

export const confirmSetup = async (
  context: Context,
  request: TypedRequest<typeof confirmParameters>,
): Promise<Outcome> => {
  const { scope, principal, parameters: asked } = request;
  if (principal.kind === 'publishable') {
    const others = Object.keys(asked).filter((name) => !pageParameters.has(name));
    if (others.length > 0) throw parametersUnknown(others);
    refuseOptionsFromPage(asked.payment_method_options);
  }
  if (request.resumes !== null) return asItIs(context, request);
  const spelled = request.path['setup'] ?? '';
  const first = await findSetup(context, scope, spelled);
  checkClientSecret(principal, first, asked.client_secret);
  refuseMade(first, scope.livemode, 'confirm');
  if (next(first.status, 'sent') === null) throw cannotConfirm(first, scope.livemode);
  const taken = await takeMethod(context, scope, asked, { prefix: SETUP, id: first.id });
  return undoing(taken, async () => {
    for (let round = 1, before = first; round <= ROUNDS_MAX; round += 1) {
      if (next(before.status, 'sent') === null) throw cannotConfirm(before, scope.livemode);
      const method = taken?.method ?? (await methodOf(context, scope, before.methodId));
      if (method === null) throw methodMissing(before, scope.livemode);
      const { customerId } = before;
      if (customerId !== null && (await keepingFor(context, scope, customerId, method)) === null) {
        throw customerGone();
      }
      const outcome = await confirm(context, askingOf(request), {
        before,
        setup: applyParameters(withBrought(before, taken), asked, acceptingNow(context)),
        method,
        methodWrites: taken?.writes ?? [],
        undo: taken?.undo ?? (async () => {}),
        useSdk: asked.use_stripe_sdk === true,
        shows: showsFor(principal),
      });
      if (outcome !== null) return outcome;
      before = await findSetup(context, scope, spelled);
    }
    throw lockTimeout();
  });
};

/** What an earlier request began under this key and did not live to answer. */
const asItIs = async (
  context: Context,
  {
    scope,
    resumes,
    principal,
  }: Pick<TypedRequest<typeof confirmParameters>, 'scope' | 'resumes' | 'principal'>,
): Promise<Outcome> => {
  const setup = present(
    await loadSetup(context, scope, present(resumes, 'What was begun')),
    'The setup that was begun',
  );
  return answerOf({ setup, method: null }, showsFor(principal), scope.livemode);
};

export const cancelSetup = async (
  context: Context,
  request: TypedRequest<typeof cancelParameters>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  const before = await findSetup(context, scope, request.path['setup'] ?? '');
  refuseMade(before, scope.livemode, 'cancel');
  const status = next(before.status, 'canceled');
  if (status === null) throw cannotCancel(before, scope.livemode);
  const { setup, writes } = writeSetup(context, scope, {
    before,
    setup: {
      ...before,
      status,
      nextAction: null,
      cancellationReason: asked.cancellation_reason ?? null,
    },
    kinds: [setupCanceled],
    cause: request,
  });
  const waiting = before.status === 'requires_action' ? before.latestAttemptId : null;
  const attempt =
    waiting === null ? undefined : (await loadAttempts(context, scope, [waiting])).get(waiting);
  return {
    body: renderSetup(setup, scope.livemode),
    writes: [
      ...writes,
      ...(attempt === undefined
        ? []
        : [
            updateAttempt(scope, {
              ...attempt,
              status: 'abandoned',
              version: attempt.version + 1,
            }),
          ]),
    ],
  };
};
