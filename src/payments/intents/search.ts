// Searching intents and charges. The tables themselves are read, so a search knows all that was there before
// it was asked.

import { CUSTOMER } from '#cards/methods';
import type { Context } from '#kit/context';
import { parseId, spellId, type Uuid } from '#kit/ids';
import {
  CHARGE,
  chargeIndexes,
  countCharges,
  INTENT,
  isLetGoInSql,
  renderCharge,
  searchChargeRows,
} from '#payments/charges';
import type { RowSearch, Search } from '#platform/db';
import {
  ApiError,
  amountIndex,
  customerIndex,
  decodePage,
  encodePage,
  inTime,
  metadataIndex,
  NOBODY,
  noIds,
  type Outcome,
  ownIds,
  page,
  parseSearchQuery,
  planSearch,
  type SearchIndex,
  searchParameters,
  searchResult,
  type TypedRequest,
} from '#platform/http';
import { type IntentStatus, intentStatuses } from './intent-states.ts';
import { asideOf, countFound, searchRows } from './intents.store.ts';
import { renderIntent } from './render-intent.ts';

export const searchFilters = searchParameters();

const LIMIT = 10;

type Request = TypedRequest<typeof searchFilters>;
type Query = ReturnType<typeof parseSearchQuery>;

type Searched<T> = {
  readonly prefix: string;
  readonly fields: Parameters<typeof parseSearchQuery>[1];
  readonly columns: Readonly<Record<string, string>>;
  readonly indexes: readonly SearchIndex[];
  readonly rows: (context: Context, scope: Request['scope'], search: RowSearch) => Promise<T[]>;
  readonly count: (context: Context, scope: Request['scope'], search: Search) => Promise<number>;
  readonly render: (row: T, livemode: boolean) => unknown;
};

const searching =
  <T extends { readonly id: Uuid }>(what: Searched<T>) =>
  async (context: Context, request: Request): Promise<Outcome> => {
    const { scope, parameters: asked } = request;
    const query = withIds(parseSearchQuery(asked.query, what.fields));
    const from = asked.page === undefined ? null : positionOf(what.prefix, asked.page);
    const limit = asked.limit ?? LIMIT;
    const plan = planSearch(query, what);

    const found = await inTime(what.rows(context, scope, { ...plan, from, limit: limit + 1 }));
    const { rows, hasMore } = page(found, { limit });
    const last = rows.at(-1);
    const totalCount = request.expand.includes('total_count')
      ? await inTime(what.count(context, scope, plan))
      : undefined;
    return {
      body: searchResult(
        request.url,
        { rows: rows.map((row) => what.render(row, scope.livemode)), hasMore },
        {
          nextPage: last ? encodePage(spellId(what.prefix, last.id)) : null,
          ...(totalCount === undefined ? {} : { totalCount }),
        },
      ),
    };
  };

/** An id is found by its bits; one that is none is nobody's. */
const withIds = ({ join, clauses }: Query): Query => ({
  join,
  clauses: clauses.map((clause) =>
    clause.field === 'customer' && typeof clause.value === 'string'
      ? { ...clause, value: parseId(CUSTOMER, clause.value) ?? NOBODY }
      : clause,
  ),
});

// Ids are spelled from their bits; a search compares spellings, so the id is found by its bits.
const positionOf = (prefix: string, asked: string): Uuid => {
  const id = parseId(prefix, decodePage(asked));
  if (id !== null) return id;
  throw new ApiError(400, 'Invalid page: pass the next_page of an earlier answer, unchanged.', {
    param: 'page',
  });
};

const statusNames = (codes: Readonly<Record<string, number>>): string =>
  `case status ${Object.entries(codes)
    .map(([name, code]) => `when ${code} then '${name}'`)
    .join(' ')} end`;

export const searchIntents = searching({
  prefix: INTENT,
  fields: {
    amount: 'number',
    created: 'number',
    currency: 'token',
    customer: 'token',
    metadata: 'metadata',
    status: 'token',
  },
  columns: {
    amount: 'amount',
    created: 'platform.id_seconds(id)',
    currency: 'currency',
    customer: 'customer_id::text',
    metadata: 'metadata',
    status: statusNames(intentStatuses),
  },
  indexes: [
    metadataIndex('payments.intents_of_metadata'),
    customerIndex('payments.intents'),
    {
      field: 'status',
      idsOf: ([clause], parameter) => {
        const status = String(clause?.value).toLowerCase();
        if (!Object.hasOwn(intentStatuses, status)) return noIds;
        const code = asideOf(status as IntentStatus);
        if (code === null) return null;
        return `${ownIds('payments.intents')} and aside = ${parameter(code, 'smallint')}`;
      },
    },
    amountIndex('payments.intents_of_amount'),
  ],
  rows: searchRows,
  count: countFound,
  render: renderIntent,
});

const card = "details->'method'->'card'";

export const searchCharges = searching({
  prefix: CHARGE,
  fields: {
    amount: 'number',
    'billing_details.address.postal_code': 'token',
    created: 'number',
    currency: 'token',
    customer: 'token',
    disputed: 'token',
    metadata: 'metadata',
    'payment_method_details.card.brand': 'token',
    'payment_method_details.card.exp_month': 'number',
    'payment_method_details.card.exp_year': 'number',
    'payment_method_details.card.fingerprint': 'token',
    'payment_method_details.card.last4': 'token',
    refunded: 'token',
    status: 'token',
  },
  columns: {
    amount: 'amount',
    'billing_details.address.postal_code':
      "details->'method'->'billing'->'address'->>'postal_code'",
    created: 'platform.id_seconds(id)',
    currency: 'currency',
    customer: 'customer_id::text',
    disputed: "coalesce(details->>'isDisputed', 'false')",
    metadata: 'metadata',
    'payment_method_details.card.brand': `${card}->>'brand'`,
    'payment_method_details.card.exp_month': `(${card}->>'expMonth')::integer`,
    'payment_method_details.card.exp_year': `(${card}->>'expYear')::integer`,
    'payment_method_details.card.fingerprint': `${card}->>'fingerprint'`,
    'payment_method_details.card.last4': `${card}->>'last4'`,
    refunded: `case when captured > 0 and refunded + refunding = captured or ${isLetGoInSql} then 'true'
                    when refunded + refunding > 0 then 'false' end`,
    status: statusNames({ pending: 1, succeeded: 2, failed: 3 }),
  },
  indexes: chargeIndexes,
  rows: searchChargeRows,
  count: countCharges,
  render: renderCharge,
});
