// With what a payment is made: a method by its id, a ready-made one, or one that comes with the request.

import type { Customer } from '#cards/customers';
import {
  CUSTOMER,
  findMethod,
  insertMethod,
  type MethodData,
  makeMethod,
  makeSource,
  type PaymentMethod,
  parseMethodId,
  renderPaymentMethod,
  spellMethod,
  takeCvcToken,
  updateMethod,
} from '#cards/methods';
import { type Context, readAhead, type Scope, type Write } from '#kit/context';
import { spellId, type Uuid } from '#kit/ids';
import {
  type ConfirmationToken,
  type MandateData,
  takeConfirmationToken,
} from '#payments/confirmation';
import { ApiError, type Outcome } from '#platform/http';
import type { PaymentIntent } from './payment-intent.ts';
import { methodWasUsed } from './refusals.ts';

export type TakenMethod = {
  readonly method: PaymentMethod;
  /** What stores it, if it is new. */
  readonly writes: readonly Write[];
  readonly undo: () => Promise<void>;
  /** What came along with a confirmation token, as if it had been asked for. */
  readonly brings?: Brought;
  /** The security code that was typed for it, and what its payer agreed to, by a confirmation token as well. */
  readonly cvcToken?: string;
  readonly mandate?: MandateData;
};

export type Brought = {
  readonly return_url?: string;
  readonly setup_future_usage?: 'off_session' | 'on_session';
  readonly shipping?: NonNullable<ConfirmationToken['shipping']>;
};

const nothing = async (): Promise<void> => {};

/**
 * One that is stored already is read at once, together with whatever else is: taking it changes nothing, so it may
 * be done before it is its turn. Any other is taken when it is asked for.
 */
export const takingMethod = (
  context: Context,
  scope: Scope,
  asked: Parameters<typeof takeMethod>[2],
): ((by: { readonly prefix: string; readonly id: Uuid }) => Promise<TakenMethod | null>) => {
  const taken = isStored(asked)
    ? readAhead(context, () => takeMethod(context, scope, asked))
    : undefined;
  return (by) => taken?.() ?? takeMethod(context, scope, asked, by);
};

const isStored = ({
  payment_method: spelled,
  payment_method_data: data,
  confirmation_token: token,
}: Parameters<typeof takeMethod>[2]): boolean =>
  data === undefined &&
  token === undefined &&
  typeof spelled === 'string' &&
  !spelled.startsWith('pm_card_') &&
  parseMethodId(spelled) !== null;

export const takeMethod = async (
  context: Context,
  scope: Scope,
  asked: {
    readonly payment_method?: string | null | undefined;
    readonly payment_method_data?: MethodData | undefined;
    readonly confirmation_token?: string | undefined;
  },
  /** Which intent: a confirmation token remembers it. */
  by?: { readonly prefix: string; readonly id: Uuid },
): Promise<TakenMethod | null> => {
  if (asked.confirmation_token !== undefined && by !== undefined) {
    return takeToken(context, scope, asked.confirmation_token, by);
  }
  const { payment_method: spelled, payment_method_data: data } = asked;
  if (data !== undefined) return makeMethod(context, scope, data, 'payment_method_data');
  if (spelled === undefined || spelled === null) return null;
  if (spelled.startsWith('tok_')) {
    const { method, writes, undo } = await makeSource(context, scope, spelled, 'payment_method');
    return { method, writes: [...writes, insertMethod(scope, method)], undo };
  }
  const {
    method,
    isNew,
    undo = nothing,
  } = await findMethod(context, scope, spelled, 'payment_method');
  return { method, writes: isNew ? [insertMethod(scope, method)] : [], undo };
};

const CVC_TOKEN = 'payment_method_options[card][cvc_token]';

/** The payer typed the security code anew: it goes to the card's bank with this payment. */
export const withCvcToken = async <T extends Pick<TakenMethod, 'method' | 'writes'>>(
  context: Context,
  scope: Scope,
  taken: T,
  spelled: string | undefined,
): Promise<T> => {
  if (spelled === undefined || taken.method.type !== 'card') return taken;
  const { cvcRef, writes } = await takeCvcToken(context, scope, spelled, CVC_TOKEN);
  const { method: before } = taken;
  const method: PaymentMethod = { ...before, other: { ...before.other, cvc_ref: cvcRef } };
  const stored = insertMethod(scope, method);
  // A batch updates before it inserts: what is new is stored with the code at once.
  if (taken.writes.some(({ into }) => into === stored.into)) {
    const others = taken.writes.filter(({ into }) => into !== stored.into);
    return { ...taken, method, writes: [...writes, ...others, stored] };
  }
  const changed = { ...method, version: before.version + 1 };
  return {
    ...taken,
    method: changed,
    writes: [...writes, ...taken.writes, updateMethod(scope, changed)],
  };
};

/** What the call itself says comes before what a confirmation token brings. */
export const cvcTokenOf = (
  options: Options | undefined,
  taken: Pick<TakenMethod, 'cvcToken'> | null,
): string | undefined => options?.card?.cvc_token ?? taken?.cvcToken;

type Options = { readonly card?: { readonly cvc_token?: string | undefined } | null | undefined };

/** Said before the bank is asked: the page asks its payer for the code, and confirms again. */
export const refuseWithoutCvc = (
  { cardOptions }: Pick<PaymentIntent, 'cardOptions'>,
  method: Pick<PaymentMethod, 'type' | 'customerId'>,
  spelled: string | undefined,
): void => {
  const isKept = method.type === 'card' && method.customerId !== null;
  if (cardOptions.needsCvc !== true || !isKept || spelled !== undefined) return;
  throw new ApiError(
    400,
    `This PaymentIntent has require_cvc_recollection: the payer has to type the security code of a saved card again. Pass it as \`${CVC_TOKEN}\`.`,
    { param: CVC_TOKEN, code: 'parameter_missing' },
  );
};

/** It is held for a moment, and would be gone by then. */
export const refuseEarlyCvc = (options: Options | undefined): void => {
  if (options?.card?.cvc_token === undefined) return;
  throw new ApiError(
    400,
    `The parameter \`${CVC_TOKEN}\` can only be passed when a PaymentIntent is confirmed.`,
    { param: CVC_TOKEN },
  );
};

/** A method that is stored with the answer which shows it, for those who expand it there. */
export const relatedTo = (
  method: PaymentMethod | undefined,
  livemode: boolean,
): Pick<Outcome, 'related'> =>
  method === undefined
    ? {}
    : { related: () => ({ [spellMethod(method)]: renderPaymentMethod(method, livemode) }) };

const takeToken = async (
  context: Context,
  scope: Scope,
  spelled: string,
  by: { readonly prefix: string; readonly id: Uuid },
): Promise<TakenMethod> => {
  const { method, writes, token } = await takeConfirmationToken(context, scope, spelled, by);
  const { returnUrl, setupFutureUsage, shipping, cvcToken, mandate } = token;
  return {
    method,
    writes,
    // The token keeps its card: it was not used.
    undo: nothing,
    brings: {
      ...(returnUrl === null ? {} : { return_url: returnUrl }),
      ...(setupFutureUsage === null ? {} : { setup_future_usage: setupFutureUsage }),
      ...(shipping === null ? {} : { shipping }),
    },
    ...(cvcToken === undefined ? {} : { cvcToken }),
    ...(mandate === undefined ? {} : { mandate }),
  };
};

/** Whose it is, and whether it may be used: said before anything is written. */
export const checkMethod = (
  intent: Pick<PaymentIntent, 'customerId'>,
  method: PaymentMethod,
): void => {
  if (method.state === 'detached') throw methodWasUsed();
  if (method.customerId === null || method.customerId === intent.customerId) return;
  const owner = spellId(CUSTOMER, method.customerId);
  throw new ApiError(
    400,
    intent.customerId === null
      ? `The payment method supplied (${spellMethod(method)}) belongs to a Customer, but the PaymentIntent has none. Please include the Customer in the \`customer\` parameter of the PaymentIntent.`
      : `The payment method supplied (${spellMethod(method)}) belongs to the Customer ${owner}, and not to the Customer of this PaymentIntent.`,
    { param: 'payment_method' },
  );
};

/** Customers of the older API pay with what is kept for them, unless the call says with what. */
export const defaultSourceOf = async (
  context: Context,
  scope: Scope,
  customer: Customer | null,
): Promise<TakenMethod | null> =>
  takeMethod(context, scope, { payment_method: customer?.default_source });

/** A refusal before anything was begun: what a new method left in the vault is taken back. */
export const undoing = async <T>(taken: TakenMethod | null, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (isRefusal(error)) await taken?.undo();
    throw error;
  }
};

const isRefusal = (error: unknown): boolean => error instanceof Error && error.name === 'ApiError';
