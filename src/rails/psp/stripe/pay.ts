// A payment: one PaymentIntent, created and confirmed by one call, so that there is one thing to be
// charged however the call ends. Our reference stands in its metadata, where a search finds it.
//
// Amounts are sent as they are: the minor units of our API are Stripe's.

import type { OpenCard } from '#cards/vault';
import { beginningOf } from '#platform/http';
import { type Call, isCard, type OtherMethod, type PaymentRequest } from '#rails/connectors';
import type { Outcome } from '#rails/operations';
import { type Fields, post } from './api.ts';
import { mapAnswer } from './map-answer.ts';
import { REFERENCE } from './map-payment.ts';

export type CaptureMethod = 'manual' | 'automatic';

export const pay = (call: Call<PaymentRequest>, how: CaptureMethod): Promise<Outcome> => {
  const { request } = call;
  if (isCard(request.method)) {
    return call.withCard((card) => payWith(call, how, cardFields(card, request)));
  }
  const { type, data: chosen } = request.method as OtherMethod;
  if (type !== 'payment_method_token') return payWith(call, how, awayFields(type, chosen, request));
  return payWith(call, how, { ...asCard, payment_method: chosen['token'] });
};

const asCard: Fields = { 'payment_method_types[]': 'card' };

const payWith = async (
  call: Call<PaymentRequest>,
  how: CaptureMethod,
  method: Fields,
): Promise<Outcome> => {
  const { operation, request } = call;
  const answered = await post(call, '/v1/payment_intents', {
    amount: String(operation.amount),
    currency: operation.currency,
    confirm: 'true',
    capture_method: how,
    [`metadata[${REFERENCE}]`]: operation.reference,
    // Of a charge of the older API it may be longer than a payment's there.
    description: request.description && beginningOf(request.description, 1_000),
    statement_descriptor_suffix: request.descriptor.slice(0, 22),
    return_url: request.returnUrl,
    'expand[]': 'latest_charge',
    ...(request.initiator === 'merchant' ? { off_session: 'true' } : {}),
    ...(request.credential === 'first' ? { setup_future_usage: 'off_session' } : {}),
    ...method,
  });
  return mapAnswer(operation, answered);
};

/** The payer's bank takes it from here: what Stripe needs to know is who they say they are. */
const awayFields = (
  type: string,
  chosen: OtherMethod['data'],
  { billing }: PaymentRequest,
): Fields => ({
  'payment_method_types[]': type,
  [`${data}[type]`]: type,
  [`${data}[billing_details][name]`]: billing?.name,
  [`${data}[billing_details][email]`]: billing?.email,
  ...Object.fromEntries(
    optional
      .filter((name) => chosen[name] !== undefined)
      .map((name) => [`payment_method_options[${type}][${name}]`, chosen[name]]),
  ),
  ...(chosen['bank'] === undefined ? {} : { [`${data}[${type}][bank]`]: chosen['bank'] }),
});

const optional = ['preferred_language', 'tos_shown_and_accepted'];
const data = 'payment_method_data';

const cardFields = (card: OpenCard, { billing, authentication }: PaymentRequest): Fields => {
  const proof = 'payment_method_options[card][three_d_secure]';
  return {
    ...asCard,
    [`${data}[type]`]: 'card',
    [`${data}[card][number]`]: card.number.toString('latin1'),
    [`${data}[card][exp_month]`]: String(card.expMonth),
    [`${data}[card][exp_year]`]: String(card.expYear),
    [`${data}[card][cvc]`]: card.cvc?.toString('latin1'),
    [`${data}[billing_details][name]`]: billing?.name ?? card.name,
    [`${data}[billing_details][email]`]: billing?.email,
    [`${data}[billing_details][address][line1]`]: billing?.line1,
    [`${data}[billing_details][address][postal_code]`]: billing?.postalCode,
    [`${data}[billing_details][address][country]`]: billing?.country,
    ...(authentication?.cavv
      ? {
          [`${proof}[cryptogram]`]: authentication.cavv,
          [`${proof}[transaction_id]`]: authentication.directoryServerTransactionId,
          [`${proof}[version]`]: authentication.version,
          [`${proof}[electronic_commerce_indicator]`]: authentication.eci,
        }
      : {}),
  };
};
