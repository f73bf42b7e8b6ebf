import type { Context, Row, Scope, Tx, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { rank, statement, writeRows } from '#platform/db';
import type { DisputeNotice } from './dispute-notice.ts';

export type StoredNotice = {
  readonly id: Uuid;
  readonly connectorAccountId: Uuid;
  readonly position: bigint;
  readonly notice: DisputeNotice;
  readonly receivedAtMs: number;
  readonly tries: number;
};

const iso = (ms: number): string => new Date(ms).toISOString();

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
    iso(stored.receivedAtMs),
    iso(stored.receivedAtMs),
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

const states = { waiting: 1, taken: 2, given_up: 3 } as const;

const updateRow = writeRows({
  name: 'dispute_notices.update',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    id: 'uuid',
    state: 'smallint',
    tries: 'integer',
    due_at: 'timestamptz',
  },
  key: 'id',
  rank: rank.update,
  text: (given) => `update rails.dispute_notices n
   set state = given.state, tries = given.tries, due_at = given.due_at, leased_until = null
  from ${given}
 where n.account_id = given.account_id and n.livemode = given.livemode and n.id = given.id
   and n.tries = given.tries - 1 and n.state = 1
returning n.id::text as key`,
});

/** One try more; `dueAtMs` when it is to be tried again. */
export const endNotice = (
  scope: Scope,
  { id, tries }: Pick<StoredNotice, 'id' | 'tries'>,
  state: keyof typeof states,
  dueAtMs: number | null,
): Write => ({
  into: updateRow,
  row: [
    scope.accountId,
    scope.livemode,
    id,
    states[state],
    tries + 1,
    dueAtMs === null ? null : iso(dueAtMs),
  ],
});

const find = statement(
  'dispute_notices.find',
  `select id, connector_account_id, position, notice, received_at, tries from rails.dispute_notices
    where account_id = $1 and livemode = $2 and id = $3 and state = 1`,
);

export const loadNotice = async (
  context: Pick<Context, 'database'>,
  scope: Scope,
  id: Uuid,
): Promise<StoredNotice | undefined> => {
  const [row] = await context.database.read<
    Row & {
      readonly id: Uuid;
      readonly connector_account_id: Uuid;
      readonly position: bigint;
      readonly notice: unknown;
      readonly received_at: number;
      readonly tries: number;
    }
  >(scope, find, [scope.accountId, scope.livemode, id]);
  return (
    row && {
      id: row.id,
      connectorAccountId: row.connector_account_id,
      position: row.position,
      notice: revived(row.notice) as DisputeNotice,
      receivedAtMs: row.received_at,
      tries: row.tries,
    }
  );
};

const lease = statement(
  'dispute_notices.lease',
  'select * from rails.lease_dispute_notices($1::timestamptz, $2, $3)',
);

export const leaseNotices = async (
  tx: Tx,
  limits: { readonly nowMs: number; readonly atMost: number; readonly leaseMs: number },
): Promise<{ readonly scope: Scope; readonly id: Uuid }[]> => {
  const rows = await tx.query<{ account_id: Uuid; livemode: boolean; id: Uuid }>(lease, [
    iso(limits.nowMs),
    limits.atMost,
    limits.leaseMs,
  ]);
  return rows.map((row) => ({
    scope: { accountId: row.account_id, livemode: row.livemode },
    id: row.id,
  }));
};
