import { type Customer, findCustomerNamed } from '#cards/customers';
import { spellMethod } from '#cards/methods';
import { type Context, readAhead, type Scope } from '#kit/context';
import { newUuid, spellBytes } from '#kit/ids';
import { INTENT } from '#payments/charges';
import { ApiError, lockTimeout, type Outcome, type TypedRequest } from '#platform/http';
import { type Accounts, railsOf } from '#rails/connectors';
import { withMandate } from './agreed-mandate.ts';
import { applyParameters } from './apply-parameters.ts';
import { asItIs } from './as-it-is.ts';
import { askingOf, isOffSession } from './asking.ts';
import { confirmPayment, readForPayment } from './confirm-payment.ts';
import { intentCreated } from './events.ts';
import type { createParameters } from './intent-parameters.ts';
import { namedMandate, refuseMandate } from './named-mandate.ts';
import { writePayment } from './payment.ts';
import { blankIntent, type PaymentIntent } from './payment-intent.ts';
import { methodMissingToConfirm } from './refusals.ts';
import { answerRegistered, registeredBefore } from './registered-order.ts';
import { renderIntent } from './render-intent.ts';
import {
  checkMethod,
  cvcTokenOf,
  defaultSourceOf,
  refuseEarlyCvc,
  refuseWithoutCvc,
  relatedTo,
  type TakenMethod,
  takingMethod,
  undoing,
  withCvcToken,
} from './take-method.ts';
import { checkWay, withTypes } from './ways-of-intent.ts';

export const createIntent = async (
  context: Context,
  request: TypedRequest<typeof createParameters>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  if (request.resumes !== null) return asItIs(context, scope, request.resumes, renderIntent);

  refuseWithoutConfirm(asked, 'PaymentIntent', ofConfirming);
  if (asked.confirm !== true) refuseEarlyCvc(asked.payment_method_options);
  const named = readNamed(context, request);
  const known = await registeredBefore(context, request);
  if (known !== null) return answerRegistered(context, request, known, named.customer);
  const customer = await named.customer();
  const blank = newIntent(context, request, customer);
  const found =
    (await named.takeMethod({ prefix: INTENT, id: blank.id })) ??
    (asked.confirm === true ? await defaultSourceOf(context, scope, customer) : null);
  const outcome = await undoing(found, async () => {
    const cvcToken = cvcTokenOf(asked.payment_method_options, found);
    const taken =
      found === null || cvcToken === undefined
        ? found
        : await withCvcToken(context, scope, found, cvcToken);
    const fresh =
      taken?.brings === undefined ? blank : applyParameters(blank, { ...taken.brings, ...asked });
    const { accounts } = named;
    const typed = await withTypes(context, scope, fresh, asked, accounts);
    if (asked.confirm === true && taken !== null) {
      refuseWithoutCvc(typed, taken.method, cvcTokenOf(asked.payment_method_options, taken));
    }
    return asked.confirm === true
      ? confirmNew(context, request, typed, taken, accounts)
      : register(context, request, typed, taken);
  });
  if (outcome !== null) return outcome;
  await found?.undo();
  // The order may have been registered by another meanwhile.
  const registered = await registeredBefore(context, request);
  if (registered === null) throw lockTimeout();
  return answerRegistered(context, request, registered, async () => customer);
};

type Request = TypedRequest<typeof createParameters>;

/** What the call names is read together; each is refused in its turn. */
const readNamed = (context: Context, { scope, parameters: asked }: Request) => {
  const { customer } = asked;
  return {
    takeMethod: takingMethod(context, scope, asked),
    accounts: accountsFor(context, scope, asked),
    customer:
      customer === undefined
        ? async () => null
        : readAhead(context, () => findCustomerNamed(context, scope, customer, 'customer')),
  };
};

/** Undefined where the account is not asked what it takes, or only once it is known that it is. */
const accountsFor = (context: Context, scope: Scope, asked: Request['parameters']) => {
  if (asked.confirm === true) return readForPayment(context, scope);
  const { payment_method_types: types, allowed_payment_method_types: allowed } = asked;
  const isAutomatic = asked.automatic_payment_methods?.enabled !== false;
  return (types ?? allowed) === undefined && isAutomatic
    ? railsOf(context).accounts(scope)
    : undefined;
};

/** What says how to confirm, and would be dropped where nothing is confirmed. */
const ofConfirming = [
  'off_session',
  'error_on_requires_action',
  'mandate',
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
  const param = names.find((name) => {
    const said = asked[name];
    // That the payer is there goes without saying, and some shops say it.
    const isUsual = said === false || (name === 'off_session' && said === 'false');
    return said !== undefined && said !== null && !isUsual;
  });
  if (param === undefined) return;
  throw new ApiError(
    400,
    `The parameter \`${param}\` cannot be passed when creating a ${noun} unless \`confirm\` is set to true.`,
    { param },
  );
};

export const SECRET_BYTES = 18;

const newIntent = (
  context: Context,
  { parameters: asked }: Request,
  customer: Customer | null,
): PaymentIntent => {
  const blank = blankIntent(newUuid(context), {
    amount: BigInt(asked.amount),
    currency: asked.currency,
    secret: spellBytes(context.random.bytes(SECRET_BYTES)),
  });
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
    ...relatedTo(taken?.method, scope.livemode),
    ...(taken === null ? {} : { undo: taken.undo }),
  };
};

/** Null: another request was faster. */
const confirmNew = async (
  context: Context,
  request: Request,
  fresh: PaymentIntent,
  taken: TakenMethod | null,
  accounts: Accounts | undefined,
): Promise<Outcome | null> => {
  const { scope, parameters: asked } = request;
  if (taken === null) throw methodMissingToConfirm(fresh, scope.livemode);
  const named =
    asked.mandate === undefined ? null : await namedMandate(context, scope, asked.mandate);
  refuseMandate(named, taken.method);
  return confirmPayment(context, askingOf(request), {
    before: null,
    intent: withMandate(context, fresh, {
      asked: asked.mandate_data,
      byToken: taken.mandate,
      before: {},
      named,
    }),
    method: taken.method,
    methodWrites: taken.writes,
    undo: taken.undo,
    offSession: isOffSession(asked.off_session),
    isRecurring: asked.off_session === 'recurring',
    errorOnAction: asked.error_on_requires_action === true,
    useSdk: asked.use_stripe_sdk === true,
    shows: renderIntent,
    ...(accounts === undefined ? {} : { accounts }),
  });
};
