import type { Context, Row, Scope, Tx, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { insertRows, rank, statement, writeRows } from '#platform/db';

export type InboundWebhook = {
  readonly id: Uuid;
  readonly connectorAccountId: Uuid;
  readonly eventId: string;
  readonly receivedAtMs: number;
  readonly sealed: Buffer;
  readonly tries: number;
};

const iso = (ms: number): string => new Date(ms).toISOString();

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
    iso(webhook.receivedAtMs),
    webhook.sealed,
    iso(webhook.receivedAtMs),
  ],
});

const states = { waiting: 1, understood: 2, given_up: 3 } as const;

// Whoever leased it may have slept: only from the number of tries that was read.
const updateRow = writeRows({
  name: 'inbound_webhooks.update',
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
  text: (given) => `update rails.inbound_webhooks w
   set state = given.state, tries = given.tries, due_at = given.due_at, leased_until = null
  from ${given}
 where (w.account_id, w.livemode, w.id) = (given.account_id, given.livemode, given.id)
   and w.tries = given.tries - 1 and w.state = 1
returning w.id::text as key`,
});

/** One try more; `dueAtMs` when it is to be tried again. */
export const endTry = (
  scope: Scope,
  { id, tries }: Pick<InboundWebhook, 'id' | 'tries'>,
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
  'inbound_webhooks.find',
  `select id, connector_account_id, event_id, received_at, sealed, tries
     from rails.inbound_webhooks where (account_id, livemode) = ($1, $2) and id = $3 and state = 1`,
);
const ownerOf = statement(
  'connector_accounts.owner',
  'select * from rails.owner_of_connector_account($1)',
);
const lease = statement(
  'inbound_webhooks.lease',
  'select * from rails.lease_webhooks($1::timestamptz, $2, $3)',
);

export const loadInbound = async (
  context: Pick<Context, 'database'>,
  scope: Scope,
  id: Uuid,
): Promise<InboundWebhook | undefined> => {
  const [row] = await context.database.read<
    Row & {
      readonly id: Uuid;
      readonly connector_account_id: Uuid;
      readonly event_id: string;
      readonly received_at: number;
      readonly sealed: Buffer;
      readonly tries: number;
    }
  >(scope, find, [scope.accountId, scope.livemode, id]);
  return (
    row && {
      id: row.id,
      connectorAccountId: row.connector_account_id,
      eventId: row.event_id,
      receivedAtMs: row.received_at,
      sealed: row.sealed,
      tries: row.tries,
    }
  );
};

export const ownerOfAccount = async (tx: Tx, id: Uuid): Promise<Scope | null> => {
  const [row] = await tx.query<{ account_id: Uuid; livemode: boolean }>(ownerOf, [id]);
  return row === undefined ? null : { accountId: row.account_id, livemode: row.livemode };
};

export const leaseInbound = async (
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
