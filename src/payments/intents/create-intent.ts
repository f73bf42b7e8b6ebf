import { findCustomerNamed } from '#cards/customers';
import { spellMethod } from '#cards/methods';
import type { Context } from '#kit/context';
import { newUuid, spellBytes } from '#kit/ids';
import { INTENT } from '#payments/charges';
import { ApiError, lockTimeout, type Outcome, type TypedRequest } from '#platform/http';
import { railsOf } from '#rails/connectors';
import { applyParameters } from './apply-parameters.ts';
import { asItIs } from './as-it-is.ts';
import { askingOf } from './asking.ts';
import { confirmPayment } from './confirm-payment.ts';
import { intentCreated } from './events.ts';
import type { createParameters } from './intent-parameters.ts';
import { loadIntentOfOrder } from './intents.store.ts';
import { writePayment } from './payment.ts';
import { blankIntent, type PaymentIntent } from './payment-intent.ts';
import { methodMissingToConfirm, orderIsAnothers } from './refusals.ts';
import { renderIntent } from './render-intent.ts';
import { checkMethod, type TakenMethod, takeMethod } from './take-method.ts';
import { checkWay, withTypes } from './ways-of-intent.ts';

export const createIntent = async (
  context: Context,
  request: TypedRequest<typeof createParameters>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  if (request.resumes !== null) return asItIs(context, scope, request.resumes, renderIntent);

  refuseWithoutConfirm(asked, 'PaymentIntent', ofConfirming);
  const registered = await registeredBefore(context, request);
  if (registered !== null) return registered;
  const offered = offeredTo(context, request);
  const blank = await newIntent(context, request);
  const taken = await takeMethod(context, scope, asked, { prefix: INTENT, id: blank.id });
  const fresh =
    taken?.brings === undefined ? blank : applyParameters(blank, { ...taken.brings, ...asked });
  const outcome = await undoing(taken, async () => {
    const typed = await withTypes(context, scope, fresh, asked, offered);
    return asked.confirm === true
      ? confirmNew(context, request, typed, taken)
      : register(context, request, typed, taken);
  });
  return outcome;
};

type Request = TypedRequest<typeof createParameters>;

/** What an account takes is asked with the first that is read: who pays at once waits no longer for it. */
const offeredTo = (context: Context, { scope, parameters: asked }: Request) => {
  const { payment_method_types: types, allowed_payment_method_types: allowed } = asked;
  const isAutomatic = asked.automatic_payment_methods?.enabled !== false;
  if ((types ?? allowed) !== undefined || !isAutomatic) return undefined;
  const captureMethod = asked.payment_method_options?.card?.capture_method ?? asked.capture_method;
  const offered = railsOf(context).offered(scope, {
    operation: captureMethod === 'manual' ? 'authorize' : 'purchase',
    currency: asked.currency,
  });
  // Whoever is refused before it is awaited is not told that it failed as well.
  offered.catch(() => {});
  return offered;
};

/** What says how to confirm, and would be dropped where nothing is confirmed. */
const ofConfirming = [
  'off_session',
  'error_on_requires_action',
  'mandate_data',
  'confirmation_token',
  'return_url',
] as const;

export const refuseWithoutConfirm = (
  asked: Readonly<Record<string, unknown>>,
  noun: 'PaymentIntent' | 'SetupIntent',
  names: readonly string[],
): void => {
  if (asked['confirm'] === true) return;
  const param = names.find((name) => asked[name] !== undefined && asked[name] !== null);
  if (param === undefined) return;
  throw new ApiError(
    400,
    `The parameter \`${param}\` cannot be passed when creating a ${noun} unless \`confirm\` is set to true.`,
    { param },
  );
};

/** An order is registered once, with or without an idempotency key. */
const registeredBefore = async (
  context: Context,
  { scope, parameters: asked }: Request,
): Promise<Outcome | null> => {
  if (asked.order_reference === undefined) return null;
  const known = await loadIntentOfOrder(context, scope, asked.order_reference);
  if (known === undefined) return null;
  if (known.amount !== BigInt(asked.amount) || known.currency !== asked.currency) {
    throw orderIsAnothers(known, scope.livemode);
  }
  return { body: renderIntent(known, scope.livemode) };
};

export const SECRET_BYTES = 18;

const newIntent = async (
  context: Context,
  { scope, parameters: asked }: Request,
): Promise<PaymentIntent> => {
  const blank = blankIntent(newUuid(context), {
    amount: BigInt(asked.amount),
    currency: asked.currency,
    secret: spellBytes(context.random.bytes(SECRET_BYTES)),
  });
  const customer =
    asked.customer === undefined
      ? null
      : await findCustomerNamed(context, scope, asked.customer, 'customer');
  const says =
    asked.automatic_payment_methods ??
    asked.payment_method_types ??
    asked.allowed_payment_method_types;
  return {
    ...applyParameters(blank, asked),
    customerId: customer?.id ?? null,
    orderReference: asked.order_reference ?? null,
    // Methods are chosen by the account, unless the call chooses.
    ...(says === undefined ? { automaticMethods: { allowRedirects: 'always' } as const } : {}),
  };
};

const register = (
  context: Context,
  request: Request,
  fresh: PaymentIntent,
  taken: TakenMethod | null,
): Outcome => {
  const { scope } = request;
  if (taken !== null) {
    checkMethod(fresh, taken.method);
    checkWay(fresh, taken.method);
  }
  const written = writePayment(
    context,
    scope,
    {
      before: { intent: null, charge: null },
      intent:
        taken === null
          ? fresh
          : { ...fresh, methodId: spellMethod(taken.method), status: 'requires_confirmation' },
      charge: null,
      kinds: [intentCreated],
    },
    request,
  );
  return {
    body: renderIntent(written.intent, scope.livemode),
    writes: [...(taken?.writes ?? []), ...written.writes],
    ...(taken === null ? {} : { undo: taken.undo }),
  };
};

const confirmNew = async (
  context: Context,
  request: Request,
  fresh: PaymentIntent,
  taken: TakenMethod | null,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  if (taken === null) throw methodMissingToConfirm(fresh, scope.livemode);
  const outcome = await confirmPayment(context, askingOf(request), {
    before: null,
    intent: fresh,
    method: taken.method,
    methodWrites: taken.writes,
    undo: taken.undo,
    offSession: isOffSession(asked.off_session),
    isRecurring: asked.off_session === 'recurring',
    errorOnAction: asked.error_on_requires_action === true,
    useSdk: asked.use_stripe_sdk === true,
    shows: renderIntent,
  });
  if (outcome !== null) return outcome;
  // The order may have been registered by another meanwhile.
  const registered = await registeredBefore(context, request);
  if (registered === null) throw lockTimeout();
  await taken.undo();
  return registered;
};

export const isOffSession = (asked: string | undefined): boolean =>
  asked !== undefined && asked !== 'false';

/** A refusal before anything was begun: what a new method left in the vault is taken back. */
export const undoing = async (
  taken: TakenMethod | null,
  work: () => Promise<Outcome>,
): Promise<Outcome> => {
  try {
    return await work();
  } catch (error) {
    if (isRefusal(error)) await taken?.undo();
    throw error;
  }
};

const isRefusal = (error: unknown): boolean => error instanceof Error && error.name === 'ApiError';
