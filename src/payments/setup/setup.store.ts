import type { Context, Row, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { insertRows, rank, statement, writeRows } from '#platform/db';
import type { Mandate } from './mandate.ts';
import type { SetupAttempt, SetupIntent } from './setup-intent.ts';
import { type SetupStatus, setupStatuses } from './setup-states.ts';

const statusOf = new Map<number, SetupStatus>(
  Object.entries(setupStatuses).map(([status, code]) => [code, status as SetupStatus]),
);

const types = {
  account_id: 'uuid',
  livemode: 'boolean',
  id: 'uuid',
  version: 'integer',
  events: 'integer',
  status: 'smallint',
  customer_id: 'uuid',
  method_id: 'text',
  metadata: 'jsonb',
  details: 'json',
} as const;

const insertSetupRow = insertRows({
  name: 'setup_intents.insert',
  table: 'payments.setup_intents',
  columns: types,
  key: 'id',
  rank: rank.insert,
});

// Only from the version that was read: whoever comes second reads again and decides again.
const updateSetupRow = writeRows({
  name: 'setup_intents.update',
  columns: types,
  key: 'id',
  rank: rank.update,
  text: (given) => `update payments.setup_intents s
   set version = given.version, events = given.events, status = given.status,
       customer_id = given.customer_id, method_id = given.method_id, metadata = given.metadata,
       details = given.details
  from ${given}
 where s.account_id = given.account_id and s.livemode = given.livemode and s.id = given.id
   and s.version = given.version - 1
returning s.id::text as key`,
});

type Named = 'id' | 'version' | 'events' | 'status' | 'customerId' | 'methodId' | 'metadata';

const toRow = (scope: Scope, setup: SetupIntent): unknown[] => {
  const { id, version, events, status, customerId, methodId, metadata, ...details } = setup;
  return [
    scope.accountId,
    scope.livemode,
    id,
    version,
    events,
    setupStatuses[status],
    customerId,
    methodId,
    JSON.stringify(metadata),
    JSON.stringify(details),
  ];
};

type SetupRow = Row & {
  readonly id: Uuid;
  readonly version: number;
  readonly events: number;
  readonly status: number;
  readonly customer_id: Uuid | null;
  readonly method_id: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly details: Omit<SetupIntent, Named>;
};

const fromRow = (row: SetupRow): SetupIntent => ({
  id: row.id,
  version: row.version,
  events: row.events,
  status: statusOf.get(row.status) ?? 'requires_payment_method',
  customerId: row.customer_id,
  methodId: row.method_id,
  metadata: row.metadata,
  ...row.details,
});

export const insertSetup = (scope: Scope, setup: SetupIntent): Write => ({
  into: insertSetupRow,
  row: toRow(scope, setup),
});

/** `setup.version` is the new one. */
export const updateSetup = (scope: Scope, setup: SetupIntent): Write => ({
  into: updateSetupRow,
  row: toRow(scope, setup),
});

const columns = Object.keys(types).slice(2).join(', ');
const ownRows = 'account_id = $1 and livemode = $2';

const findMany = statement(
  'setup_intents.find',
  `select ${columns} from payments.setup_intents where ${ownRows} and id = any($3::uuid[])`,
);

export const loadSetups = async (
  context: Context,
  scope: Scope,
  ids: readonly Uuid[],
): Promise<Map<Uuid, SetupIntent>> => {
  const of = [scope.accountId, scope.livemode, ids];
  const rows = await context.database.read<SetupRow>(scope, findMany, of);
  return new Map(rows.map((row) => [row.id, fromRow(row)]));
};

export const loadSetup = async (
  context: Context,
  scope: Scope,
  id: Uuid,
): Promise<SetupIntent | undefined> => (await loadSetups(context, scope, [id])).get(id);

export type SetupFilter = {
  readonly direction: 'older' | 'newer';
  /** Exclusive; null is the end from which the direction starts. */
  readonly from: Uuid | null;
  readonly idFrom: Uuid;
  readonly idBefore: Uuid;
  readonly customerId: Uuid | null;
  readonly methodId: string | null;
  readonly limit: number;
};

const listIn = (direction: 'older' | 'newer') =>
  statement(
    `setup_intents.list_${direction}`,
    `select ${columns} from payments.setup_intents
      where ${ownRows}
        and ($3::uuid is null or id ${direction === 'older' ? '<' : '>'} $3)
        and id >= $4::uuid and id < $5::uuid
        and ($6::uuid is null or customer_id = $6)
        and ($7::text is null or method_id = $7)
      order by id ${direction === 'older' ? 'desc' : 'asc'} limit $8`,
  );
const listing = { older: listIn('older'), newer: listIn('newer') };

/** In the order of the direction: the caller turns a page of newer ones round. */
export const listSetupRows = async (
  context: Context,
  scope: Scope,
  filter: SetupFilter,
): Promise<SetupIntent[]> => {
  const rows = await context.database.read<SetupRow>(scope, listing[filter.direction], [
    scope.accountId,
    scope.livemode,
    filter.from,
    filter.idFrom,
    filter.idBefore,
    filter.customerId,
    filter.methodId,
    filter.limit,
  ]);
  return rows.map(fromRow);
};

const attemptTypes = {
  account_id: 'uuid',
  livemode: 'boolean',
  id: 'uuid',
  version: 'integer',
  setup_id: 'uuid',
  attempt: 'integer',
  details: 'json',
} as const;

const insertAttemptRow = insertRows({
  name: 'setup_attempts.insert',
  table: 'payments.setup_attempts',
  columns: attemptTypes,
  key: 'id',
  rank: rank.insert,
  orNothing: true,
});

const updateAttemptRow = writeRows({
  name: 'setup_attempts.update',
  columns: attemptTypes,
  key: 'id',
  rank: rank.update,
  text: (given) => `update payments.setup_attempts s
   set version = given.version, details = given.details
  from ${given}
 where s.account_id = given.account_id and s.livemode = given.livemode and s.id = given.id
   and s.version = given.version - 1
returning s.id::text as key`,
});

const attemptRow = (scope: Scope, attempt: SetupAttempt): unknown[] => {
  const { id, version, setupId, attempt: number, ...details } = attempt;
  return [scope.accountId, scope.livemode, id, version, setupId, number, JSON.stringify(details)];
};

export const insertAttempt = (scope: Scope, attempt: SetupAttempt): Write => ({
  into: insertAttemptRow,
  row: attemptRow(scope, attempt),
});

/** `attempt.version` is the new one. */
export const updateAttempt = (scope: Scope, attempt: SetupAttempt): Write => ({
  into: updateAttemptRow,
  row: attemptRow(scope, attempt),
});

type AttemptRow = Row & {
  readonly id: Uuid;
  readonly version: number;
  readonly setup_id: Uuid;
  readonly attempt: number;
  readonly details: Omit<SetupAttempt, 'id' | 'version' | 'setupId' | 'attempt'>;
};

const attemptFrom = (row: AttemptRow): SetupAttempt => ({
  id: row.id,
  version: row.version,
  setupId: row.setup_id,
  attempt: row.attempt,
  ...row.details,
});

const findAttempts = statement(
  'setup_attempts.find',
  `select id, version, setup_id, attempt, details from payments.setup_attempts
    where ${ownRows} and id = any($3::uuid[])`,
);

export const loadAttempts = async (
  context: Context,
  scope: Scope,
  ids: readonly Uuid[],
): Promise<Map<Uuid, SetupAttempt>> => {
  const of = [scope.accountId, scope.livemode, ids];
  const rows = await context.database.read<AttemptRow>(scope, findAttempts, of);
  return new Map(rows.map((row) => [row.id, attemptFrom(row)]));
};

const attemptsIn = (direction: 'older' | 'newer') =>
  statement(
    `setup_attempts.list_${direction}`,
    `select id, version, setup_id, attempt, details from payments.setup_attempts
      where ${ownRows} and setup_id = $3
        and ($4::uuid is null or id ${direction === 'older' ? '<' : '>'} $4)
        and id >= $5::uuid and id < $6::uuid
      order by id ${direction === 'older' ? 'desc' : 'asc'} limit $7`,
  );
const attemptListing = { older: attemptsIn('older'), newer: attemptsIn('newer') };

export const listAttemptRows = async (
  context: Context,
  scope: Scope,
  filter: Pick<SetupFilter, 'direction' | 'from' | 'idFrom' | 'idBefore' | 'limit'> & {
    readonly setupId: Uuid;
  },
): Promise<SetupAttempt[]> => {
  const rows = await context.database.read<AttemptRow>(scope, attemptListing[filter.direction], [
    scope.accountId,
    scope.livemode,
    filter.setupId,
    filter.from,
    filter.idFrom,
    filter.idBefore,
    filter.limit,
  ]);
  return rows.map(attemptFrom);
};

const insertMandateRow = insertRows({
  name: 'mandates.insert',
  table: 'payments.mandates',
  columns: { account_id: 'uuid', livemode: 'boolean', id: 'uuid', details: 'json' },
  key: 'id',
  rank: rank.insert,
});

export const insertMandate = (scope: Scope, { id, ...details }: Mandate): Write => ({
  into: insertMandateRow,
  row: [scope.accountId, scope.livemode, id, JSON.stringify(details)],
});

const findMandates = statement(
  'mandates.find',
  `select id, details from payments.mandates where ${ownRows} and id = any($3::uuid[])`,
);

export const loadMandates = async (
  context: Context,
  scope: Scope,
  ids: readonly Uuid[],
): Promise<Map<Uuid, Mandate>> => {
  const rows = await context.database.read<
    Row & { readonly id: Uuid; readonly details: Omit<Mandate, 'id'> }
  >(scope, findMandates, [scope.accountId, scope.livemode, ids]);
  return new Map(rows.map(({ id, details }) => [id, { id, ...details }]));
};
