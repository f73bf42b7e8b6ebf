// What a search of charges can be found by without reading all of them.

import {
  amountIndex,
  customerIndex,
  metadataIndex,
  noIds,
  ownIds,
  type SearchIndex,
} from '#platform/http';
import { asideWith } from './aside.ts';

/** `known` are the values by which a field can be asked for, with the mark of the charges that have them, if they have one. */
const asideIndex = (
  field: string,
  known: Readonly<Record<string, Parameters<typeof asideWith>[0] | null>>,
): SearchIndex => ({
  field,
  idsOf: ([clause]) => {
    const value = String(clause?.value).toLowerCase();
    const mark = Object.hasOwn(known, value) ? known[value] : undefined;
    if (mark === undefined) return noIds;
    return mark && `${ownIds('payments.charges')} and aside in (${asideWith(mark).join(', ')})`;
  },
});

/** A card has four digits at its end, and a fingerprint of sixteen letters and digits. */
const cardIndex = (
  field: string,
  { find, type, looks }: { find: string; type: string; looks: RegExp },
): SearchIndex => ({
  field: `payment_method_details.card.${field}`,
  idsOf: ([clause], parameter) => {
    const value = String(clause?.value);
    if (!looks.test(value)) return noIds;
    return `select ${find}($1, $2, $3, $4, ${parameter(value, type)}) as id`;
  },
});

export const chargeIndexes: readonly SearchIndex[] = [
  metadataIndex('payments.charges_of_metadata'),
  customerIndex('payments.charges'),
  asideIndex('disputed', { true: 'disputed', false: null }),
  asideIndex('status', { pending: null, succeeded: null, failed: 'failed' }),
  asideIndex('refunded', { true: 'givenBack', false: 'givenBack' }),
  cardIndex('fingerprint', {
    find: 'payments.charges_of_card',
    type: 'text',
    looks: /^[0-9a-z]{16}$/i,
  }),
  cardIndex('last4', { find: 'payments.charges_of_last4', type: 'smallint', looks: /^[0-9]{4}$/ }),
  amountIndex('payments.charges_of_amount'),
];
