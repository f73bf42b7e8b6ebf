// What a merchant says of the order behind an amount: its own references, what of the amount is tax, shipping and
// discount, and its lines. It is kept and shown, and no bank is told of it.

import type Stripe from 'stripe';
import type { Static } from 'typebox';
import { spellId } from '#kit/ids';
import type { Wire } from '#kit/wire';
import { INTENT } from '#payments/charges';
import { ApiError } from '#platform/http';
import type { amountDetailsParameters, paymentDetailsParameters } from './order-parameters.ts';
import type { PaymentIntent } from './payment-intent.ts';

type AskedAmount = Static<typeof amountDetailsParameters>;
type AskedLine = NonNullable<AskedAmount['line_items']>[number];

export type PaymentDetails = {
  readonly customerReference: string | null;
  readonly orderReference: string | null;
};

export type AmountDetails = {
  readonly discount: number | null;
  readonly tax: number | null;
  readonly shipping: {
    readonly amount: number | null;
    readonly fromPostalCode: string | null;
    readonly toPostalCode: string | null;
  } | null;
  readonly lines: readonly AskedLine[];
};

export type OrderDetails = {
  readonly paymentDetails?: PaymentDetails;
  readonly amountDetails?: AmountDetails;
};

export type AskedDetails = {
  readonly payment_details?: Static<typeof paymentDetailsParameters> | null | undefined;
  readonly amount_details?: AskedAmount | null | undefined;
};

/** A field that was not sent keeps its value; `amount` is that which the details are of. */
export const withOrderDetails = <T extends OrderDetails>(
  before: T,
  asked: AskedDetails,
  amount: bigint | number,
): T => {
  if (asked.payment_details === undefined && asked.amount_details === undefined) return before;
  const { paymentDetails, amountDetails, ...rest } = before;
  const payment = paymentDetailsOf(paymentDetails, asked.payment_details);
  const details = amountDetailsOf(amountDetails, asked.amount_details);
  const isStrict = asked.amount_details?.enforce_arithmetic_validation !== false;
  if (asked.amount_details && details !== undefined && isStrict) {
    const fault = faultOf(details, Number(amount));
    if (fault !== null) throw new ApiError(400, fault.message, { param: 'amount_details' });
  }
  return {
    ...(rest as T),
    ...(payment === undefined ? {} : { paymentDetails: payment }),
    ...(details === undefined ? {} : { amountDetails: details }),
  };
};

const changed = <T>(old: T | null, asked: T | null | undefined): T | null =>
  asked === undefined ? old : asked;

const paymentDetailsOf = (
  old: PaymentDetails | undefined,
  asked: AskedDetails['payment_details'],
): PaymentDetails | undefined => {
  if (asked === undefined) return old;
  if (asked === null) return undefined;
  return {
    customerReference: changed(old?.customerReference ?? null, asked.customer_reference),
    orderReference: changed(old?.orderReference ?? null, asked.order_reference),
  };
};

const amountDetailsOf = (
  old: AmountDetails | undefined,
  asked: AskedDetails['amount_details'],
): AmountDetails | undefined => {
  if (asked === undefined) return old;
  if (asked === null) return undefined;
  const details: AmountDetails = {
    discount: changed(old?.discount ?? null, asked.discount_amount),
    tax: asked.tax === undefined ? (old?.tax ?? null) : (asked.tax?.total_tax_amount ?? null),
    shipping: shippingOf(old?.shipping ?? null, asked.shipping),
    lines: asked.line_items === undefined ? (old?.lines ?? []) : (asked.line_items ?? []),
  };
  refuseTwice(details);
  return details;
};

const shippingOf = (
  old: AmountDetails['shipping'],
  asked: AskedAmount['shipping'],
): AmountDetails['shipping'] => {
  if (asked === undefined || asked === null) return asked === undefined ? old : null;
  return {
    amount: changed(old?.amount ?? null, asked.amount),
    fromPostalCode: changed(old?.fromPostalCode ?? null, asked.from_postal_code),
    toPostalCode: changed(old?.toPostalCode ?? null, asked.to_postal_code),
  };
};

/** Of the whole, or line by line. */
const refuseTwice = ({ discount, tax, lines }: AmountDetails): void => {
  const has = (of: (line: AskedLine) => unknown): boolean =>
    lines.some((line) => of(line) !== undefined);
  const twice =
    discount !== null && has((line) => line.discount_amount)
      ? ['discount_amount', 'discount_amount']
      : tax !== null && has((line) => line.tax)
        ? ['tax', 'tax']
        : null;
  if (twice === null) return;
  const [whole = '', line = ''] = twice;
  throw new ApiError(
    400,
    `You may only specify one of these parameters: amount_details[${whole}], amount_details[line_items][#][${line}].`,
    { param: `amount_details[${whole}]` },
  );
};

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

/** Stripe's two names of what does not add up. */
const faultOf = ({ discount, tax, shipping, lines }: AmountDetails, amount: number) => {
  const taxes = tax ?? sum(lines.map((line) => line.tax?.total_tax_amount ?? 0));
  const discounts = discount ?? sum(lines.map((line) => line.discount_amount ?? 0));
  const beside = taxes + (shipping?.amount ?? 0) - discounts;
  if (lines.length === 0) {
    return beside <= amount
      ? null
      : {
          code: 'amount_details_tax_shipping_discount_greater_than_amount' as const,
          message: `Tax and shipping less discount (${beside}) of amount_details are more than the amount (${amount}).`,
        };
  }
  const total = sum(lines.map((line) => line.unit_cost * line.quantity)) + beside;
  return total === amount
    ? null
    : {
        code: 'amount_details_amount_mismatch' as const,
        message: `The line items, tax, shipping and discount of amount_details come to ${total}, and not to the amount (${amount}).`,
      };
};

type Shown = Wire<Stripe.PaymentIntent>;

export const renderPaymentDetails = ({
  paymentDetails,
}: Pick<PaymentIntent, 'paymentDetails'>): Shown['payment_details'] =>
  paymentDetails && {
    customer_reference: paymentDetails.customerReference,
    order_reference: paymentDetails.orderReference,
  };

export const renderAmountDetails = ({
  amount,
  amountDetails,
  received,
  status,
}: Pick<PaymentIntent, 'amount' | 'amountDetails' | 'received' | 'status'>): NonNullable<
  Shown['amount_details']
> => {
  if (amountDetails === undefined) return { tip: {} };
  const { discount, tax, shipping } = amountDetails;
  // Told when asked to be lenient, and when the amount has changed since.
  const error = faultOf(amountDetails, Number(status === 'succeeded' ? received : amount));
  return {
    ...(discount === null ? {} : { discount_amount: discount }),
    ...(error === null ? {} : { error }),
    ...(shipping === null
      ? {}
      : {
          shipping: {
            amount: shipping.amount,
            from_postal_code: shipping.fromPostalCode,
            to_postal_code: shipping.toPostalCode,
          },
        }),
    ...(tax === null ? {} : { tax: { total_tax_amount: tax } }),
    tip: {},
  };
};

/** Named by the payment and by its place, so that a line has one name for as long as the lines are these. */
export const linesOf = ({ id, amountDetails }: Pick<PaymentIntent, 'id' | 'amountDetails'>) =>
  (amountDetails?.lines ?? []).map((line, at) => renderLine(line, lineId(id, at)));

const lineId = (id: string, at: number): string =>
  `${spellId(INTENT, id).replace(`${INTENT}_`, 'uli_')}${String(at + 1).padStart(3, '0')}`;

const renderLine = (line: AskedLine, id: string) =>
  ({
    id,
    object: 'payment_intent_amount_details_line_item',
    discount_amount: line.discount_amount ?? null,
    payment_method_options:
      line.payment_method_options === undefined ? null : optionsOf(line.payment_method_options),
    product_code: line.product_code ?? null,
    product_name: line.product_name,
    quantity: line.quantity,
    tax: line.tax === undefined ? null : { total_tax_amount: line.tax.total_tax_amount },
    unit_cost: line.unit_cost,
    unit_of_measure: line.unit_of_measure ?? null,
  }) satisfies Wire<Stripe.PaymentIntentAmountDetailsLineItem>;

const optionsOf = ({
  card,
  card_present: present,
  klarna,
  paypal,
}: NonNullable<AskedLine['payment_method_options']>) => ({
  ...(card === undefined ? {} : { card: { commodity_code: card.commodity_code ?? null } }),
  ...(present === undefined
    ? {}
    : { card_present: { commodity_code: present.commodity_code ?? null } }),
  ...(klarna === undefined
    ? {}
    : {
        klarna: {
          image_url: klarna.image_url ?? null,
          product_url: klarna.product_url ?? null,
          reference: klarna.reference ?? null,
          subscription_reference: klarna.subscription_reference ?? null,
        },
      }),
  ...(paypal === undefined ? {} : { paypal }),
});
