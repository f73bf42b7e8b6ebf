// The settlement report of a batch: a CSV file with a line for its column names, one for every item and
// one for the totals at the end, without which the file is not whole. Amounts are in minor units.

import type { ClosedBatch } from './bank-state.ts';
import { netOfItem } from './clearing-item.ts';
import { lettersOf } from './currencies.ts';

export const reportColumns = [
  'record',
  'batch',
  'business_day',
  'value_date',
  'merchant',
  'kind',
  'rrn',
  'stan',
  'terminal',
  'reference',
  'authorization_code',
  'network',
  'funding',
  'dispute',
  'booked_at',
  'currency',
  'gross',
  'interchange',
  'scheme_fee',
  'acquirer_fee',
  'net',
  'items',
  'carried_in',
  'funded',
  'price_version',
] as const;

type Column = (typeof reportColumns)[number];

export const spellReport = (batch: ClosedBatch): string => {
  const common = {
    batch: batch.id,
    business_day: batch.day,
    value_date: batch.valueDay,
    merchant: batch.merchant,
    currency: lettersOf(batch.currency),
    price_version: batch.priceVersion,
  };
  const items = batch.items.map((item) =>
    line({
      ...common,
      record: 'item',
      kind: item.kind,
      rrn: item.rrn,
      stan: item.stan,
      terminal: item.terminal,
      reference: item.reference,
      authorization_code: item.authorizationCode,
      network: item.network,
      funding: item.funding,
      dispute: item.dispute,
      booked_at: new Date(item.atMs).toISOString(),
      gross: String(item.grossMinor),
      interchange: String(item.interchangeMinor),
      scheme_fee: String(item.schemeMinor),
      acquirer_fee: String(item.acquirerMinor),
      net: String(netOfItem(item)),
    }),
  );
  const total = line({
    ...common,
    record: 'total',
    gross: String(batch.grossMinor),
    interchange: String(batch.interchangeMinor),
    scheme_fee: String(batch.schemeMinor),
    acquirer_fee: String(batch.acquirerMinor),
    net: String(batch.netMinor),
    items: String(batch.count),
    carried_in: String(batch.carriedInMinor),
    funded: String(batch.fundedMinor),
  });
  return [reportColumns.join(','), ...items, total, ''].join('\r\n');
};

const line = (values: Partial<Record<Column, string>>): string =>
  reportColumns.map((column) => quoted(values[column] ?? '')).join(',');

/** Quoted where RFC 4180 asks for it. */
const quoted = (text: string): string =>
  /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
