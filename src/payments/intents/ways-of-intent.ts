// Which ways to pay an intent may be paid with: what was asked for, what the account's providers take, and what
// fits the payment. Said in words before anything is begun.

import {
  type PaymentMethod,
  takesCurrency,
  type WayToPay,
  waysToPay,
  wayToPay,
  withoutLink,
} from '#cards/methods';
import type { Context, Scope } from '#kit/context';
import { ApiError, parameterMissing } from '#platform/http';
import { type Accounts, railsOf } from '#rails/connectors';
import type { Asked } from './apply-parameters.ts';
import { isManual, type PaymentIntent } from './payment-intent.ts';

type Fitting = Pick<
  PaymentIntent,
  'amount' | 'currency' | 'captureMethod' | 'cardOptions' | 'setupFutureUsage' | 'automaticMethods'
>;

/** The rows that fit the payment and that an account could take, in their order. */
export const waysFor = async (
  context: Context,
  scope: Scope,
  intent: Fitting,
  accounts?: Accounts,
): Promise<readonly WayToPay[]> => {
  const { currency } = intent;
  const operation = isManual(intent) ? 'authorize' : 'purchase';
  const offered = await railsOf(context).offered(scope, { operation, currency }, accounts);
  return waysToPay.filter((way) => offered.has(way.type) && misfitOf(intent, way) === null);
};

/** Why it cannot be paid like this; null where it can. */
const misfitOf = (intent: Fitting, way: WayToPay): string | null => {
  const { type } = way;
  const { currency, amount, automaticMethods } = intent;
  if (!takesCurrency(way, currency)) {
    return `The payment method type "${type}" cannot be used in ${currency}: it takes ${spellList(way.currencies)}.`;
  }
  const largest = way.largest[currency];
  if (largest !== undefined && amount > largest) {
    return `The payment method type "${type}" takes at most ${largest} in ${currency}.`;
  }
  if (isManual(intent) && !way.mayBeHeld) {
    return `The payment method type "${type}" cannot be used with manual capture: nothing can be held with it.`;
  }
  if (intent.setupFutureUsage !== null && !way.mayBeKept) {
    return `The payment method type "${type}" cannot be used with setup_future_usage: it pays once.`;
  }
  if (automaticMethods?.allowRedirects === 'never' && way.isRedirect) {
    return `The payment method type "${type}" sends its payer away, and automatic_payment_methods[allow_redirects] is never.`;
  }
  return null;
};

const spellList = (of: readonly string[] | 'all'): string => (of === 'all' ? 'all' : of.join(', '));

/**
 * The types that an intent shows, confirmed at once or not. Cards alone need no look; where methods are chosen by
 * the account, it is asked what it takes.
 */
export const withTypes = async (
  context: Context,
  scope: Scope,
  intent: PaymentIntent,
  asked: Pick<Asked, 'payment_method_types' | 'allowed_payment_method_types'>,
  accounts?: Accounts,
): Promise<PaymentIntent> => {
  const { payment_method_types: types, allowed_payment_method_types: allowed } = asked;
  if (types !== undefined) {
    await checkTypes(context, scope, intent, types, 'payment_method_types', accounts);
    return intent;
  }
  const isOfOthers = allowed?.some((type) => type !== 'card') === true;
  const { excludedTypes: excluded = [] } = intent;
  if (intent.automaticMethods === null && !isOfOthers) {
    const types = (intent.types ?? ['card']).filter((type) => !excluded.includes(type));
    if (types.length === 0) throw nothingLeft();
    return excluded.length === 0 ? intent : { ...intent, types };
  }
  const ways = (await waysFor(context, scope, intent, accounts)).filter(
    ({ type }) => (allowed === undefined || allowed.includes(type)) && !excluded.includes(type),
  );
  if (ways.length > 0) return { ...intent, types: ways.map(({ type }) => type) };
  if (excluded.includes('card')) throw nothingLeft();
  return { ...intent, types: ['card'] };
};

const nothingLeft = (): ApiError =>
  new ApiError(
    400,
    'No valid payment method types for this Payment Intent. Please ensure that you have connected providers whose payment methods are compatible with your chosen currency, or exclude fewer of them.',
    { param: 'excluded_payment_method_types' },
  );

/** An older name refuses what cannot be: in the words in which a client may have to tell it. */
export const checkTypes = async (
  context: Context,
  scope: Scope,
  intent: Fitting,
  types: readonly string[],
  param: string,
  accounts?: Accounts,
): Promise<void> => {
  const others = withoutLink(types).filter((type) => type !== 'card');
  if (others.length === 0) return;
  for (const type of others) {
    const way = wayToPay(type);
    const misfit = way === undefined ? null : misfitOf(intent, way);
    if (misfit !== null) throw new ApiError(400, misfit, { param });
  }
  const taken = await waysFor(context, scope, intent, accounts);
  const foreign = others.find((type) => taken.every((way) => way.type !== type));
  if (foreign === undefined) return;
  throw invalidType(
    foreign,
    taken.map(({ type }) => type),
    param,
  );
};

/** Of no name that anybody could take here, whatever the account is connected to. */
export const unknownType = (type: string, param: string): ApiError =>
  new ApiError(
    400,
    `The payment method type "${type}" is invalid. This installation has these: ${waysToPay.map((way) => way.type).join(', ')}.`,
    { param },
  );

export const invalidType = (type: string, taken: readonly string[], param: string): ApiError =>
  new ApiError(
    400,
    `The payment method type "${type}" is invalid. It must be a type that this account takes: ${taken.join(', ') || 'card'}.`,
    { param },
  );

/** What a card needs is looked at where it is sent; anything else has to fit as well as to be wanted. */
export const checkWay = (
  intent: PaymentIntent,
  method: PaymentMethod,
  { offSession = false }: { readonly offSession?: boolean } = {},
): void => {
  const way = wayToPay(method.type);
  const types = intent.types ?? ['card'];
  const isExcluded = intent.excludedTypes?.includes(method.type) === true;
  const isWanted = !isExcluded && (intent.automaticMethods !== null || types.includes(method.type));
  if (method.type === 'card' && isWanted) return;
  if (way === undefined || !isWanted) {
    throw new ApiError(
      400,
      `The PaymentMethod provided (${method.type}) is not allowed for this PaymentIntent. Please attach a PaymentMethod of one of the following types: ${types.join(', ')}.`,
      { param: 'payment_method' },
    );
  }
  const misfit = misfitOf(intent, way);
  if (misfit !== null) throw new ApiError(400, misfit, { param: 'payment_method' });
  if (offSession) {
    throw new ApiError(
      400,
      `A payment method of type ${method.type} cannot be charged with \`off_session\`: its payer has to be there.`,
      { param: 'off_session' },
    );
  }
  checkNeeds(method);
};

/** What the provider has to be told of its payer. */
export const checkNeeds = (method: Pick<PaymentMethod, 'type' | 'billing'>): void => {
  const missing = wayToPay(method.type)?.needs.find((name) => method.billing[name] === null);
  if (missing === undefined) return;
  throw parameterMissing(`payment_method_data[billing_details][${missing}]`);
};

/** Whoever is sent away has to have somewhere to come back to. */
export const checkWayBack = ({ returnUrl }: PaymentIntent, { type }: PaymentMethod): void => {
  if (wayToPay(type)?.isRedirect !== true || returnUrl !== null) return;
  throw new ApiError(
    400,
    `A \`return_url\` must be specified because a payment method of type ${type} sends its payer to a page of their bank.`,
    { code: 'parameter_missing', param: 'return_url' },
  );
};
