// What a column is called where cards come from. A nested name of JSON is written with dots, so one table
// serves both formats. Names are compared without regard to case.
//
// Origin: Stripe's page on its export files and the one on what it imports, Braintree's pages on exports
// and imports, read 2026-11-20. What those pages do not show has to be named by the merchant (`--columns`).

import { containsCardNumber } from '#platform/http';
import { ForbiddenColumn, PortabilityError } from './failures.ts';

/** In the order of precedence: the first that is there and not empty counts. */
const knownColumns = {
  number: ['card.number', 'card_number', 'credit_card.number', 'number'],
  exp_month: ['card.exp_month', 'card_exp_month', 'credit_card.expiration_month', 'exp_month'],
  exp_year: ['card.exp_year', 'card_exp_year', 'credit_card.expiration_year', 'exp_year'],
  /** Month and year in one: `MMYYYY`, `MMYY`, `MM/YY`, `MM/YYYY`, `YYYY-MM`. */
  expiry: ['credit_card.expiration', 'credit_card.expiration_date', 'expiration_date', 'expiry'],
  card_id: ['card.id', 'old_card_id', 'credit_card.token', 'card_id'],
  card_name: ['card.name', 'credit_card.cardholder_name', 'cardholder_name'],
  card_email: ['card.email'],
  card_phone: ['card.phone'],
  card_tax_id: ['card.tax_id'],
  card_metadata: ['card.metadata'],
  card_state: ['card.state'],
  allow_redisplay: ['card.allow_redisplay'],
  preferred_network: ['card.preferred_network'],
  line1: ['card.address_line1', 'address.street_address', 'address_line1', 'line1'],
  line2: ['card.address_line2', 'address.extended_address', 'address_line2', 'line2'],
  city: ['card.address_city', 'address.locality', 'address_city', 'city'],
  state: ['card.address_state', 'address.region', 'address_state', 'state'],
  postal_code: ['card.address_zip', 'address.postal_code', 'address_zip', 'postal', 'postal_code'],
  country: ['card.address_country', 'address.country_code_alpha2', 'address_country', 'country'],
  /** Of the customer, there. */
  customer_id: ['id', 'old_customer_id', 'customer_id', 'customer'],
  /** Of the customer, here: it must exist. */
  tollgate_customer_id: ['tollgate_customer_id'],
  name: ['name', 'customer_name'],
  first_name: ['first_name'],
  last_name: ['last_name'],
  company: ['company'],
  email: ['email'],
  phone: ['phone'],
  description: ['description'],
  metadata: ['metadata'],
  /** The id of the card that is the customer's default. */
  default_card: ['default_source'],
  is_default: ['is_default'],
} as const satisfies Record<string, readonly string[]>;

export type Column = keyof typeof knownColumns;
export type Columns = Readonly<Record<Column, readonly string[]>>;

/** `number=PAN,phone=`: the column `PAN` and no other is the number, and no column is the phone. */
export const columnsWith = (given: string): Columns => {
  const columns: Record<string, readonly string[]> = { ...knownColumns };
  for (const pair of given.split(',').filter((pair) => pair.trim() !== '')) {
    const [name = '', ...rest] = pair.split('=');
    const column = name.trim();
    if (!Object.hasOwn(knownColumns, column) || rest.length === 0) {
      throw new PortabilityError(
        `Columns are named like number=PAN,card_id=Token, and what stands on the left is one of: ${Object.keys(knownColumns).join(', ')}.`,
      );
    }
    const theirs = rest.join('=').trim().toLowerCase();
    columns[column] = theirs === '' ? [] : [theirs];
  }
  return columns as Columns;
};

// Never stored after authorization, encrypted or not (PCI DSS 3.3.1), so never taken in. The short ones
// are words of the trade here and may be anything in a merchant's own metadata.
const forbidden =
  /^(?:(?:card|cc|creditcard)?(?:cvc2?|cvv2?|cvn2?|csc|cav2?|cvvcode|cvccode|securitycode|verificationvalue|verificationcode)|(?:card|cc)?track(?:[123]|data|1data|2data)?|magstripe|pinblock)$/;
const forbiddenOutsideMetadata = /^(?:cid|pin)$/;

/** `card.cvc`, `CVV2`, `Security Code`; not `cvc_check`, which tells what came of one. */
export const isForbiddenColumn = (name: string): boolean => {
  const parts = name.toLowerCase().split('.');
  const last = (parts.at(-1) ?? '').replaceAll(/[^a-z0-9]/g, '');
  const isMetadata = parts.slice(0, -1).includes('metadata');
  return forbidden.test(last) || (!isMetadata && forbiddenOutsideMetadata.test(last));
};

/** Of the line of names, or of the names of one object. */
export const refuseForbidden = (names: readonly string[]): void => {
  if (names.some((name) => containsCardNumber(name))) {
    throw new PortabilityError(
      'Card numbers stand where the names of the columns belong: put a line of names before them.',
    );
  }
  const found = names.find(isForbiddenColumn);
  if (found === undefined) return;
  throw new ForbiddenColumn(
    `The column ${found} holds what must never be stored (security codes, PINs, tracks): have the file written again without it.`,
  );
};
