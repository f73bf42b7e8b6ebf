// What a session becomes by what its payer says: quantities within their bounds, the way to ship, and who
// they are. Pure. The amount is computed anew from it, and never taken from the browser.

import type { Static } from 'typebox';
import { type Address, emptyAddress } from '#cards/methods';
import { parseId, spellId } from '#kit/ids';
import { ApiError } from '#platform/http';
import type { confirmParameters } from './confirm-parameters.ts';
import { readAnswers } from './custom-fields.ts';
import type { LineItem } from './line-item.ts';
import { missing } from './refusals.ts';
import { LINE_ITEM } from './render-line-item.ts';
import type { CheckoutSession, Collected } from './session.ts';
import { SHIPPING_RATE } from './shipping-options.ts';
import { priced } from './totals.ts';

export type Said = Static<typeof confirmParameters>;

export const takeAnswers = (session: CheckoutSession, said: Said): CheckoutSession => {
  const lines = takeQuantities(session.lines, said.quantity ?? {});
  const shippingChosen = takeShippingOption(session, said.shipping_option);
  const collected = collect(session, said);
  return priced({ ...session, lines, shippingChosen, collected, email: collected.email });
};

/** How many, and how they are shipped: what changes the amount while nobody pays yet. */
export const takeChoices = (session: CheckoutSession, said: Said): CheckoutSession =>
  priced({
    ...session,
    lines: takeQuantities(session.lines, said.quantity ?? {}),
    shippingChosen: takeShippingOption(session, said.shipping_option),
  });

const takeQuantities = (
  lines: readonly LineItem[],
  said: Readonly<Record<string, number>>,
): readonly LineItem[] => {
  const changed = lines.map((line) => {
    const quantity = said[spellId(LINE_ITEM, line.id)] ?? line.quantity;
    if (quantity === line.quantity) return line;
    const param = `quantity[${spellId(LINE_ITEM, line.id)}]`;
    const { adjustable } = line;
    if (adjustable === null) {
      throw new ApiError(400, 'The quantity of this line is fixed.', { param });
    }
    if (quantity < adjustable.minimum || quantity > adjustable.maximum) {
      throw new ApiError(
        400,
        `The quantity must be from ${adjustable.minimum} to ${adjustable.maximum}.`,
        { param },
      );
    }
    return { ...line, quantity };
  });
  const known = new Set(lines.map(({ id }) => spellId(LINE_ITEM, id)));
  const unknown = Object.keys(said).find((id) => !known.has(id));
  if (unknown !== undefined) {
    throw new ApiError(400, 'There is no such line.', { param: `quantity[${unknown}]` });
  }
  if (changed.length > 0 && changed.every(({ quantity }) => quantity === 0)) {
    throw new ApiError(400, 'At least one thing has to be bought.', { param: 'quantity' });
  }
  return changed;
};

const takeShippingOption = (
  { shippingOptions, shippingChosen }: CheckoutSession,
  said: string | undefined,
): string | null => {
  if (said === undefined) return shippingChosen;
  const id = parseId(SHIPPING_RATE, said);
  if (id !== null && shippingOptions.some((option) => option.id === id)) return id;
  throw new ApiError(400, 'There is no such shipping option.', { param: 'shipping_option' });
};

const collect = (session: CheckoutSession, said: Said): Collected => {
  const { collected: before } = session;
  const details = said.payment_method_data?.billing_details;
  // What the merchant has said of its customer is not the payer's to change.
  const email = session.customerEmail ?? said.email ?? details?.email ?? before.email;
  const name = said.name ?? details?.name ?? before.name;
  const phone = said.phone ?? details?.phone ?? before.phone;
  const billing =
    addressOf(said.billing_address) ?? addressOf(details?.address ?? undefined) ?? before.billing;
  const shipping =
    said.shipping === undefined
      ? before.shipping
      : { address: addressOf(said.shipping.address) ?? emptyAddress, name: said.shipping.name };

  const businessName = said.business_name ?? before.businessName ?? null;
  const individualName = said.individual_name ?? before.individualName ?? null;

  if (email === null) throw missing('email', 'an e-mail address');
  const { business = null, individual = null } = session.nameCollection ?? {};
  if (business?.optional === false && businessName === null) {
    throw missing('business_name', 'the name of their business');
  }
  if (individual?.optional === false && individualName === null) {
    throw missing('individual_name', 'their name');
  }
  if (session.asksPhone && phone === null) throw missing('phone', 'a phone number');
  if (session.billingAddress === 'required' && !isWhole(billing)) {
    throw missing('billing_address', 'a whole billing address');
  }
  checkShipping(session, shipping);
  return {
    email,
    name,
    businessName: business && businessName,
    individualName: individual && individualName,
    phone,
    billing,
    shipping: session.shippingCountries === null ? null : shipping,
    customFields: readAnswers(session.customFields, {
      ...before.customFields,
      ...said.custom_fields,
    }),
    consent: consentOf(session, said),
  };
};

/** What the page asked its payer for is told of a new card as well: its bank compares it, and the charge shows it. */
export const withBilling = (said: Said, { email, name, billing }: Collected): Said => {
  const { payment_method_data: data } = said;
  if (data === undefined) return said;
  const told = data.billing_details;
  const details = {
    ...told,
    address: told?.address ?? billing,
    email: told?.email ?? email,
    name: told?.name ?? name,
  };
  return { ...said, payment_method_data: { ...data, billing_details: details } };
};

const checkShipping = (
  { shippingCountries: countries }: CheckoutSession,
  shipping: Collected['shipping'],
): void => {
  if (countries === null) return;
  if (shipping === null || !isWhole(shipping.address)) {
    throw missing('shipping[address]', 'a whole shipping address');
  }
  if (!countries.includes(shipping.address.country ?? '')) {
    throw new ApiError(400, 'Nothing is shipped to this country.', {
      param: 'shipping[address][country]',
    });
  }
};

const consentOf = (
  { consentCollection, collected }: CheckoutSession,
  { consent }: Said,
): Collected['consent'] => {
  const accepted = consent?.terms_of_service === true || collected.consent.terms === 'accepted';
  const isAsked = consentCollection?.terms === 'required';
  if (isAsked && !accepted)
    throw missing('consent[terms_of_service]', 'their consent to the terms');
  return {
    terms: isAsked ? 'accepted' : null,
    promotions:
      consentCollection?.promotions !== 'auto'
        ? null
        : consent?.promotions === undefined
          ? collected.consent.promotions
          : consent.promotions
            ? 'opt_in'
            : 'opt_out',
  };
};

type AskedAddress = Partial<Record<keyof Address, string | null>>;

const addressOf = (said: AskedAddress | undefined): Address | null => {
  if (said === undefined) return null;
  const given = Object.entries(said).filter(([, part]) => part !== undefined && part !== null);
  if (given.length === 0) return null;
  const address = { ...emptyAddress, ...Object.fromEntries(given) };
  return { ...address, country: address.country?.toUpperCase() ?? null };
};

/** Not every country has cities, states and postcodes in its addresses. */
const isWhole = (address: Address | null): boolean =>
  address !== null && address.line1 !== null && address.country !== null;
