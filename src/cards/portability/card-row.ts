// What a row asks for: a card, its customer, and by which key it is known again. Pure.

import { containsCardNumber } from '#platform/http';
import type { Sent } from './customer-verbs.ts';
import type { Row } from './read-rows.ts';

export type CardRow = {
  readonly row: number;
  /** The id of the card where it comes from. */
  readonly externalId: string | null;
  readonly rowKey: string;
  readonly customer: {
    readonly externalId: string | null;
    /** It must exist. */
    readonly ownId: string | null;
    /** For `customers.create`, when it has to be made. */
    readonly sent: Sent;
  };
  /** For the parameters of `payment_methods.create`. */
  readonly method: Sent;
  readonly isDefault: boolean;
  readonly last4: string;
};

export type RefusedRow = { readonly row: number; readonly reason: string };

/** The customer's and the card's own ids, where they come from, stand in the metadata under this key. */
export const EXTERNAL_ID = 'external_id';
const EXTERNAL_ID_MAX = 500;

/** Braintree writes a line for a customer without a card: there is nothing to store, and nothing wrong. */
export const hasCard = (row: Row): boolean => row.get('number') !== null;

export const cardRowOf = (row: Row, importId: string): CardRow | RefusedRow => {
  const refused = (reason: string): RefusedRow => ({ row: row.number, reason });

  const externalId = row.get('card_id');
  const customerId = row.get('customer_id');
  for (const [id, whose] of [
    [externalId, 'card'],
    [customerId, 'customer'],
    [row.get('tollgate_customer_id'), 'customer'],
  ] as const) {
    if (id === null) continue;
    if (id.length > EXTERNAL_ID_MAX) return refused(`The id of the ${whose} is too long.`);
    if (containsCardNumber(id, { wholeWords: true })) {
      return refused(`The id of the ${whose} is a card number.`);
    }
  }
  if (row.get('card_state') === 'detached') {
    return refused('The card was detached from its customer, and may not be used again.');
  }
  const expiry = expiryOf(row);
  if (expiry === null) return refused('There is no expiry that can be read.');
  const metadata = row.metadata('metadata');
  const cardMetadata = row.metadata('card_metadata');
  if (metadata === null || cardMetadata === null) return refused('The metadata cannot be read.');

  const number = row.get('number') ?? '';
  return {
    row: row.number,
    externalId,
    rowKey: externalId === null ? `row:${importId}:${row.number}` : `id:${externalId}`,
    customer: {
      externalId: customerId,
      ownId: row.get('tollgate_customer_id'),
      sent: {
        name: nameOf(row) ?? undefined,
        email: row.get('email') ?? undefined,
        phone: row.get('phone') ?? undefined,
        description: row.get('description') ?? undefined,
        metadata: withId(metadata, customerId),
      },
    },
    method: {
      type: 'card',
      card: {
        number,
        ...expiry,
        ...(row.get('preferred_network') === null
          ? {}
          : { networks: { preferred: row.get('preferred_network') ?? undefined } }),
      },
      billing_details: billingOf(row),
      allow_redisplay: row.get('allow_redisplay') ?? undefined,
      metadata: withId(cardMetadata, externalId),
    },
    isDefault: isDefault(row, externalId),
    last4: number.replaceAll(/\D/g, '').slice(-4),
  };
};

/** An id that metadata already carry under our key is the older one: the latest move counts. */
const withId = (metadata: Record<string, string>, id: string | null): Sent | undefined => {
  const all = id === null ? metadata : { ...metadata, [EXTERNAL_ID]: id };
  return Object.keys(all).length === 0 ? undefined : all;
};

const nameOf = (row: Row): string | null => {
  const person = [row.get('first_name'), row.get('last_name')].filter((part) => part !== null);
  return row.get('name') ?? (person.length > 0 ? person.join(' ') : row.get('company'));
};

const billingOf = (row: Row): Sent | undefined => {
  const address = {
    line1: row.get('line1') ?? undefined,
    line2: row.get('line2') ?? undefined,
    city: row.get('city') ?? undefined,
    state: row.get('state') ?? undefined,
    postal_code: row.get('postal_code') ?? undefined,
    country: row.get('country') ?? undefined,
  };
  const isAddressed = Object.values(address).some((part) => part !== undefined);
  const billing = {
    name: row.get('card_name') ?? undefined,
    email: row.get('card_email') ?? undefined,
    phone: row.get('card_phone') ?? undefined,
    tax_id: row.get('card_tax_id') ?? undefined,
    address: isAddressed ? address : undefined,
  };
  return Object.values(billing).some((part) => part !== undefined) ? billing : undefined;
};

/** In the one spelling that the API takes, or null. */
const expiryOf = (row: Row): { exp_month: string; exp_year: string } | null => {
  const month = row.get('exp_month');
  const year = row.get('exp_year');
  if (month !== null && year !== null) return spelled(month, year);

  const both = row.get('expiry')?.replaceAll(' ', '') ?? '';
  const [, y = '', m = ''] = /^(\d{4})-(\d{1,2})$/.exec(both) ?? [];
  if (y !== '') return spelled(m, y);
  const [, first = '', second = ''] = /^(\d{1,2})[/-]?(\d{4}|\d{2})$/.exec(both) ?? [];
  return first === '' ? null : spelled(first, second);
};

const spelled = (month: string, year: string) =>
  /^\d{1,2}$/.test(month) && /^\d{2}(?:\d{2})?$/.test(year)
    ? { exp_month: String(Number(month)), exp_year: String(Number(year)) }
    : null;

const isDefault = (row: Row, externalId: string | null): boolean => {
  const named = row.get('default_card');
  if (named !== null && externalId !== null) return named === externalId;
  return /^(?:true|t|yes|y|1)$/i.test(row.get('is_default') ?? '');
};
