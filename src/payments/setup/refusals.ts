// The sentences in which a setup intent refuses. Each error of the state carries the intent.

import { CUSTOMER, type PaymentMethod, spellMethod } from '#cards/methods';
import { spellId } from '#kit/ids';
import { methodWasUsed } from '#payments/intents';
import { ApiError, refuse } from '#platform/http';
import { renderSetup } from './render-setup.ts';
import type { SetupIntent } from './setup-intent.ts';
import { statusesWith } from './setup-states.ts';

const unexpected = (setup: SetupIntent, livemode: boolean, message: string): ApiError =>
  refuse('setup_intent_unexpected_state', { message, setup_intent: renderSetup(setup, livemode) });

export const methodMissing = (setup: SetupIntent, livemode: boolean): ApiError =>
  unexpected(
    setup,
    livemode,
    "You cannot confirm this SetupIntent because it's missing a payment method. Update the SetupIntent with a payment method and then confirm it again, or confirm it directly with a payment method or ConfirmationToken.",
  );

export const hasNoMicrodeposits = (setup: SetupIntent, livemode: boolean): ApiError =>
  unexpected(
    setup,
    livemode,
    'You cannot verify this SetupIntent: it does not wait for microdeposits, which no payment method of this installation makes.',
  );

export const cannotConfirm = (setup: SetupIntent, livemode: boolean): ApiError =>
  unexpected(
    setup,
    livemode,
    setup.status === 'succeeded'
      ? 'You cannot confirm this SetupIntent because it has already succeeded.'
      : `You cannot confirm this SetupIntent because it has a status of ${setup.status}. Only a SetupIntent with one of the following statuses may be confirmed: ${statusesWith('sent').join(', ')}.`,
  );

export const cannotUpdate = (setup: SetupIntent, livemode: boolean, name: string): ApiError =>
  unexpected(
    setup,
    livemode,
    `This SetupIntent's ${name} could not be updated because it has a status of ${setup.status}. You may only update the ${name} of a SetupIntent with one of the following statuses: ${statusesWith('method_given').join(', ')}.`,
  );

export const cannotCancel = (setup: SetupIntent, livemode: boolean): ApiError =>
  unexpected(
    setup,
    livemode,
    `You cannot cancel this SetupIntent because it has a status of ${setup.status}. Only a SetupIntent with one of the following statuses may be canceled: ${statusesWith('canceled').join(', ')}.`,
  );

/** Whoever made it decides: a checkout session, for one, would never learn what became of its card. */
export const refuseMade = (
  setup: SetupIntent,
  livemode: boolean,
  what: 'cancel' | 'confirm' | 'update',
): void => {
  if (setup.madeBy === null) return;
  const maker = setup.madeBy.object;
  throw unexpected(
    setup,
    livemode,
    `You cannot ${what} this SetupIntent because it was made by a ${maker}, which looks after it: use the ${maker} instead.`,
  );
};

export const secretDoesNotMatch = (): ApiError =>
  new ApiError(
    400,
    'The client_secret provided does not match any associated SetupIntent on this account. Ensure the publishable key used belongs to the same account that created the SetupIntent.',
    { param: 'client_secret' },
  );

/** Whose it is, and whether it may be kept: said before anything is written. */
export const checkMethod = (setup: SetupIntent, method: PaymentMethod): void => {
  if (method.state === 'detached') throw methodWasUsed();
  if (method.type !== 'card') {
    throw new ApiError(
      400,
      `The PaymentMethod provided (${method.type}) is not allowed for this SetupIntent. Please attach a PaymentMethod of one of the following types: card.`,
      { param: 'payment_method' },
    );
  }
  if (method.customerId === null || method.customerId === setup.customerId) return;
  throw new ApiError(
    400,
    setup.customerId === null
      ? `The payment method supplied (${spellMethod(method)}) belongs to a Customer, but the SetupIntent has none. Please include the Customer in the \`customer\` parameter of the SetupIntent.`
      : `The payment method supplied (${spellMethod(method)}) belongs to the Customer ${spellId(CUSTOMER, method.customerId)}, and not to the Customer of this SetupIntent.`,
    { param: 'payment_method' },
  );
};

export const triedTooOften = (): ApiError => refuse('setup_intent_tried_too_often');

export const customerGone = (): ApiError =>
  new ApiError(400, 'The customer of this SetupIntent was deleted: no card is kept for them.', {
    code: 'resource_missing',
    param: 'customer',
  });
