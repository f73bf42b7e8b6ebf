import type { Context, Row, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import {
  findById,
  leaseDue,
  ownRows,
  rank,
  readOwn,
  spellTime,
  statement,
  writeRows,
} from '#platform/db';
import type { DisputeNotice, DisputeTold } from './dispute-notice.ts';
import { endingTry, type Tried, WAITING } from './try-rows.ts';

export type StoredNotice = {
  readonly id: Uuid;
  readonly connectorAccountId: Uuid;
  readonly position: bigint;
  readonly notice: DisputeNotice;
  readonly receivedAtMs: number;
  readonly tries: number;
};

// A provider may tell the same twice: it stands there once, and that is no reason to lose the page.
const insertRow = writeRows({
  name: 'dispute_notices.insert',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    id: 'uuid',
    connector_account_id: 'uuid',
    key: 'text',
    position: 'bigint',
    subject: 'text',
    notice: 'json',
    received_at: 'timestamptz',
    due_at: 'timestamptz',
  },
  key: 'id',
  rank: rank.insert,
  text: (given) => `with told as (
  select * from ${given}
), taken as (
  insert into rails.dispute_notices (account_id, livemode, id, connector_account_id, key, position,
                                     subject, notice, received_at, due_at)
  select * from told on conflict do nothing
)
select id::text as key from told`,
});

export const insertNotice = (scope: Scope, stored: Omit<StoredNotice, 'tries'>): Write => ({
  into: insertRow,
  row: [
    scope.accountId,
    scope.livemode,
    stored.id,
    stored.connectorAccountId,
    stored.notice.key,
    stored.position,
    subjectOf(stored.notice),
    JSON.stringify(stored.notice, (_, value: unknown) =>
      typeof value === 'bigint' ? { minor: String(value) } : value,
    ),
    spellTime(stored.receivedAtMs),
    spellTime(stored.receivedAtMs),
  ],
});

const subjectOf = (notice: DisputeNotice): string => {
  switch (notice.kind) {
    case 'dispute':
      return `dispute ${notice.dispute.providerId}`;
    case 'fraud_warning':
      return `warning ${notice.warning.providerId}`;
    case 'operation':
      return `operation ${'reference' in notice.said.of ? notice.said.of.reference : notice.said.of.providerId}`;
  }
};

/** Amounts are text in JSON, which would round them. */
const revived = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(revived);
  const { minor } = value as { minor?: unknown };
  if (typeof minor === 'string') return BigInt(minor);
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, revived(each)]));
};

const states = { waiting: WAITING, taken: 2, given_up: 3 } as const;

const endTry = endingTry({ name: 'dispute_notices.update', table: 'rails.dispute_notices' });

/** One try more; `dueAtMs` when it is to be tried again. */
export const endNotice = (
  scope: Scope,
  notice: Tried,
  state: keyof typeof states,
  dueAtMs: number | null,
): Write => endTry(scope, notice, states[state], dueAtMs);

type NoticeRow = Row & {
  readonly id: Uuid;
  readonly connector_account_id: Uuid;
  readonly position: bigint;
  readonly notice: unknown;
  readonly received_at: number;
  readonly tries: number;
};

export const loadNotice = findById({
  name: 'dispute_notices.find',
  select: 'id, connector_account_id, position, notice, received_at, tries',
  from: 'rails.dispute_notices',
  where: `state = ${WAITING}`,
  fromRow: (row: NoticeRow): StoredNotice => ({
    id: row.id,
    connectorAccountId: row.connector_account_id,
    position: row.position,
    notice: revived(row.notice) as DisputeNotice,
    receivedAtMs: row.received_at,
    tries: row.tries,
  }),
});

const listOfDispute = statement(
  'dispute_notices.of_dispute',
  `select notice, state from rails.dispute_notices
    where ${ownRows} and connector_account_id = $3 and subject = $4 order by position`,
);

export type ToldOfDispute = {
  readonly atMs: number;
  readonly told: DisputeTold;
  /** Not heard yet. */
  readonly isWaiting: boolean;
};

/** All that a provider has told of a dispute, in the order in which it happened. */
export const loadDisputeNotices = async (
  context: Pick<Context, 'database'>,
  scope: Scope,
  of: { readonly connectorAccountId: Uuid; readonly providerId: string },
): Promise<readonly ToldOfDispute[]> => {
  const named = [of.connectorAccountId, `dispute ${of.providerId}`];
  const rows = await readOwn<Row & { readonly notice: unknown; readonly state: number }>(
    context,
    scope,
    listOfDispute,
    named,
  );
  return rows.flatMap((row) => {
    const notice = revived(row.notice) as DisputeNotice;
    if (notice.kind !== 'dispute') return [];
    return [{ atMs: notice.atMs, told: notice.dispute, isWaiting: row.state === WAITING }];
  });
};

export const leaseNotices = leaseDue(
  'dispute_notices.lease',
  'select * from rails.lease_dispute_notices($1::timestamptz, $2, $3)',
);
