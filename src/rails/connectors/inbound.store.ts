import type { Row, Scope, Tx, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import {
  findById,
  insertRows,
  leaseDue,
  type Owned,
  rank,
  scopeOf,
  spellTime,
  statement,
} from '#platform/db';
import { endingTry, type Tried, WAITING } from './try-rows.ts';

export type InboundWebhook = {
  readonly id: Uuid;
  readonly connectorAccountId: Uuid;
  readonly eventId: string;
  readonly receivedAtMs: number;
  readonly sealed: Buffer;
  readonly tries: number;
};

// A claim: who comes second with the same event loses, and has nothing to do.
const insertRow = insertRows({
  name: 'inbound_webhooks.insert',
  table: 'rails.inbound_webhooks',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    id: 'uuid',
    connector_account_id: 'uuid',
    event_id: 'text',
    received_at: 'timestamptz',
    sealed: 'bytea',
    due_at: 'timestamptz',
  },
  key: 'id',
  rank: rank.claim,
  orNothing: true,
});

export const insertInbound = (scope: Scope, webhook: Omit<InboundWebhook, 'tries'>): Write => ({
  into: insertRow,
  row: [
    scope.accountId,
    scope.livemode,
    webhook.id,
    webhook.connectorAccountId,
    webhook.eventId,
    spellTime(webhook.receivedAtMs),
    webhook.sealed,
    spellTime(webhook.receivedAtMs),
  ],
});

const states = { waiting: WAITING, understood: 2, given_up: 3 } as const;

const endingRow = endingTry({ name: 'inbound_webhooks.update', table: 'rails.inbound_webhooks' });

/** One try more; `dueAtMs` when it is to be tried again. */
export const endTry = (
  scope: Scope,
  webhook: Tried,
  state: keyof typeof states,
  dueAtMs: number | null,
): Write => endingRow(scope, webhook, states[state], dueAtMs);

type InboundRow = Row & {
  readonly id: Uuid;
  readonly connector_account_id: Uuid;
  readonly event_id: string;
  readonly received_at: number;
  readonly sealed: Buffer;
  readonly tries: number;
};

export const loadInbound = findById({
  name: 'inbound_webhooks.find',
  select: 'id, connector_account_id, event_id, received_at, sealed, tries',
  from: 'rails.inbound_webhooks',
  where: `state = ${WAITING}`,
  fromRow: (row: InboundRow): InboundWebhook => ({
    id: row.id,
    connectorAccountId: row.connector_account_id,
    eventId: row.event_id,
    receivedAtMs: row.received_at,
    sealed: row.sealed,
    tries: row.tries,
  }),
});

const ownerOf = statement(
  'connector_accounts.owner',
  'select * from rails.owner_of_connector_account($1)',
);

export const ownerOfAccount = async (tx: Tx, id: Uuid): Promise<Scope | null> => {
  const [row] = await tx.query<Owned>(ownerOf, [id]);
  return row === undefined ? null : scopeOf(row);
};

/** As a worker asks in its rounds. */
export const areInboundDue = 'rails.are_webhooks_due(now.at)';

export const leaseInbound = leaseDue(
  'inbound_webhooks.lease',
  'select * from rails.lease_webhooks($1::timestamptz, $2, $3)',
);
