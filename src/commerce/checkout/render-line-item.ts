// A line as Stripe shows it, with the price that came along with it.

import type Stripe from 'stripe';
import { spellId, uuidMs } from '#kit/ids';
import type { Wire } from '#kit/wire';
import { type LineItem, lineAmount } from './line-item.ts';

export const LINE_ITEM = 'li';
const PRICE = 'price';
const PRODUCT = 'prod';

/** Amounts of a snapshot are numbers, those of a row are bigints: both are shown as numbers. */
export const renderLineItem = (line: LineItem, livemode: boolean) => {
  const amount = Number(lineAmount(line));
  const { adjustable, price } = line;
  return {
    id: spellId(LINE_ITEM, line.id),
    object: 'item',
    adjustable_quantity:
      adjustable === null
        ? null
        : { enabled: true, maximum: adjustable.maximum, minimum: adjustable.minimum },
    amount_discount: 0,
    amount_subtotal: amount,
    amount_tax: 0,
    amount_total: amount,
    currency: price.currency,
    description: price.name,
    metadata: line.metadata,
    price: renderPrice(price, livemode),
    quantity: line.quantity,
  } satisfies Wire<Stripe.LineItem>;
};

/** Products are of their line alone, so no id of one leads anywhere: they come along with what shows their price. */
export const productsOf = (
  lines: readonly LineItem[],
  livemode: boolean,
): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    lines.map(({ price }) => [spellId(PRODUCT, price.productId), renderProduct(price, livemode)]),
  );

const renderProduct = (price: LineItem['price'], livemode: boolean) => {
  const created = Math.floor(uuidMs(price.productId) / 1000);
  return {
    id: spellId(PRODUCT, price.productId),
    object: 'product',
    active: false,
    created,
    default_price: null,
    description: price.description,
    images: [...price.images],
    livemode,
    marketing_features: [],
    metadata: { ...price.productMetadata },
    name: price.name,
    package_dimensions: null,
    shippable: null,
    statement_descriptor: null,
    tax_code: price.taxCode ?? null,
    tax_details: null,
    type: 'service',
    unit_label: price.unitLabel ?? null,
    updated: created,
    url: null,
  } satisfies Wire<Stripe.Product>;
};

const renderPrice = (price: LineItem['price'], livemode: boolean) =>
  ({
    id: spellId(PRICE, price.id),
    object: 'price',
    active: false,
    billing_scheme: 'per_unit',
    created: Math.floor(uuidMs(price.id) / 1000),
    currency: price.currency,
    custom_unit_amount: null,
    livemode,
    lookup_key: null,
    metadata: {},
    nickname: null,
    product: spellId(PRODUCT, price.productId),
    recurring: null,
    tax_behavior: price.taxBehavior,
    tiers_mode: null,
    transform_quantity: null,
    type: 'one_time',
    unit_amount: Number(price.unitAmount),
    unit_amount_decimal: String(price.unitAmount),
  }) satisfies Wire<Stripe.Price>;
