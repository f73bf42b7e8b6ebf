import type { Context, Row, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import type { Mandate } from '#payments/confirmation';
import {
  findByIds,
  insertRows,
  listPages,
  type MadeWithin,
  madeWithin,
  namesByCode,
  oneOf,
  ownRows,
  type PageOfRows,
  rank,
  readOwn,
  statement,
  updateRows,
  writing,
} from '#platform/db';
import type { SetupAttempt, SetupIntent } from './setup-intent.ts';
import { setupStatuses } from './setup-states.ts';

const statusOf = namesByCode(setupStatuses);

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

const updateSetupRow = updateRows({
  name: 'setup_intents.update',
  table: 'payments.setup_intents',
  columns: types,
  set: ['events', 'status', 'customer_id', 'method_id', 'metadata', 'details'],
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

export const insertSetup = writing(insertSetupRow, toRow);

/** `setup.version` is the new one. */
export const updateSetup = writing(updateSetupRow, toRow);

const columns = Object.keys(types).slice(2).join(', ');
const stored = { select: columns, from: 'payments.setup_intents', fromRow };

export const loadSetups = findByIds({ name: 'setup_intents.find', ...stored });
export const loadSetup = oneOf(loadSetups);

export type SetupFilter = PageOfRows &
  MadeWithin & { readonly customerId: Uuid | null; readonly methodId: string | null };

export const listSetupRows = listPages({
  name: 'setup_intents.list',
  ...stored,
  where: madeWithin,
  values: ({ idFrom, idBefore }: SetupFilter) => [idFrom, idBefore],
  asked: ({ customerId, methodId }) => ({ customer_id: customerId, method_id: methodId }),
});

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

const updateAttemptRow = updateRows({
  name: 'setup_attempts.update',
  table: 'payments.setup_attempts',
  columns: attemptTypes,
  set: ['details'],
});

const attemptRow = (scope: Scope, attempt: SetupAttempt): unknown[] => {
  const { id, version, setupId, attempt: number, ...details } = attempt;
  return [scope.accountId, scope.livemode, id, version, setupId, number, JSON.stringify(details)];
};

export const insertAttempt = writing(insertAttemptRow, attemptRow);

/** `attempt.version` is the new one. */
export const updateAttempt = writing(updateAttemptRow, attemptRow);

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

const storedAttempts = {
  select: 'id, version, setup_id, attempt, details',
  from: 'payments.setup_attempts',
  fromRow: attemptFrom,
};

export const loadAttempts = findByIds({ name: 'setup_attempts.find', ...storedAttempts });

export const listAttemptRows = listPages({
  name: 'setup_attempts.list',
  ...storedAttempts,
  where: `${madeWithin} and setup_id = $7`,
  values: ({ idFrom, idBefore, setupId }: MadeWithin & { readonly setupId: Uuid }) => [
    idFrom,
    idBefore,
    setupId,
  ],
});

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

type MandateRow = Row & { readonly id: Uuid; readonly details: Omit<Mandate, 'id'> };

const mandateFrom = ({ id, details }: MandateRow): Mandate => ({ id, ...details });

export const loadMandates = findByIds({
  name: 'mandates.find',
  select: 'id, details',
  from: 'payments.mandates',
  fromRow: mandateFrom,
});

const findOfMethod = statement(
  'mandates.of_method',
  `select id, details from payments.mandates
    where ${ownRows} and details->>'methodId' = $3 order by id`,
);

export const loadMandatesOfMethod = async (
  context: Pick<Context, 'database'>,
  scope: Scope,
  methodId: string,
): Promise<Mandate[]> =>
  (await readOwn<MandateRow>(context, scope, findOfMethod, [methodId])).map(mandateFrom);
