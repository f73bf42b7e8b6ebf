// What a payer agreed to with a confirmation.

import type { Static } from 'typebox';
import type { Context } from '#kit/context';
import { newUuid } from '#kit/ids';
import {
  acceptingNow,
  type MandateData,
  mandateOf,
  type mandateParameters,
} from '#payments/confirmation';
import { isSameQuestion, type PaymentIntent } from './payment-intent.ts';

type Said = {
  /** With the call. Null: nothing. */
  readonly asked: Static<typeof mandateParameters> | null | undefined;
  /** With the token that the call confirms with. */
  readonly byToken: MandateData | undefined;
  /** With an earlier call that is gone on with. */
  readonly before: PaymentIntent['mandate'];
};

/** As it is confirmed; without a word of it nothing is agreed to, but for what was before. */
export const withMandate = (
  context: Context,
  intent: PaymentIntent,
  { asked, byToken, before }: Said,
): PaymentIntent => {
  const rest = withoutAgreement(intent);
  if (asked === null) return rest;
  const data = asked === undefined ? byToken : mandateOf(asked, acceptingNow(context));
  if (data === undefined) return before === undefined ? rest : { ...rest, mandate: before };
  const { amount, currency } = intent;
  const singleUse = isForLater(intent) ? {} : { singleUse: { amount: Number(amount), currency } };
  return { ...rest, mandate: { id: newUuid(context), ...data, ...singleUse } };
};

/** Nobody has agreed to a payment that failed with the next card, nor to one that was changed. */
export const withoutAgreement = ({ mandate: _old, ...intent }: PaymentIntent): PaymentIntent =>
  intent;

/** Whether who agreed to the one has agreed to the other. */
export const isSameAgreement = (a: PaymentIntent, b: PaymentIntent): boolean =>
  isSameQuestion(a, b) && laterUseOf(a) === laterUseOf(b);

const isForLater = (intent: PaymentIntent): boolean => laterUseOf(intent) !== null;

const laterUseOf = ({ cardOptions, setupFutureUsage }: PaymentIntent): string | null => {
  const use = cardOptions.setupFutureUsage ?? setupFutureUsage;
  return use === 'none' ? null : use;
};
