import { CUSTOMER } from '#cards/methods';
import type { Context } from '#kit/context';
import { parseId, spellId, type Uuid } from '#kit/ids';
import {
  ApiError,
  decodePage,
  encodePage,
  inTime,
  metadataIndex,
  type Outcome,
  page,
  parseSearchQuery,
  planSearch,
  searchParameters,
  searchResult,
  type TypedRequest,
} from '#platform/http';
import { countFound, searchRows } from './customers.store.ts';
import { renderCustomer } from './render-customer.ts';

export const customerSearch = searchParameters();

const fields = {
  created: 'number',
  email: 'string',
  metadata: 'metadata',
  name: 'words',
  phone: 'string',
} as const;

const columns = {
  created: 'platform.id_seconds(id)',
  email: 'email',
  metadata: 'metadata',
  name: 'name',
  phone: 'phone',
};

const indexes = [metadataIndex('cards.customers_of_metadata')];

const LIMIT = 10;

export const searchCustomers = async (
  context: Context,
  request: TypedRequest<typeof customerSearch>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  const query = parseSearchQuery(asked.query, fields);
  const from = asked.page === undefined ? null : positionOf(asked.page);
  const limit = asked.limit ?? LIMIT;

  const plan = planSearch(query, { columns, indexes });
  const found = await inTime(searchRows(context, scope, { ...plan, from, limit: limit + 1 }));
  const { rows, hasMore } = page(found, { limit });
  const last = rows.at(-1);
  const totalCount = request.expand.includes('total_count')
    ? await inTime(countFound(context, scope, plan))
    : undefined;

  return {
    body: searchResult(
      request.url,
      { rows: rows.map((customer) => renderCustomer(customer, scope.livemode)), hasMore },
      {
        nextPage: last ? encodePage(spellId(CUSTOMER, last.id)) : null,
        ...(totalCount === undefined ? {} : { totalCount }),
      },
    ),
  };
};

// A page that leads nowhere would otherwise be the first one again, and a caller would go in circles.
const positionOf = (page: string): Uuid => {
  const id = parseId(CUSTOMER, decodePage(page));
  if (id !== null) return id;
  throw new ApiError(400, 'Invalid page: pass the next_page of an earlier answer, unchanged.', {
    param: 'page',
  });
};
