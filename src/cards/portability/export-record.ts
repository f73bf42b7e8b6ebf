// One card as one record, with the names of Stripe's own export, so that who can read that can read this,
// and names in the same manner for what Stripe leaves out. The number goes from the vault's bytes into
// the record's bytes and is never text.

import type { Customer } from '#cards/customers';
import type { PaymentMethod } from '#cards/methods';
import { CUSTOMER, spellMethod } from '#cards/methods';
import type { OpenCard } from '#cards/vault';
import { spellId, uuidMs } from '#kit/ids';
import { csvField, csvLine } from './csv.ts';
import type { Format } from './read-rows.ts';

export type ExportedCard = {
  readonly method: PaymentMethod;
  readonly customer: Customer | null;
};

type Value = string | number | null | Readonly<Record<string, string>>;

const customerFields = ({ customer }: ExportedCard): Readonly<Record<string, Value>> => ({
  id: customer === null ? null : spellId(CUSTOMER, customer.id),
  name: customer?.name ?? null,
  email: customer?.email ?? null,
  phone: customer?.phone ?? null,
  description: customer?.description ?? null,
  metadata: customer?.metadata ?? {},
  default_source: customer?.default_payment_method ?? customer?.default_source ?? null,
});

const cardFields = (
  { method }: ExportedCard,
  card: OpenCard | null,
): Readonly<Record<string, Value>> => {
  const { billing, card: facts } = method;
  return {
    id: spellMethod(method),
    name: billing.name ?? card?.name ?? null,
    exp_month: facts?.expMonth ?? null,
    exp_year: facts?.expYear ?? null,
    address_line1: billing.address.line1,
    address_line2: billing.address.line2,
    address_city: billing.address.city,
    address_state: billing.address.state,
    address_zip: billing.address.postal_code,
    address_country: billing.address.country,
    email: billing.email,
    phone: billing.phone,
    tax_id: billing.tax_id,
    brand: facts?.brand ?? null,
    fingerprint: facts?.fingerprint ?? null,
    preferred_network: facts?.preferred ?? null,
    allow_redisplay: method.allowRedisplay,
    state: method.state,
    created: Math.floor(uuidMs(method.id) / 1000),
    metadata: method.metadata,
  };
};

/** Bytes of one line. Whoever gets them zeroes them. */
export const recordOf = (format: Format, exported: ExportedCard, card: OpenCard): Buffer =>
  format === 'csv' ? csvRecord(exported, card) : jsonRecord(exported, card);

const jsonRecord = (exported: ExportedCard, card: OpenCard): Buffer => {
  // The number comes first, so nothing of the merchant's stands before the place it goes to.
  const fields = { number: '', ...cardFields(exported, card) };
  const line = JSON.stringify({ card: fields, ...customerFields(exported) });
  const at = '{"card":{"number":"'.length;
  return lineAround(line.slice(0, at), card.number, line.slice(at));
};

const csvRecord = (exported: ExportedCard, card: OpenCard): Buffer => {
  const values = [
    ...Object.values(customerFields(exported)),
    ...Object.values(cardFields(exported, card)),
  ];
  const rest = values.map((value) => csvField(textOf(value))).join(',');
  return lineAround('', card.number, `,${rest}`);
};

const textOf = (value: Value): string => {
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
};

const lineAround = (before: string, number: Buffer, after: string): Buffer => {
  const start = Buffer.byteLength(before);
  const end = start + number.length;
  const line = Buffer.alloc(end + Buffer.byteLength(after) + 1);
  line.write(before, 0);
  number.copy(line, start);
  line.write(after, end);
  line.write('\n', line.length - 1);
  return line;
};

/** What every part of a CSV begins with. */
export const headOf = (format: Format): string => {
  if (format !== 'csv') return '';
  const names = [
    'card.number',
    ...Object.keys(customerFields({ customer: null, method: nobody })),
    ...Object.keys(cardFields({ customer: null, method: nobody }, null)).map(
      (name) => `card.${name}`,
    ),
  ];
  return `${csvLine(names)}\n`;
};

const nowhere = {
  city: null,
  country: null,
  line1: null,
  line2: null,
  postal_code: null,
  state: null,
};
const nobody: PaymentMethod = {
  id: '00000000-0000-7000-8000-000000000000',
  version: 1,
  events: 0,
  legacy: null,
  type: 'card',
  state: 'unattached',
  customerId: null,
  cardId: null,
  metadata: {},
  card: null,
  other: null,
  billing: { address: nowhere, email: null, name: null, phone: null, tax_id: null },
  allowRedisplay: 'unspecified',
};
