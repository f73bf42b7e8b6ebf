import type { Context, Row, Scope, Tx, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import {
  findById,
  insertRows,
  leaseDue,
  type Owned,
  ownRows,
  rank,
  readOwn,
  scopeOf,
  spellTime,
  statement,
  writeRows,
  writing,
} from '#platform/db';
import type { Outcome } from '#rails/operations';
import { endingTry, explaining, type Tried, WAITING } from './try-rows.ts';

export type InboundWebhook = {
  readonly id: Uuid;
  readonly connectorAccountId: Uuid;
  readonly eventId: string;
  readonly receivedAtMs: number;
  readonly sealed: Buffer;
  readonly tries: number;
  readonly isForPerson: boolean;
};

/** What it says of something that nobody here knows. */
export type UnknownSaid = {
  /** As the provider, or we, call it. */
  readonly name: string;
  readonly outcome: Outcome['outcome'];
  /** Minor units, as text. */
  readonly amount: string | null;
  readonly currency: string | null;
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

export const insertInbound = (
  scope: Scope,
  webhook: Omit<InboundWebhook, 'tries' | 'isForPerson'>,
): Write => ({
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

const forPersonRow = writeRows({
  name: 'inbound_webhooks.for_person',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    id: 'uuid',
    subject: 'text',
    told: 'json',
  },
  key: 'id',
  rank: rank.update + 1,
  text: (given) => `update rails.inbound_webhooks w
   set for_person = true, subject = given.subject, told = given.told::jsonb
  from ${given}
 where w.account_id = given.account_id and w.livemode = given.livemode and w.id = given.id
   and w.state = ${WAITING}
returning w.id::text as key`,
});

/** It waits on, and a person sees it. */
export const giveWebhookToPerson = writing(
  forPersonRow,
  (scope, given: { readonly id: Uuid; readonly told: readonly UnknownSaid[] }) => [
    scope.accountId,
    scope.livemode,
    given.id,
    [...new Set(given.told.map(({ name }) => name))].sort().join(' '),
    JSON.stringify(given.told),
  ],
);

// With it goes all that was told of the same and waits for a person as well.
export const explainWebhook = explaining({
  name: 'inbound_webhooks.explain',
  text: (given) => `with ended as (
  update rails.inbound_webhooks w
     set state = ${states.given_up}, due_at = null, leased_until = null,
         explanation = given.explanation, explained_at = given.explained_at
    from ${given}
    join rails.inbound_webhooks of
      on of.account_id = given.account_id and of.livemode = given.livemode and of.id = given.id
     and of.state = ${WAITING} and of.for_person
   where w.account_id = given.account_id and w.livemode = given.livemode
     and w.connector_account_id = of.connector_account_id
     and (w.id = of.id or w.subject = of.subject and of.subject <> '') and w.state = ${WAITING} and w.for_person
  returning w.id, given.id as asked
)
select id::text as key from ended where id = asked`,
});

export type WebhookForPerson = Pick<InboundWebhook, 'id' | 'receivedAtMs'> & {
  /** Empty as long as nobody could read it. */
  readonly told: readonly UnknownSaid[];
};

const listForPerson = statement(
  'inbound_webhooks.list_for_person',
  `select id, received_at, told from rails.inbound_webhooks
    where ${ownRows} and for_person and state = ${WAITING} order by id desc limit $3`,
);

/** Newest first: what providers say of what is not known here. */
export const loadWebhooksForPerson = async (
  context: Pick<Context, 'database'>,
  scope: Scope,
  limit: number,
): Promise<WebhookForPerson[]> => {
  type Found = Row & Pick<InboundRow, 'id' | 'received_at'> & { readonly told: unknown };
  const rows = await readOwn<Found>(context, scope, listForPerson, [limit]);
  return rows.map(({ id, received_at: receivedAtMs, told }) => ({
    id,
    receivedAtMs,
    told: (told ?? []) as readonly UnknownSaid[],
  }));
};

type InboundRow = Row & {
  readonly id: Uuid;
  readonly connector_account_id: Uuid;
  readonly event_id: string;
  readonly received_at: number;
  readonly sealed: Buffer;
  readonly tries: number;
  readonly for_person: boolean;
};

export const loadInbound = findById({
  name: 'inbound_webhooks.find',
  select: 'id, connector_account_id, event_id, received_at, sealed, tries, for_person',
  from: 'rails.inbound_webhooks',
  where: `state = ${WAITING}`,
  fromRow: (row: InboundRow): InboundWebhook => ({
    id: row.id,
    connectorAccountId: row.connector_account_id,
    eventId: row.event_id,
    receivedAtMs: row.received_at,
    sealed: row.sealed,
    tries: row.tries,
    isForPerson: row.for_person,
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
