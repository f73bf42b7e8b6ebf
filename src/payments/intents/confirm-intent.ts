import { formatAmount } from '#books/currencies';
import { loadMethods, type PaymentMethod, parseMethodId, spellMethod } from '#cards/methods';
import type { Context } from '#kit/context';
import { INTENT } from '#payments/charges';
import {
  ApiError,
  lockTimeout,
  type Outcome,
  parametersUnknown,
  refuse,
  secretKeyRequired,
  type TypedRequest,
} from '#platform/http';
import type { Accounts } from '#rails/connectors';
import { agreementOf, isSameAgreement, withMandate } from './agreed-mandate.ts';
import { applyParameters } from './apply-parameters.ts';
import { asItIs } from './as-it-is.ts';
import { askingOf } from './asking.ts';
import { checkClientSecret, showsFor } from './client-secret.ts';
import { confirmPayment, provenBy, readForPayment } from './confirm-payment.ts';
import { isOffSession, undoing } from './create-intent.ts';
import { findIntent } from './find-intent.ts';
import { type confirmParameters, pageParameters } from './intent-parameters.ts';
import { next } from './intent-states.ts';
import { namedMandate, refuseMandate } from './named-mandate.ts';
import { refuseOptionsFromPage } from './page-options.ts';
import { endAtProvider, isPayerAway } from './payer-away.ts';
import type { PaymentIntent } from './payment-intent.ts';
import {
  cannotChangeMethod,
  cannotConfirm,
  methodMissingToConfirm,
  refuseMade,
} from './refusals.ts';
import {
  cvcTokenOf,
  refuseWithoutCvc,
  type TakenMethod,
  takingMethod,
  withCvcToken,
} from './take-method.ts';
import { withTypes } from './ways-of-intent.ts';

type Request = TypedRequest<typeof confirmParameters>;

/** How often another request may be faster. */
const ROUNDS_MAX = 10;

export const confirmIntent = async (context: Context, request: Request): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  const shows = showsFor(request.principal);
  refuseFromPage(request);
  if (request.resumes !== null) return asItIs(context, scope, request.resumes, shows);

  const spelled = request.path['intent'] ?? '';
  const take = takingMethod(context, scope, asked);
  const accounts = readForPayment(context, scope);
  const found = await findIntent(context, scope, spelled);
  checkClientSecret(request.principal, found, asked.client_secret);
  refuseMade(found, scope.livemode, 'confirm');
  refuseByHand(request, found);
  const first = await withoutOldTry(context, request, found);
  refuseByState(first, scope.livemode, asked);
  const taken = await take({ prefix: INTENT, id: first.id });
  return undoing(taken, async () => {
    for (let round = 1, before = first; round <= ROUNDS_MAX; round += 1) {
      const outcome = await confirmOnce(context, request, { before, taken, accounts });
      if (outcome !== null) return outcome;
      before = await findIntent(context, scope, spelled);
    }
    throw lockTimeout();
  });
};

/** Whoever takes another way to pay gives up the one they were sent away for: it is ended at its provider first. */
const withoutOldTry = async (
  context: Context,
  { scope, parameters: asked }: Request,
  found: PaymentIntent,
): Promise<PaymentIntent> => {
  const { payment_method: method, payment_method_data: data, confirmation_token: token } = asked;
  const isAnother = method !== undefined || data !== undefined || token !== undefined;
  return isAnother && isPayerAway(found) ? endAtProvider(context, scope, found.id) : found;
};

const confirmOnce = async (
  context: Context,
  request: Request,
  {
    before,
    taken,
    accounts,
  }: {
    readonly before: PaymentIntent;
    readonly taken: TakenMethod | null;
    readonly accounts: Accounts;
  },
): Promise<Outcome | null> => {
  const { scope, parameters: asked } = request;
  refuseByState(before, scope.livemode, asked);
  const known = taken?.method ?? (await methodOf(context, request, before));
  if (known === null) throw methodMissingToConfirm(before, scope.livemode);
  const named = await namedMandate(context, scope, asked.mandate);
  refuseMandate(named, known);
  const confirmed = await intentFor(context, request, before, taken);
  const tried = { ...confirmed, methodId: spellMethod(known) };
  const intent = withMandate(context, confirmed, {
    asked: asked.mandate_data,
    byToken: taken?.mandate,
    // Confirmed once more, as after its holder has agreed.
    before: isSameAgreement(before, tried) ? agreementOf(before) : {},
    named,
  });
  const cvcToken = cvcTokenOf(asked.payment_method_options, taken);
  // The second time, after its holder has agreed, the code has been with the bank.
  if (provenBy({ before, intent }) === null) refuseWithoutCvc(intent, known, cvcToken);
  const { method, writes } = await withCvcToken(
    context,
    scope,
    { method: known, writes: taken?.writes ?? [] },
    cvcToken,
  );
  return confirmPayment(context, askingOf(request), {
    before,
    intent,
    method,
    methodWrites: writes,
    undo: taken?.undo ?? (async () => {}),
    offSession: isOffSession(asked.off_session),
    isRecurring: asked.off_session === 'recurring',
    errorOnAction: asked.error_on_requires_action === true,
    useSdk: asked.use_stripe_sdk === true,
    shows: showsFor(request.principal),
    accounts,
  });
};

const intentFor = async (
  context: Context,
  { scope, parameters: asked }: Request,
  before: PaymentIntent,
  taken: TakenMethod | null,
): Promise<PaymentIntent> => {
  const intent = applyParameters(before, { ...taken?.brings, ...asked });
  refuseOtherAmount(intent, asked.amount_to_confirm);
  const isAsked =
    (asked.payment_method_types ??
      asked.allowed_payment_method_types ??
      asked.excluded_payment_method_types) !== undefined;
  return !isAsked ? intent : withTypes(context, scope, intent, asked);
};

/** Whoever names an amount means to pay that and no other; it is changed by an update, where it is seen. */
const refuseOtherAmount = (
  { amount, currency }: PaymentIntent,
  named: number | undefined,
): void => {
  if (named === undefined || BigInt(named) === amount) return;
  throw new ApiError(
    400,
    `The amount_to_confirm (${formatAmount(BigInt(named), currency)}) is not the amount of this PaymentIntent (${formatAmount(amount, currency)}): update its amount first.`,
    { param: 'amount_to_confirm' },
  );
};

const methodOf = async (
  context: Context,
  { scope }: Request,
  { methodId }: PaymentIntent,
): Promise<PaymentMethod | null> => {
  const id = methodId === null ? null : parseMethodId(methodId);
  if (id === null) return null;
  return (await loadMethods(context, scope, [id])).get(id) ?? null;
};

const refuseByState = (
  intent: PaymentIntent,
  livemode: boolean,
  asked: { readonly payment_method?: unknown; readonly payment_method_data?: unknown },
): void => {
  // While a provider may still say yes, nothing else may be begun.
  if (next(intent.status, 'sent') !== null && intent.doing === null && !isHeld(intent)) return;
  const givesMethod = asked.payment_method !== undefined || asked.payment_method_data !== undefined;
  if (givesMethod && intent.status === 'canceled') throw cannotChangeMethod(intent, livemode);
  throw cannotConfirm(intent, livemode);
};

const isHeld = ({ status }: PaymentIntent): boolean => status === 'requires_capture';

/** Whoever confirms by hand wants every attempt to be their server's. */
const refuseByHand = ({ principal }: Request, { confirmationMethod }: PaymentIntent): void => {
  if (principal.kind !== 'publishable' || confirmationMethod === 'automatic') return;
  throw refuse('secret_key_required', {
    message:
      'This PaymentIntent was created with confirmation_method=manual: it is confirmed on your server, with your secret API key, and not with a publishable one.',
  });
};

const refuseFromPage = ({ principal, parameters }: Request): void => {
  if (principal.kind !== 'publishable') return;
  const others = Object.keys(parameters).filter((name) => !pageParameters.has(name));
  if (others.length === 0) return refuseOptionsFromPage(parameters.payment_method_options);
  if (others.includes('off_session')) throw secretKeyRequired();
  throw parametersUnknown(others);
};
