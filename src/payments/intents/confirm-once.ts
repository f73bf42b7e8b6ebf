// One try to confirm what was read: by a call of its own, or by asking once more for an order that is not paid yet.

import { formatAmount } from '#books/currencies';
import { loadMethods, type PaymentMethod, parseMethodId, spellMethod } from '#cards/methods';
import type { Context } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { ApiError, type Outcome, type TypedRequest } from '#platform/http';
import type { Accounts } from '#rails/connectors';
import { agreementOf, isSameAgreement, withMandate } from './agreed-mandate.ts';
import { type Asked, applyParameters } from './apply-parameters.ts';
import { askingOf, isOffSession } from './asking.ts';
import { showsFor } from './client-secret.ts';
import { confirmPayment, provenBy } from './confirm-payment.ts';
import type { confirmParameters } from './intent-parameters.ts';
import { next } from './intent-states.ts';
import { namedMandate, refuseMandate } from './named-mandate.ts';
import type { PaymentIntent } from './payment-intent.ts';
import { cannotChangeMethod, cannotConfirm, methodMissingToConfirm } from './refusals.ts';
import { cvcTokenOf, refuseWithoutCvc, type TakenMethod, withCvcToken } from './take-method.ts';
import { withTypes } from './ways-of-intent.ts';

type Confirming = TypedRequest<typeof confirmParameters>;
type Request = Omit<Confirming, 'parameters'> & {
  readonly parameters: Omit<Confirming['parameters'], 'payment_method'> &
    Pick<Asked, 'automatic_payment_methods'> & { readonly payment_method?: string | null };
};

/** Null: another request was faster, and everything is to be read and decided anew. */
export const confirmOnce = async (
  context: Context,
  request: Request,
  {
    before,
    taken,
    accounts,
    customerId,
  }: {
    readonly before: PaymentIntent;
    readonly taken: TakenMethod | null;
    readonly accounts: Accounts;
    /** Where the payment is somebody's from now on. */
    readonly customerId?: Uuid;
  },
): Promise<Outcome | null> => {
  const { scope, parameters: asked } = request;
  refuseByState(before, scope.livemode, asked);
  const known = taken?.method ?? (await methodOf(context, request, before));
  if (known === null) throw methodMissingToConfirm(before, scope.livemode);
  const named = await namedMandate(context, scope, asked.mandate);
  refuseMandate(named, known);
  const confirmed = await intentFor(
    context,
    request,
    customerId === undefined ? before : { ...before, customerId },
    taken,
  );
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
      asked.automatic_payment_methods ??
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

export const refuseByState = (
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
