// Lines and ways to ship as a merchant's server says them, made into what is stored.

import type { Static } from 'typebox';
import type { Context } from '#kit/context';
import { newUuid } from '#kit/ids';
import {
  ApiError,
  mergeMetadata,
  onlyOneOf,
  parameterMissing,
  resourceMissing,
} from '#platform/http';
import { type Adjustable, type LineItem, QUANTITY_MAX } from './line-item.ts';
import { notYet } from './refusals.ts';
import type { createParameters, sessionLineParameters } from './session-parameters.ts';
import type { ShippingOption } from './shipping-options.ts';

type Source = Pick<Context, 'clock' | 'random'>;
type AskedLine = Static<typeof sessionLineParameters>;

const ADJUSTABLE_MAX = 99;

export const readLines = (source: Source, asked: readonly AskedLine[]): readonly LineItem[] => {
  const lines = asked.map((line, at) => readLine(source, line, `line_items[${at}]`));
  const currency = lines[0]?.price.currency;
  const other = lines.findIndex(({ price }) => price.currency !== currency);
  if (other !== -1) {
    const isOlder = asked[other]?.currency !== undefined;
    throw new ApiError(400, 'All line items of a Checkout Session must have the same currency.', {
      param: `line_items[${other}]${isOlder ? '' : '[price_data]'}[currency]`,
    });
  }
  return lines;
};

const olderNames = ['name', 'amount', 'currency', 'description', 'images'] as const;
const olderNameIn = (line: AskedLine) => olderNames.find((name) => line[name] !== undefined);

/** Whether lines are said as until 2022-08-01, when there was no need to say the mode of a payment. */
export const areOlder = (lines: readonly AskedLine[]): boolean =>
  lines.some((line) => olderNameIn(line) !== undefined);

const ofToday = (line: AskedLine, at: string): AskedLine => {
  const older = olderNameIn(line);
  if (older === undefined) return line;
  for (const other of ['price', 'price_data'] as const) {
    if (line[other] !== undefined) throw onlyOneOf([`${at}[${other}]`, `${at}[${older}]`]);
  }
  const { name, amount, currency, description, images } = line;
  if (name === undefined) throw parameterMissing(`${at}[name]`);
  if (amount === undefined) throw parameterMissing(`${at}[amount]`);
  if (currency === undefined) throw parameterMissing(`${at}[currency]`);
  const product = {
    name,
    ...(description === undefined ? {} : { description }),
    ...(images === undefined ? {} : { images }),
  };
  return { ...line, price_data: { currency, unit_amount: amount, product_data: product } };
};

const readLine = (source: Source, said: AskedLine, at: string): LineItem => {
  const line = ofToday(said, at);
  const { price, price_data: data, tax_rates: rates } = line;
  if (price !== undefined && data !== undefined) {
    throw onlyOneOf([`${at}[price]`, `${at}[price_data]`]);
  }
  if (price !== undefined) {
    // Until there is a catalog no price has an id.
    throw resourceMissing({ noun: 'price', id: price, param: `${at}[price]` });
  }
  if (data === undefined) throw parameterMissing(`${at}[price_data]`);
  if (rates !== undefined && rates.length > 0) throw notYet(`${at}[tax_rates]`, 'Tax rates are');
  if (data.recurring !== undefined) {
    throw notYet(`${at}[price_data][recurring]`, 'Subscriptions are');
  }
  const { product, product_data: named } = data;
  if (product !== undefined) {
    throw resourceMissing({ noun: 'product', id: product, param: `${at}[price_data][product]` });
  }
  if (named === undefined) throw parameterMissing(`${at}[price_data][product_data]`);
  const { quantity = 1 } = line;
  return {
    id: newUuid(source),
    quantity,
    adjustable: readAdjustable(line.adjustable_quantity, quantity, at),
    metadata: mergeMetadata({}, line.metadata, `${at}[metadata]`),
    price: {
      id: newUuid(source),
      productId: newUuid(source),
      currency: data.currency,
      unitAmount: unitAmount(data, at),
      taxBehavior: data.tax_behavior ?? 'unspecified',
      name: named.name,
      description: named.description ?? null,
      images: named.images ?? [],
      ...productFields(named, `${at}[price_data][product_data]`),
    },
  };
};

type AskedProduct = NonNullable<NonNullable<AskedLine['price_data']>['product_data']>;

/** What nothing is computed from: kept for the merchant, who reads it at the product. */
const productFields = (
  { metadata, tax_code: taxCode, tax_details: taxDetails, unit_label: unitLabel }: AskedProduct,
  at: string,
): Pick<LineItem['price'], 'productMetadata' | 'taxCode' | 'unitLabel'> => {
  if (taxDetails !== undefined) throw notYet(`${at}[tax_details]`, 'Tax calculations are');
  return {
    ...(metadata === undefined
      ? {}
      : { productMetadata: mergeMetadata({}, metadata, `${at}[metadata]`) }),
    ...(taxCode === undefined ? {} : { taxCode }),
    ...(unitLabel === undefined ? {} : { unitLabel }),
  };
};

const unitAmount = (data: NonNullable<AskedLine['price_data']>, at: string): bigint => {
  const { unit_amount: whole, unit_amount_decimal: decimal } = data;
  if (whole !== undefined && decimal !== undefined) {
    throw onlyOneOf([`${at}[price_data][unit_amount]`, `${at}[price_data][unit_amount_decimal]`]);
  }
  if (whole !== undefined) return BigInt(whole);
  if (decimal === undefined) throw parameterMissing(`${at}[price_data][unit_amount]`);
  // A part of a cent can be shown and not charged: whoever sells by it has to say how it is rounded.
  if (!/^\d{1,12}$/.test(decimal)) {
    throw new ApiError(400, 'unit_amount_decimal must be a whole number of the smallest unit.', {
      param: `${at}[price_data][unit_amount_decimal]`,
    });
  }
  return BigInt(decimal);
};

export const readAdjustable = (
  asked: AskedLine['adjustable_quantity'],
  quantity: number,
  at: string,
): Adjustable | null => {
  if (asked === undefined || !asked.enabled) return null;
  const { minimum = 0, maximum = Math.max(ADJUSTABLE_MAX, quantity) } = asked;
  if (minimum > quantity || quantity > maximum || maximum > QUANTITY_MAX) {
    throw new ApiError(400, 'The quantity must lie between the minimum and the maximum.', {
      param: `${at}[adjustable_quantity]`,
    });
  }
  return { minimum, maximum };
};

type AskedShipping = NonNullable<Static<typeof createParameters>['shipping_options']>;

export const readShippingOptions = (
  source: Source,
  asked: AskedShipping,
  currency: string | null,
): readonly ShippingOption[] =>
  asked.map(({ shipping_rate: rate, shipping_rate_data: data }, index) => {
    const at = `shipping_options[${index}]`;
    if (rate !== undefined) {
      throw resourceMissing({ noun: 'shipping rate', id: rate, param: `${at}[shipping_rate]` });
    }
    if (data === undefined) throw parameterMissing(`${at}[shipping_rate_data]`);
    const fixed = data.fixed_amount;
    if (fixed === undefined) throw parameterMissing(`${at}[shipping_rate_data][fixed_amount]`);
    if (fixed.currency !== currency) {
      throw new ApiError(400, 'Shipping must be priced in the currency of the session.', {
        param: `${at}[shipping_rate_data][fixed_amount][currency]`,
      });
    }
    const { minimum = null, maximum = null } = data.delivery_estimate ?? {};
    return {
      id: newUuid(source),
      name: data.display_name,
      amount: BigInt(fixed.amount),
      taxBehavior: data.tax_behavior ?? 'unspecified',
      delivery: data.delivery_estimate === undefined ? null : { minimum, maximum },
      metadata: mergeMetadata({}, data.metadata, `${at}[shipping_rate_data][metadata]`),
    };
  });
