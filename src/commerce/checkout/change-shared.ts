// What a link's later sessions begin with, changed: pure but for the ids of new ways to ship. What was not sent stays,
// and null, sent as an empty string, unsets. Sessions that are open keep what they began with.

import type { Static } from 'typebox';
import type { Context } from '#kit/context';
import { spellId } from '#kit/ids';
import { ApiError, mergeMetadata, resourceMissing } from '#platform/http';
import { readCardsRefused } from './cards-refused.ts';
import type { changedLineParameters, changeParameters } from './change-parameters.ts';
import { readCollected, readIntentData, type SharedOfSession } from './create-session.ts';
import type { LineItem } from './line-item.ts';
import { readNameCollection } from './name-collection.ts';
import { readAdjustable, readShippingOptions } from './read-lines.ts';
import { LINE_ITEM } from './render-line-item.ts';

type Asked = Static<typeof changeParameters>;
type AskedLine = Static<typeof changedLineParameters>;

export const changeShared = (
  context: Pick<Context, 'clock' | 'random'>,
  before: SharedOfSession,
  asked: Asked,
): SharedOfSession => {
  const { shipping_options: ways, shipping_address_collection: countries } = asked;
  const { billing_address_collection: billing, consent_collection: consent } = asked;
  const given = readCollected({
    custom_fields: asked.custom_fields ?? [],
    ...(billing === undefined ? {} : { billing_address_collection: billing }),
    ...(consent === undefined ? {} : { consent_collection: consent }),
  });
  const shippingOptions =
    ways === undefined
      ? before.shippingOptions
      : readShippingOptions(context, ways ?? [], before.currency);
  return {
    ...before,
    metadata: mergeMetadata(before.metadata, asked.metadata),
    billingAddress: given.billingAddress ?? before.billingAddress,
    asksPhone: asked.phone_number_collection?.enabled ?? before.asksPhone,
    cardsRefused:
      asked.payment_method_options === undefined
        ? (before.cardsRefused ?? null)
        : readCardsRefused(asked.payment_method_options),
    consentCollection: given.consentCollection ?? before.consentCollection,
    nameCollection:
      asked.name_collection === undefined
        ? (before.nameCollection ?? null)
        : readNameCollection(asked.name_collection ?? undefined),
    customFields: asked.custom_fields === undefined ? before.customFields : given.customFields,
    customText: changeText(before.customText, asked.custom_text),
    submitType: asked.submit_type ?? before.submitType,
    shippingCountries:
      countries === undefined
        ? before.shippingCountries
        : (countries?.allowed_countries.map((code) => code.toUpperCase()) ?? null),
    shippingOptions,
    shippingChosen: ways === undefined ? before.shippingChosen : (shippingOptions[0]?.id ?? null),
    lines: changeLines(before.lines, asked.line_items ?? []),
    intentData: changeIntentData(before.intentData, asked.payment_intent_data),
  };
};

type Texts = SharedOfSession['customText'];

const changeText = (before: Texts, asked: Asked['custom_text'] = {}): Texts => {
  const changed = (old: string | null, to: { readonly message: string } | null | undefined) =>
    to === undefined ? old : (to?.message ?? null);
  return {
    afterSubmit: changed(before.afterSubmit, asked.after_submit),
    shippingAddress: changed(before.shippingAddress, asked.shipping_address),
    submit: changed(before.submit, asked.submit),
    terms: changed(before.terms, asked.terms_of_service_acceptance),
  };
};

/** Lines stay, in their order, and cost what they cost; how many of each may change. */
const changeLines = (
  before: readonly LineItem[],
  asked: readonly AskedLine[],
): readonly LineItem[] => {
  const left = new Map(asked.map((each, at) => [each.id, { each, at: `line_items[${at}]` }]));
  const changed = before.map((line) => {
    const found = left.get(spellId(LINE_ITEM, line.id));
    if (found === undefined) return line;
    left.delete(found.each.id);
    const quantity = found.each.quantity ?? line.quantity;
    const adjustable =
      found.each.adjustable_quantity === undefined
        ? line.adjustable
        : readAdjustable(found.each.adjustable_quantity, quantity, found.at);
    if (adjustable !== null && (quantity < adjustable.minimum || quantity > adjustable.maximum)) {
      throw new ApiError(400, 'The quantity must lie between the minimum and the maximum.', {
        param: `${found.at}[quantity]`,
      });
    }
    return { ...line, quantity, adjustable };
  });
  for (const { each, at } of left.values()) {
    throw resourceMissing({ noun: 'line item', id: each.id, param: `${at}[id]` });
  }
  return changed;
};

type IntentData = SharedOfSession['intentData'];

/** Metadata of the payments to come is told whole, and not merged. */
const changeIntentData = (
  before: IntentData,
  asked: Asked['payment_intent_data'] = {},
): IntentData => {
  const merged = Object.entries({ ...before, ...asked }).filter(([, value]) => value !== null);
  return readIntentData(Object.fromEntries(merged));
};
