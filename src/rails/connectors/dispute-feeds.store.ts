import type { Context, Row, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import {
  insertRows,
  leaseDue,
  ownRows,
  rank,
  readOwn,
  spellTime,
  statement,
  writeRows,
} from '#platform/db';

export type DisputeFeed = {
  readonly connectorAccountId: Uuid;
  readonly version: number;
  readonly cursor: string | null;
  readonly taken: bigint;
  readonly failures: number;
  readonly dueAtMs: number;
};

const insertRow = insertRows({
  name: 'dispute_feeds.insert',
  table: 'rails.dispute_feeds',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    connector_account_id: 'uuid',
    due_at: 'timestamptz',
  },
  key: 'connector_account_id',
  rank: rank.insert,
  orNothing: true,
});

export const insertFeed = (scope: Scope, connectorAccountId: Uuid, dueAtMs: number): Write => ({
  into: insertRow,
  row: [scope.accountId, scope.livemode, connectorAccountId, spellTime(dueAtMs)],
});

// Only from the version that was read: of two workers who read the same page, one stores it.
const moveRow = writeRows({
  name: 'dispute_feeds.move',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    connector_account_id: 'uuid',
    version: 'integer',
    cursor: 'text',
    taken: 'bigint',
    failures: 'integer',
    due_at: 'timestamptz',
  },
  key: 'connector_account_id',
  rank: rank.update,
  text: (given) => `update rails.dispute_feeds f
   set version = given.version, cursor = given.cursor, taken = given.taken,
       failures = given.failures, due_at = given.due_at, leased_until = null
  from ${given}
 where f.account_id = given.account_id and f.livemode = given.livemode
   and f.connector_account_id = given.connector_account_id and f.version = given.version - 1
returning f.connector_account_id::text as key`,
});

/** `feed.version` is the new one. */
export const moveFeed = (scope: Scope, feed: DisputeFeed): Write => ({
  into: moveRow,
  row: [
    scope.accountId,
    scope.livemode,
    feed.connectorAccountId,
    feed.version,
    feed.cursor,
    feed.taken,
    feed.failures,
    spellTime(feed.dueAtMs),
  ],
});

type FeedRow = Row & {
  readonly connector_account_id: Uuid;
  readonly version: number;
  readonly cursor: string | null;
  readonly taken: bigint;
  readonly failures: number;
  readonly due_at: number;
};

const find = statement(
  'dispute_feeds.find',
  `select connector_account_id, version, cursor, taken, failures, due_at from rails.dispute_feeds
    where ${ownRows} and connector_account_id = $3`,
);

export const loadFeed = async (
  context: Pick<Context, 'database'>,
  scope: Scope,
  id: Uuid,
): Promise<DisputeFeed | undefined> => {
  const [row] = await readOwn<FeedRow>(context, scope, find, [id]);
  return (
    row && {
      connectorAccountId: row.connector_account_id,
      version: row.version,
      cursor: row.cursor,
      taken: row.taken,
      failures: row.failures,
      dueAtMs: row.due_at,
    }
  );
};

/** As a worker asks in its rounds: whether a feed is to be read, or what was read is to be heard. */
export const areDisputesDue = 'rails.are_disputes_due(now.at)';

export const leaseFeeds = leaseDue(
  'dispute_feeds.lease',
  'select * from rails.lease_dispute_feeds($1::timestamptz, $2, $3)',
);
