// What a payer agreed to with a confirmation.

import type { Static } from 'typebox';
import type { Context } from '#kit/context';
import { newUuid } from '#kit/ids';
import type { Charge } from '#payments/charges';
import {
  acceptingNow,
  type Mandate,
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
  readonly before: Agreement;
  /** That the call names. */
  readonly named: Mandate | null;
};

type Agreement = Pick<PaymentIntent, 'mandate' | 'byMandate'>;

/** What a confirmation once more goes on with. */
export const agreementOf = ({ mandate, byMandate }: Agreement): Agreement => ({
  ...(mandate === undefined ? {} : { mandate }),
  ...(byMandate === undefined ? {} : { byMandate }),
});

/** As it is confirmed; without a word of it nothing is agreed to, but for what was before. */
export const withMandate = (
  context: Context,
  intent: PaymentIntent,
  { asked, byToken, before, named }: Said,
): PaymentIntent => {
  const rest = withoutAgreement(intent);
  if (named !== null) return { ...rest, byMandate: named.id };
  if (asked === null) return rest;
  const data = asked === undefined ? byToken : mandateOf(asked, acceptingNow(context));
  if (data === undefined) return { ...rest, ...before };
  const { amount, currency } = intent;
  const singleUse = isForLater(intent) ? {} : { singleUse: { amount: Number(amount), currency } };
  return { ...rest, mandate: { id: newUuid(context), ...data, ...singleUse } };
};

/** At the charge of the attempt, which shows it when it has succeeded. */
export const mandateFor = ({ mandate, byMandate }: Agreement): Pick<Charge, 'mandateId'> => {
  const mandateId = mandate?.id ?? byMandate;
  return mandateId === undefined ? {} : { mandateId };
};

/** Nobody has agreed to a payment that failed with the next card, nor to one that was changed. */
export const withoutAgreement = (intent: PaymentIntent): PaymentIntent => {
  // As it is for most, and then nothing is copied.
  if (intent.mandate === undefined && intent.byMandate === undefined) return intent;
  const { mandate: _agreed, byMandate: _named, ...rest } = intent;
  return rest;
};

/** Whether who agreed to the one has agreed to the other. */
export const isSameAgreement = (a: PaymentIntent, b: PaymentIntent): boolean =>
  isSameQuestion(a, b) && laterUseOf(a) === laterUseOf(b);

const isForLater = (intent: PaymentIntent): boolean => laterUseOf(intent) !== null;

const laterUseOf = ({ cardOptions, setupFutureUsage }: PaymentIntent): string | null => {
  const use = cardOptions.setupFutureUsage ?? setupFutureUsage;
  return use === 'none' ? null : use;
};
