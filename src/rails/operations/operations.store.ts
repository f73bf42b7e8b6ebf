import { present } from '#kit/assert';
import type { Context, Row, Scope, Tx } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { type Owned, scopeOf, spellTime, statement } from '#platform/db';
import { type EvidenceRow, evidenceColumns, fromEvidenceRow } from './evidence.store.ts';
import type { Evidence } from './evidence.ts';
import { idOfReference, type Operation, operationKinds } from './operation.ts';
import { operationStates } from './operation-states.ts';
import { PENDING_MS_MAX } from './recovery.ts';
import { operationColumns } from './write-operation.store.ts';

/** Whose they are is known by who asks. */
const columns = operationColumns.slice(2).join(', ');

const nameOf = <Name extends string>(numbers: Readonly<Record<Name, number>>, number: unknown) =>
  present(
    (Object.keys(numbers) as Name[]).find((name) => numbers[name] === number),
    `A name for ${String(number)}`,
  );

type OperationRow = Row & {
  readonly id: Uuid;
  readonly intent_id: Uuid;
  readonly connector_account_id: Uuid;
  readonly kind: number;
  readonly ordinal: number;
  readonly attempt: number;
  readonly state: number;
  readonly amount: bigint;
  readonly currency: string;
  readonly reference: string;
  readonly provider_key: string;
  readonly sends: number;
  readonly first_sent_at: number;
  readonly deadline_at: number;
  readonly code: string | null;
  readonly alerts: readonly string[];
  readonly needs_review: boolean;
  readonly version: number;
  readonly due_at: number | null;
  readonly tries: number;
  readonly lease_epoch: number;
};

const fromRow = (row: OperationRow): Operation => ({
  id: row.id,
  intentId: row.intent_id,
  connectorAccountId: row.connector_account_id,
  kind: nameOf(operationKinds, row.kind),
  ordinal: row.ordinal,
  attempt: row.attempt,
  state: nameOf(operationStates, row.state),
  amount: row.amount,
  currency: row.currency,
  reference: row.reference,
  providerKey: row.provider_key,
  sends: row.sends,
  firstSentAtMs: row.first_sent_at,
  deadlineMs: row.deadline_at,
  code: row.code,
  alerts: row.alerts,
  needsReview: row.needs_review,
  version: row.version,
  dueAtMs: row.due_at,
  tries: row.tries,
  leaseEpoch: row.lease_epoch,
});

const ownRow = '(account_id, livemode) = ($1, $2)';

const findOperation = statement(
  'operations.find',
  `select ${columns} from rails.operations where ${ownRow} and id = $3`,
);
const findRequest = statement(
  'operations.find_request',
  `select request from rails.operations where ${ownRow} and id = $3`,
);
// An index holds the references that are not the operation's own id.
const findByReference = statement(
  'operations.find_by_reference',
  `select ${columns} from rails.operations
    where ${ownRow} and connector_account_id = $3 and reference = $4
      and reference not like 'op\\_%'`,
);
const findByOwnReference = statement(
  'operations.find_by_own_reference',
  `select ${columns} from rails.operations
    where ${ownRow} and connector_account_id = $3 and id = $4`,
);
const findByProviderId = statement(
  'operations.find_by_provider_id',
  `select ${columns} from rails.operations
    where ${ownRow} and connector_account_id = $3
      and id = any(array(select rails.operations_by_provider_id($1, $2, $4)))`,
);
const listOfIntent = statement(
  'operations.of_intent',
  `select ${columns} from rails.operations
    where ${ownRow} and intent_id = $3 order by id`,
);
const listForPerson = statement(
  'operations.for_person',
  `select ${columns} from (
     select * from rails.operations where ${ownRow} and (state in (8, 10) or needs_review)
        and ($3 or state = 10 or needs_review)
     union all select * from rails.operations where ${ownRow} and state = 6 and due_at is not null
        and not needs_review and first_sent_at < $5::timestamptz) found order by id limit $4`,
);
const findOpen = statement(
  'operations.open_of_account',
  `select 1 as open from rails.operations
    where ${ownRow} and connector_account_id = $3 and due_at is not null limit 1`,
);
/** As a worker asks in its rounds. */
export const areOperationsDue = 'rails.are_operations_due(now.at)';
const leaseDue = statement(
  'operations.lease',
  'select * from rails.lease_operations($1::timestamptz, $2, $3, $4, $5::uuid[])',
);
const findForgotten = statement(
  'operations.forgotten',
  'select * from rails.forgotten_operations($1::uuid[], $2::boolean[], $3::uuid[]) as id',
);

export type Known = { readonly operation: Operation; readonly evidence: readonly Evidence[] };

/** One statement, so that the operation and all that is known of it are of one moment. */
const findKnown = statement(
  'operations.known',
  `select o.*, ${evidenceColumns}
     from (select ${columns} from rails.operations where ${ownRow} and id = $3) o
     left join (select * from rails.evidence where ${ownRow} and operation_id = $3) e on true
    order by e.id`,
);
type KnownRow = OperationRow & (EvidenceRow | { readonly evidence_id: null });

export const loadKnown = async (
  context: Context,
  scope: Scope,
  id: Uuid,
): Promise<Known | undefined> => {
  const of = [scope.accountId, scope.livemode, id];
  const rows = await context.database.read<KnownRow>(scope, findKnown, of);
  const [operation] = rows;
  if (operation === undefined) return undefined;
  const evidence = rows.flatMap((row) => (row.evidence_id === null ? [] : [fromEvidenceRow(row)]));
  return { operation: fromRow(operation), evidence };
};

export const loadOperation = async (
  context: Context,
  scope: Scope,
  id: Uuid,
): Promise<Operation | undefined> => {
  const of = [scope.accountId, scope.livemode, id];
  const [row] = await context.database.read<OperationRow>(scope, findOperation, of);
  return row && fromRow(row);
};

/** What was asked of the provider; null of an operation that does not say it. */
export const loadAsked = async (
  context: Pick<Context, 'database'>,
  scope: Scope,
  id: Uuid,
): Promise<unknown> => {
  const of = [scope.accountId, scope.livemode, id];
  const [row] = await context.database.read<Row & { readonly request: unknown }>(
    scope,
    findRequest,
    of,
  );
  return row?.request ?? null;
};

/** What a webhook or a settlement line names. A host may give one reference twice over the years. */
export const loadByReference = async (
  context: Context,
  scope: Scope,
  connectorAccountId: Uuid,
  reference: string,
): Promise<Operation[]> => {
  const id = idOfReference(reference);
  const of = [scope.accountId, scope.livemode, connectorAccountId, id ?? reference];
  const find = id === null ? findByReference : findByOwnReference;
  return (await context.database.read<OperationRow>(scope, find, of)).map(fromRow);
};

/** Every operation of which the provider has spoken under a name of its own. */
export const loadByProviderId = async (
  context: Context,
  scope: Scope,
  connectorAccountId: Uuid,
  providerId: string,
): Promise<Operation[]> => {
  const of = [scope.accountId, scope.livemode, connectorAccountId, providerId];
  return (await context.database.read<OperationRow>(scope, findByProviderId, of)).map(fromRow);
};

// A provider names by the payment's reference what was captured of it under another.
const capturesOf = statement(
  'operations.captures_of',
  `select h.id, c.reference from rails.operations h
     join rails.operations c on (c.account_id, c.livemode, c.intent_id, c.connector_account_id)
                              = (h.account_id, h.livemode, h.intent_id, h.connector_account_id)
    where h.account_id = $1 and h.livemode = $2 and h.id = any($3::uuid[])
      and c.kind = ${operationKinds.capture} and c.state = any($4::smallint[])
    order by c.id`,
);

/** What was captured of the payments that these references name, by the references of the captures. */
export const loadCapturesOf = async (
  context: Pick<Context, 'database'>,
  scope: Scope,
  references: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> => {
  const named = new Map<string, string>();
  for (const reference of references) {
    const id = idOfReference(reference);
    if (id !== null) named.set(id, reference);
  }
  const moved = [operationStates.approved, operationStates.reversed];
  const rows = await context.database.read<Row & { readonly id: Uuid; readonly reference: string }>(
    scope,
    capturesOf,
    [scope.accountId, scope.livemode, [...named.keys()], moved],
  );
  const found = new Map<string, string[]>();
  for (const { id, reference } of rows) {
    const of = present(named.get(id), 'Who was asked for');
    found.set(of, [...(found.get(of) ?? []), reference]);
  }
  return found;
};

/** Whether anything may still have to be asked of the provider. */
export const hasOpenOperations = async (
  context: Pick<Context, 'database'>,
  scope: Scope,
  connectorAccountId: Uuid,
): Promise<boolean> => {
  const of = [scope.accountId, scope.livemode, connectorAccountId];
  return (await context.database.read(scope, findOpen, of)).length > 0;
};

/** Oldest first: every attempt, of every kind. */
export const loadOfIntent = async (
  context: Context,
  scope: Scope,
  intentId: Uuid,
): Promise<Operation[]> => {
  const of = [scope.accountId, scope.livemode, intentId];
  return (await context.database.read<OperationRow>(scope, listOfIntent, of)).map(fromRow);
};

/** Oldest first: what nobody could resolve, has long been pending, or does not fit. `alsoUnknown`: also what is still asked about. */
export const loadForPerson = async (
  context: Context,
  scope: Scope,
  wanted: { readonly alsoUnknown: boolean; readonly limit: number },
): Promise<Operation[]> => {
  const pendingSince = spellTime(context.clock.now() - PENDING_MS_MAX);
  const of = [scope.accountId, scope.livemode, wanted.alsoUnknown, wanted.limit, pendingSince];
  return (await context.database.read<OperationRow>(scope, listForPerson, of)).map(fromRow);
};

export type Leased = {
  readonly scope: Scope;
  readonly id: Uuid;
  readonly leaseEpoch: number;
  readonly connectorAccountId: Uuid;
};

export const leaseOperations = async (
  tx: Tx,
  limits: {
    readonly nowMs: number;
    readonly atMost: number;
    readonly leaseMs: number;
    readonly withLive: boolean;
    /** Connector accounts whose operations are left alone now. They stay due. */
    readonly butOf: readonly Uuid[];
  },
): Promise<Leased[]> => {
  type Found = Owned & { id: Uuid; lease_epoch: number; connector_account_id: Uuid };
  const rows = await tx.query<Found>(leaseDue, [
    spellTime(limits.nowMs),
    limits.atMost,
    limits.leaseMs,
    limits.withLive,
    limits.butOf,
  ]);
  return rows.map((row) => ({
    scope: scopeOf(row),
    id: row.id,
    leaseEpoch: row.lease_epoch,
    connectorAccountId: row.connector_account_id,
  }));
};

/** Of these, the ids of those that are not there. */
export const loadForgotten = async (
  tx: Tx,
  wanted: readonly (Scope & { readonly operationId: Uuid })[],
): Promise<Uuid[]> => {
  const rows = await tx.query<{ id: Uuid }>(findForgotten, [
    wanted.map(({ accountId }) => accountId),
    wanted.map(({ livemode }) => livemode),
    wanted.map(({ operationId }) => operationId),
  ]);
  return rows.map(({ id }) => id);
};
