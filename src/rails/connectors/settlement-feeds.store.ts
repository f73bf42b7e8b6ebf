import type { Context, Row, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import {
  insertRows,
  leaseDue,
  ownRows,
  rank,
  readOwn,
  spellTime,
  statement,
  updateRows,
  writing,
} from '#platform/db';

export type SettlementFeed = {
  /** The connector account. */
  readonly id: Uuid;
  readonly version: number;
  readonly cursor: string | null;
  readonly failures: number;
  readonly dueAtMs: number;
};

const insertRow = insertRows({
  name: 'settlement_feeds.insert',
  table: 'rails.settlement_feeds',
  columns: { account_id: 'uuid', livemode: 'boolean', id: 'uuid', due_at: 'timestamptz' },
  key: 'id',
  rank: rank.insert,
  orNothing: true,
});

export const insertSettlementFeed = writing(
  insertRow,
  (scope, { id, dueAtMs }: Pick<SettlementFeed, 'id' | 'dueAtMs'>) => [
    scope.accountId,
    scope.livemode,
    id,
    spellTime(dueAtMs),
  ],
);

const moveRow = updateRows({
  name: 'settlement_feeds.move',
  table: 'rails.settlement_feeds',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    id: 'uuid',
    version: 'integer',
    cursor: 'text',
    failures: 'integer',
    due_at: 'timestamptz',
    leased_until: 'timestamptz',
  },
  set: ['cursor', 'failures', 'due_at', 'leased_until'],
});

/** `feed.version` is the new one: of two workers who read the same page, one stores it. */
export const moveSettlementFeed = writing(moveRow, (scope, feed: SettlementFeed) => [
  scope.accountId,
  scope.livemode,
  feed.id,
  feed.version,
  feed.cursor,
  feed.failures,
  spellTime(feed.dueAtMs),
  null,
]);

const find = statement(
  'settlement_feeds.find',
  `select id, version, cursor, failures, due_at as "dueAtMs" from rails.settlement_feeds
    where ${ownRows} and id = $3`,
);

export const loadSettlementFeed = async (
  context: Pick<Context, 'database'>,
  scope: Scope,
  id: Uuid,
): Promise<SettlementFeed | undefined> =>
  (await readOwn<Row & SettlementFeed>(context, scope, find, [id]))[0];

export const leaseSettlementFeeds = leaseDue(
  'settlement_feeds.lease',
  'select * from rails.lease_settlement_feeds($1::timestamptz, $2, $3)',
);
