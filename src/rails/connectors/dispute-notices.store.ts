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
  writing,
} from '#platform/db';
import type { DisputeNotice, DisputeTold } from './dispute-notice.ts';
import { endingTry, explaining, type Tried, WAITING } from './try-rows.ts';

export type StoredNotice = {
  readonly id: Uuid;
  readonly connectorAccountId: Uuid;
  readonly position: bigint;
  readonly notice: DisputeNotice;
  readonly receivedAtMs: number;
  readonly tries: number;
  readonly isForPerson: boolean;
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

export const insertNotice = (
  scope: Scope,
  stored: Omit<StoredNotice, 'tries' | 'isForPerson'>,
): Write => ({
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

const forPersonRow = writeRows({
  name: 'dispute_notices.for_person',
  columns: { account_id: 'uuid', livemode: 'boolean', id: 'uuid' },
  key: 'id',
  rank: rank.update + 1,
  text: (given) => `update rails.dispute_notices n set for_person = true
  from ${given}
 where n.account_id = given.account_id and n.livemode = given.livemode and n.id = given.id
   and n.state = ${WAITING}
returning n.id::text as key`,
});

/** It waits on, and a person sees it. */
export const giveNoticeToPerson = writing(forPersonRow, (scope, id: Uuid) => [
  scope.accountId,
  scope.livemode,
  id,
]);

// With it goes all that was told of the same dispute and stands behind it.
export const explainNotice = explaining({
  name: 'dispute_notices.explain',
  text: (given) => `with ended as (
  update rails.dispute_notices n
     set state = ${states.given_up}, due_at = null, leased_until = null,
         explanation = given.explanation, explained_at = given.explained_at
    from ${given}
    join rails.dispute_notices of
      on of.account_id = given.account_id and of.livemode = given.livemode and of.id = given.id
     and of.state = ${WAITING} and of.for_person
   where n.account_id = given.account_id and n.livemode = given.livemode
     and n.connector_account_id = of.connector_account_id and n.subject = of.subject
     and n.state = ${WAITING}
  returning n.id, given.id as asked
)
select id::text as key from ended where id = asked`,
});

type NoticeRow = Row & {
  readonly id: Uuid;
  readonly connector_account_id: Uuid;
  readonly position: bigint;
  readonly notice: unknown;
  readonly received_at: number;
  readonly tries: number;
  readonly for_person: boolean;
};
const columns = 'id, connector_account_id, position, notice, received_at, tries, for_person';

const fromRow = (row: NoticeRow): StoredNotice => ({
  id: row.id,
  connectorAccountId: row.connector_account_id,
  position: row.position,
  notice: revived(row.notice) as DisputeNotice,
  receivedAtMs: row.received_at,
  tries: row.tries,
  isForPerson: row.for_person,
});

export const loadNotice = findById({
  name: 'dispute_notices.find',
  select: columns,
  from: 'rails.dispute_notices',
  where: `state = ${WAITING}`,
  fromRow,
});

const listForPerson = statement(
  'dispute_notices.list_for_person',
  `select ${columns} from rails.dispute_notices
    where ${ownRows} and for_person and state = ${WAITING} order by id desc limit $3`,
);

/** Newest first: what a provider tells that is about nothing here. Of each dispute the first, which the others wait for. */
export const loadNoticesForPerson = async (
  context: Pick<Context, 'database'>,
  scope: Scope,
  limit: number,
): Promise<StoredNotice[]> =>
  (await readOwn<NoticeRow>(context, scope, listForPerson, [limit])).map(fromRow);

const listOfDispute = statement(
  'dispute_notices.of_dispute',
  `select id, notice, state from rails.dispute_notices
    where ${ownRows} and connector_account_id = $3 and subject = $4 order by position`,
);

export type ToldOfDispute = {
  readonly id: Uuid;
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
  const rows = await readOwn<
    Row & { readonly id: Uuid; readonly notice: unknown; readonly state: number }
  >(context, scope, listOfDispute, named);
  return rows.flatMap((row) => {
    const notice = revived(row.notice) as DisputeNotice;
    if (notice.kind !== 'dispute') return [];
    const isWaiting = row.state === WAITING;
    return [{ id: row.id, atMs: notice.atMs, told: notice.dispute, isWaiting }];
  });
};

/** Parts of one payment, and what comes of each: nobody contests in as many. */
const NAMING_MAX = 100;

// By the index of what waits: of what a provider has ever told of that account, only that is looked at.
const listNaming = statement(
  'dispute_notices.naming',
  `select notice from rails.dispute_notices
    where ${ownRows} and connector_account_id = $3 and subject like 'dispute %' and state = ${WAITING}
      and notice->'dispute'->>'reference' = $4 order by position limit $5`,
);

export type WaitingDispute = Pick<DisputeTold, 'providerId' | 'amount' | 'currency'> & {
  /** By all that is told of it and not heard yet, from the merchant's side. */
  readonly moved: bigint;
};

/**
 * What is told of the payment of that reference and is not heard yet: each dispute once. Null: so much that nothing is to be
 * made of it.
 */
export const loadWaitingDisputes = async (
  context: Pick<Context, 'database'>,
  scope: Scope,
  of: { readonly connectorAccountId: Uuid; readonly reference: string },
): Promise<readonly WaitingDispute[] | null> => {
  const named = [of.connectorAccountId, of.reference, NAMING_MAX + 1];
  const rows = await readOwn<Row & { readonly notice: unknown }>(context, scope, listNaming, named);
  if (rows.length > NAMING_MAX) return null;
  const found = new Map<string, WaitingDispute>();
  for (const row of rows) {
    const notice = revived(row.notice) as DisputeNotice;
    if (notice.kind !== 'dispute') continue;
    const { providerId, amount, currency, moved } = notice.dispute;
    const before = found.get(providerId) ?? { providerId, amount, currency, moved: 0n };
    found.set(providerId, { ...before, moved: before.moved + moved });
  }
  return [...found.values()];
};

export const leaseNotices = leaseDue(
  'dispute_notices.lease',
  'select * from rails.lease_dispute_notices($1::timestamptz, $2, $3)',
);
