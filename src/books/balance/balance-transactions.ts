import {
  factsOf,
  listEntries,
  listedCodes,
  loadEntries,
  type PostedEntry,
  purposes,
} from '#books/ledger';
import type { Context, Scope } from '#kit/context';
import { parseId, type Uuid } from '#kit/ids';
import {
  currency,
  id,
  listFound,
  listParameters,
  listWindow,
  missingIn,
  type Outcome,
  rowsOf,
  type TypedRequest,
  text,
  timestampRange,
  wholeSeconds,
} from '#platform/http';
import { BALANCE_TRANSACTION, renderBalanceTransaction } from './render-balance.ts';

export const balanceTransactionFilters = listParameters({
  created: timestampRange(),
  currency: currency(),
  payout: id(),
  source: id(),
  type: text(),
});

export const listBalanceTransactions = async (
  context: Context,
  request: TypedRequest<typeof balanceTransactionFilters>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  const window = await listWindow<PostedEntry>(
    asked,
    'balance transaction',
    async (spelled) =>
      (await loadBalanceTransactions(context, scope, [spelled])).get(spelled) ?? null,
  );
  const created = wholeSeconds(asked.created);
  const about = asked.source ?? asked.payout ?? null;
  const subject = about === null ? null : subjectOf(about);

  const codes = asked.payout === undefined ? listedCodes(asked.type) : [];
  const rows =
    // What a payout paid out is told once there are payouts that know it.
    (about !== null && subject === null) || codes.length === 0
      ? []
      : await listEntries(context, scope, {
          ...rowsOf(window),
          postedFrom: created.from,
          postedBefore: created.to + 1,
          purposes: codes,
          currency: asked.currency ?? null,
          subject,
        });
  const nowMs = context.clock.now();
  return {
    body: listFound(request.url, rows, window, (entry) => renderBalanceTransaction(entry, nowMs)),
  };
};

export const retrieveBalanceTransaction = async (
  context: Context,
  scope: Scope,
  spelled: string,
): Promise<Outcome> => {
  const found = (await loadBalanceTransactions(context, scope, [spelled])).get(spelled);
  if (found !== undefined) {
    return { body: renderBalanceTransaction(found, context.clock.now()) };
  }
  throw await missingIn(scope, { noun: 'balance transaction', id: spelled }, async (other) =>
    (await loadBalanceTransactions(context, other, [spelled])).has(spelled),
  );
};

/** By spelled id. Entries that the API knows nothing of are not among them. */
export const loadBalanceTransactions = async (
  context: Context,
  scope: Scope,
  ids: readonly string[],
): Promise<Map<string, PostedEntry>> => {
  const uuids = new Map(ids.map((spelled) => [parseId(BALANCE_TRANSACTION, spelled), spelled]));
  const asked = [...uuids.keys()].filter((uuid) => uuid !== null);
  const found = asked.length === 0 ? [] : await loadEntries(context, scope, asked);
  return new Map(
    [...found]
      .filter(([, { purpose }]) => factsOf(purpose).type !== undefined)
      .map(([uuid, entry]) => [uuids.get(uuid) ?? '', entry]),
  );
};

const prefixes: readonly string[] = [
  ...new Set(
    Object.values(purposes).flatMap((facts) =>
      'source' in facts && facts.source !== null ? [facts.source] : [],
    ),
  ),
];

/** `ch_…`, `re_…`, `du_…`, `po_…`: whatever balance transactions are about. */
const subjectOf = (spelled: string): Uuid | null => {
  const prefix = prefixes.find((each) => spelled.startsWith(`${each}_`));
  return prefix === undefined ? null : parseId(prefix, spelled);
};
