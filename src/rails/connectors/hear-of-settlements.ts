// Asks the providers that can tell for what they settled. A page is stored with the cursor behind it, each
// line once and as it came; then each line is held against the operation that it names. Where that is still
// open, or says something else, the line is evidence. What fits nothing waits for a person, and nothing is
// ever made of it.

import { loadExpectationsOf } from '#books/expectations';
import type { Context, Scope } from '#kit/context';
import { NotSent } from '#kit/http-client';
import { newUuid, spellId, type Uuid } from '#kit/ids';
import { isFinished, loadOfIntent, type Operation, recordEvidence } from '#rails/operations';
import { withAccount } from './account-call.ts';
import { eachLeased } from './each-leased.ts';
import { findOperation } from './learn-from-webhooks.ts';
import type { Parts } from './parts.ts';
import { listenersWrites } from './send.ts';
import {
  leaseSettlementFeeds,
  loadSettlementFeed,
  moveSettlementFeed,
  type SettlementFeed,
} from './settlement-feeds.store.ts';
import { operationsOf, type SettlementRow, saysOf } from './settlement-line.ts';
import {
  endLine,
  insertLine,
  leaseLines,
  loadLine,
  type StoredLine,
} from './settlement-lines.store.ts';

/** Providers settle once a day or less. */
const POLL_MS = 10 * 60_000;
const RETRY_MS = 5_000;
const RETRY_MS_MAX = 60 * 60_000;
/** For accounts whose provider tells of no settlement, until their settings name somebody to ask. */
const NONE_MS = 60 * 60_000;

/** Of a line of a settlement, to people. */
export const SETTLEMENT_LINE = 'stl';

/** Says how much it looked at. */
export const hearOfSettlements = async (parts: Parts, context: Context): Promise<number> =>
  (await eachLeased(
    context,
    leaseSettlementFeeds,
    (scope, id) => read(parts, context, scope, id),
    COULD_NOT,
  )) +
  (await eachLeased(
    context,
    leaseLines,
    (scope, id) => hear(parts, context, scope, id),
    COULD_NOT,
  ));

const COULD_NOT = 'What a provider settled could not be taken for now';

const read = async (parts: Parts, context: Context, scope: Scope, id: Uuid): Promise<void> => {
  const feed = await loadSettlementFeed(context, scope, id);
  if (feed === undefined) return;
  const nowMs = context.clock.now();
  const next = (changes: Partial<SettlementFeed>) =>
    moveSettlementFeed(scope, { ...feed, version: feed.version + 1, failures: 0, ...changes });
  try {
    const page = await withAccount(
      parts,
      context,
      scope,
      id,
      async ({ functions, call }) =>
        (await functions.settlement?.poll?.(call, feed.cursor)) ?? null,
    );
    if (page === null) {
      await context.database.commit(scope, [next({ dueAtMs: nowMs + NONE_MS })]);
      return;
    }
    const { rows, cursor, hasMore } = page;
    await context.database.commit(scope, [
      next({ cursor, dueAtMs: hasMore ? nowMs : nowMs + POLL_MS }),
      ...rows.map((row) =>
        insertLine(scope, {
          id: newUuid(context),
          connectorAccountId: id,
          row,
          receivedAtMs: nowMs,
          state: operationsOf[row.kind] === undefined ? 'no_operation' : 'waiting',
        }),
      ),
    ]);
  } catch (error) {
    const isGone = error instanceof NotSent && error.why === 'account_gone';
    const failures = feed.failures + 1;
    if (!isGone) context.log.warn({ error, attempts: failures }, 'A settlement could not be read');
    const waitMs = isGone
      ? NONE_MS
      : Math.min(RETRY_MS * 2 ** Math.min(failures, 10), RETRY_MS_MAX);
    await context.database.commit(scope, [next({ failures, dueAtMs: nowMs + waitMs })]);
  }
};

const hear = async (parts: Parts, context: Context, scope: Scope, id: Uuid): Promise<void> => {
  const line = await loadLine(context, scope, id);
  if (line === undefined || line.state !== 'waiting') return;
  const operation = await operationNamedBy(context, scope, line);
  const endForPerson = async (what: string): Promise<void> => {
    const { accountId, livemode } = scope;
    context.log.error(
      { accountId, livemode, problem: spellId(SETTLEMENT_LINE, id) },
      `A provider settled ${what}: see tollgate settlements list`,
    );
    await context.database.commit(scope, [endLine(scope, line, 'fits_nothing')]);
  };
  if (operation === undefined) return endForPerson('something that nobody here knows');
  let now = operation;
  const says = saysOf(line.row, operation.reference);
  // What is known already is not said again: a settlement names every payment of a day.
  const isNews =
    operation.state !== says.outcome ||
    says.amount !== operation.amount ||
    says.currency !== operation.currency;
  if (isNews) {
    const recorded = await recordEvidence(context, scope, {
      operationId: operation.id,
      evidence: { kind: 'settlement_line', says, sourceKey: line.row.key },
      writes: listenersWrites(parts, context, scope),
    });
    if (recorded.ok) now = recorded.change.after;
    if (!recorded.ok && recorded.code === 'taken_back') {
      if (isFinished(operation.state)) return endForPerson('what nobody takes back any more');
      // It is being taken back: the line is heard again when its lease has ended, until that is over.
      return;
    }
  }
  if (says.outcome === 'approved' && (await isUnbooked(context, scope, now))) {
    // What is under way has its place, and may come to nothing: the line is heard again when its lease has ended.
    if (await hasItsPlace(context, scope, operation)) return;
    // What had it a moment ago may have made room by now.
    if (await isUnbooked(context, scope, now)) {
      return endForPerson(`a ${now.kind} in whose place another was made`);
    }
  }
  await context.database.commit(scope, [endLine(scope, line, 'fits')]);
};

/** Approved too late: its payment had no room for it any more. */
const isUnbooked = async (
  context: Context,
  scope: Scope,
  operation: Operation,
): Promise<boolean> => {
  const { kind, state } = operation;
  if ((kind !== 'capture' && kind !== 'refund') || state !== 'approved') return false;
  const booked = kind === 'capture' ? 'payment' : 'refund';
  const expected = await loadExpectationsOf(context, scope, operation);
  return expected.every((each) => each.kind !== booked);
};

/** Whether something is under way with whose end there may be room. For what waits for a person, the line does not. */
const hasItsPlace = async (
  context: Context,
  scope: Scope,
  { intentId, kind }: Operation,
): Promise<boolean> => {
  const withIts: readonly Operation['kind'][] =
    kind === 'refund' ? ['refund'] : ['capture', 'void', 'increment'];
  return (await loadOfIntent(context, scope, intentId)).some(
    (each) => withIts.includes(each.kind) && !isFinished(each.state) && each.state !== 'human',
  );
};

export const operationNamedBy = async (
  context: Context,
  scope: Scope,
  {
    connectorAccountId,
    row,
  }: Pick<StoredLine, 'connectorAccountId'> & {
    readonly row: Pick<SettlementRow, 'kind' | 'reference' | 'providerId'>;
  },
): Promise<Operation | undefined> => {
  for (const kind of operationsOf[row.kind] ?? []) {
    for (const of of namesIn(row)) {
      const found = await findOperation(context, scope, connectorAccountId, { ...of, kind });
      if (found !== undefined) return found;
    }
  }
  return undefined;
};

const namesIn = ({ reference, providerId }: Pick<SettlementRow, 'reference' | 'providerId'>) => [
  ...(reference === null ? [] : [{ reference }]),
  // The provider's own name may stand for several of ours: it counts where there is no other.
  ...(reference !== null || providerId === null ? [] : [{ providerId }]),
];
