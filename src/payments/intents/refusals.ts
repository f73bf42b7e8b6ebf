// The sentences in which a payment intent refuses, one function each. Clients compare some of these texts.
// Each error of the state carries the intent: integrations read its status to recover.

import { ApiError, refuse } from '#platform/http';
import { type IntentStatus, statusesWith } from './intent-states.ts';
import type { PaymentIntent } from './payment-intent.ts';
import { renderIntent } from './render-intent.ts';

const unexpected = (intent: PaymentIntent, livemode: boolean, message: string): ApiError =>
  refuse('payment_intent_unexpected_state', {
    message,
    payment_intent: renderIntent(intent, livemode),
  });

/** As many as networks bear; declines count. */
export const INCREMENTS_MAX = 10;

const order: readonly IntentStatus[] = [
  'requires_payment_method',
  'requires_capture',
  'requires_confirmation',
  'requires_action',
  'processing',
];
const spell = (statuses: readonly IntentStatus[]): string =>
  order.filter((status) => statuses.includes(status)).join(', ');

export const methodMissingToConfirm = (intent: PaymentIntent, livemode: boolean): ApiError =>
  unexpected(
    intent,
    livemode,
    "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method or ConfirmationToken.",
  );

export const cannotConfirm = (intent: PaymentIntent, livemode: boolean): ApiError => {
  const { status } = intent;
  if (status === 'succeeded' || status === 'requires_capture') {
    return unexpected(
      intent,
      livemode,
      'You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed.',
    );
  }
  return unexpected(
    intent,
    livemode,
    `You cannot confirm this PaymentIntent because it has a status of ${status}. Only a PaymentIntent with one of the following statuses may be confirmed: requires_payment_method, requires_confirmation, requires_action.`,
  );
};

export const cannotChangeMethod = (intent: PaymentIntent, livemode: boolean): ApiError =>
  unexpected(
    intent,
    livemode,
    `This PaymentIntent's payment_method could not be updated because it has a status of ${intent.status}. You may only update the payment_method of a PaymentIntent with one of the following statuses: requires_payment_method, requires_confirmation, requires_action.`,
  );

export const cannotUpdate = (intent: PaymentIntent, livemode: boolean, name: string): ApiError =>
  unexpected(
    intent,
    livemode,
    `This PaymentIntent's ${name} could not be updated because it has a status of ${intent.status}. You may only update the ${name} of a PaymentIntent with one of the following statuses: requires_payment_method, requires_confirmation, requires_action.`,
  );

export const cannotCapture = (intent: PaymentIntent, livemode: boolean): ApiError =>
  unexpected(
    intent,
    livemode,
    intent.status === 'succeeded'
      ? 'This PaymentIntent could not be captured because it has already been captured.'
      : `This PaymentIntent could not be captured because it has a status of ${intent.status}. Only a PaymentIntent with one of the following statuses may be captured: requires_capture.`,
  );

/** Its intent is nobody's to see. */
export const cannotCaptureChargeYet = (): ApiError =>
  new ApiError(
    400,
    'This charge cannot be captured now: something else of it is under way. Retrieve it to see what came of that.',
  );

export const cannotCancel = (intent: PaymentIntent, livemode: boolean): ApiError =>
  unexpected(
    intent,
    livemode,
    `You cannot cancel this PaymentIntent because it has a status of ${intent.status}. Only a PaymentIntent with one of the following statuses may be canceled: ${spell(statusesWith('canceled'))}.`,
  );

const doings = {
  payment: 'its payment',
  increment: 'raising its authorization',
  capture: 'its capture',
  void: 'letting go of what it holds',
} as const;

/** Neither done nor refused: the state is no reason, and what is under way decides it. */
export const cannotCancelYet = (
  intent: PaymentIntent,
  doing: keyof typeof doings,
  livemode: boolean,
): ApiError =>
  refuse('payment_intent_outcome_unknown', {
    message: `You cannot cancel this PaymentIntent now: ${doings[doing]} is under way, and what becomes of it is not known yet. Nothing was changed. Wait until its status is no longer processing, and ask again.`,
    payment_intent: renderIntent(intent, livemode),
  });

export const hasNoCashBalance = (intent: PaymentIntent, livemode: boolean): ApiError =>
  unexpected(
    intent,
    livemode,
    'You cannot apply a customer balance to this PaymentIntent: paying from the cash balance of a customer (customer_balance) is not part of this installation.',
  );

export const hasNoMicrodeposits = (intent: PaymentIntent, livemode: boolean): ApiError =>
  unexpected(
    intent,
    livemode,
    'You cannot verify this PaymentIntent: it does not wait for microdeposits, which no payment method of this installation makes.',
  );

export const cannotIncrement = (intent: PaymentIntent, livemode: boolean): ApiError =>
  unexpected(
    intent,
    livemode,
    `This PaymentIntent's amount could not be incremented because it has a status of ${intent.status}. Only a PaymentIntent with one of the following statuses may be incremented: requires_capture.`,
  );

export const notRaisable = (intent: PaymentIntent, livemode: boolean): ApiError =>
  unexpected(
    intent,
    livemode,
    'The authorization of this PaymentIntent cannot be incremented: it was not requested with payment_method_options[card][request_incremental_authorization]=if_available when the payment was confirmed, or the provider that holds it cannot do it. See payment_method_details[card][incremental_authorization] of its charge.',
  );

export const capturedInPart = (intent: PaymentIntent, livemode: boolean): ApiError =>
  unexpected(
    intent,
    livemode,
    'The authorization of this PaymentIntent cannot be incremented any more: a part of it has been captured.',
  );

export const raisedTooOften = (intent: PaymentIntent, livemode: boolean): ApiError =>
  unexpected(
    intent,
    livemode,
    `The authorization of this PaymentIntent cannot be incremented any more: there were ${INCREMENTS_MAX} attempts already. Capture it, or cancel it and authorize anew.`,
  );

export const notMore = (intent: PaymentIntent): ApiError =>
  new ApiError(
    400,
    `The amount must be greater than the currently authorized amount (${intent.amount}): it is the new total.`,
    { code: 'parameter_invalid_integer', param: 'amount' },
  );

/** Whoever made it decides: a checkout session, for one, would no longer charge what its page shows. */
export const refuseMade = (
  intent: PaymentIntent,
  livemode: boolean,
  what: 'cancel' | 'confirm' | 'update',
): void => {
  if (intent.madeBy === null) return;
  const maker = intent.madeBy.object;
  throw unexpected(
    intent,
    livemode,
    `You cannot ${what} this PaymentIntent because it was made by a ${maker}, which looks after it: use the ${maker} instead.`,
  );
};

export const secretDoesNotMatch = (): ApiError =>
  new ApiError(
    400,
    'The client_secret provided does not match any associated PaymentIntent on this account. Ensure the publishable key used belongs to the same account that created the PaymentIntent.',
    { param: 'client_secret' },
  );

export const methodWasUsed = (): ApiError =>
  new ApiError(
    400,
    'The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared with a connected account without Customer attachment, or was detached from a Customer. It may not be used again. To use a PaymentMethod multiple times, you must attach it to a Customer first.',
    { param: 'payment_method' },
  );

export const offSessionWithFutureUsage = (): ApiError =>
  new ApiError(
    400,
    'You cannot confirm with `off_session=true` when `setup_future_usage` is also set on the PaymentIntent. The payment method is set up for later by a payment at which the payer is present.',
    { param: 'off_session' },
  );

export const orderInUse = (
  message: string,
  shown: { readonly payment_intent?: unknown } = {},
): ApiError =>
  new ApiError(409, message, {
    type: 'invalid_request_error',
    code: 'order_reference_in_use',
    param: 'order_reference',
    ...shown,
  });

export const orderIsAnothers = (intent: PaymentIntent, livemode: boolean): ApiError =>
  orderInUse(
    'This order_reference is already registered with another amount or currency. An order is registered once, unless its payment is canceled; the payment that exists is shown with this error.',
    { payment_intent: renderIntent(intent, livemode) },
  );

export const orderIsOfSession = (): ApiError =>
  orderInUse(
    'This order_reference is registered by a Checkout Session that can be paid or was. An order is registered once: pay there, or expire that session first.',
  );

/** Where a page was to be made for it. */
export const orderIsOfPayment = (intent: PaymentIntent, livemode: boolean): ApiError =>
  orderInUse(
    `This order_reference is registered by a PaymentIntent, which is shown with this error and is ${intent.status}. An order is registered once: ${intent.status === 'succeeded' ? '' : 'pay that one, cancel it, or '}use another reference.`,
    { payment_intent: renderIntent(intent, livemode) },
  );

export const nobodyTakes = (method: string, currency: string): ApiError =>
  new ApiError(
    400,
    `No payment provider of this account takes ${method} payments in ${currency}. Connect one, or use another method or currency.`,
    { code: 'payment_method_not_available', param: 'payment_method' },
  );

export const triedTooOften = (): ApiError => refuse('payment_intent_tried_too_often');
