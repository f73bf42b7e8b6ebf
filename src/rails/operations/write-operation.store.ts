// What is written of an operation: that it is there, and what became of it. What is asked for is in `operations.store.ts`.

import type { Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { rank, writeRows, writing } from '#platform/db';
import type { Alert } from './conclude.ts';
import { type Operation, operationKinds } from './operation.ts';
import { operationStates } from './operation-states.ts';

const types = {
  account_id: 'uuid',
  livemode: 'boolean',
  id: 'uuid',
  intent_id: 'uuid',
  connector_account_id: 'uuid',
  kind: 'smallint',
  ordinal: 'integer',
  attempt: 'integer',
  state: 'smallint',
  amount: 'bigint',
  currency: 'text',
  reference: 'text',
  provider_key: 'text',
  sends: 'integer',
  first_sent_at: 'timestamptz',
  deadline_at: 'timestamptz',
  code: 'text',
  alerts: 'text',
  needs_review: 'boolean',
  version: 'integer',
  due_at: 'timestamptz',
  tries: 'integer',
  lease_epoch: 'integer',
} as const;

/** Its columns, in the order of a row. */
export const operationColumns = Object.keys(types);

// Whoever sends it has it until it is due, by the database's clock as well: a worker whose own clock is ahead of the
// sender's would otherwise think that nobody answered, and take back what is being approved.
const insertRow = (name: string, onConflict: string) =>
  writeRows({
    name,
    columns: { ...types, original_id: 'uuid', request: 'json' },
    key: 'id',
    rank: rank.claim,
    losesByConflict: true,
    text: (
      given,
    ) => `insert into rails.operations (${operationColumns.join(', ')}, original_id, request, leased_until)
select ${operationColumns.map((name) => (name === 'alerts' ? 'alerts::text[]' : name)).join(', ')}, original_id, request,
       clock_timestamp() + (due_at - first_sent_at)
  from ${given}
${onConflict}
returning id::text as key`,
  });
// An attempt that is there already, or another that is alive beside it, makes this one lose.
const insertOperationRow = insertRow('operations.insert', 'on conflict do nothing');
const insertFirstRow = insertRow('operations.insert_first', '');

// Only from the version that was read and under the lease that was taken: a worker that slept past its
// lease changes nothing. What the provider was told of an operation is never changed at all. A lease is
// kept only while it runs by the database's clock.
const updateOperationRow = writeRows({
  name: 'operations.update',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    id: 'uuid',
    state: 'smallint',
    sends: 'integer',
    deadline_at: 'timestamptz',
    code: 'text',
    alerts: 'text',
    needs_review: 'boolean',
    version: 'integer',
    due_at: 'timestamptz',
    tries: 'integer',
    lease_epoch: 'integer',
    keep_lease: 'boolean',
  },
  key: 'id',
  rank: rank.update,
  text: (given) => `update rails.operations o
   set state = given.state, sends = given.sends, deadline_at = given.deadline_at,
       code = given.code, alerts = given.alerts::text[], needs_review = given.needs_review,
       version = given.version, due_at = given.due_at, tries = given.tries,
       leased_until = case when given.keep_lease then o.leased_until end
  from ${given}
 where (o.account_id, o.livemode, o.id) = (given.account_id, given.livemode, given.id)
   and (o.version, o.lease_epoch) = (given.version - 1, given.lease_epoch)
   and (not given.keep_lease or o.leased_until > clock_timestamp())
returning o.id::text as key`,
});

const toRow = (scope: Scope, operation: Operation): unknown[] => [
  scope.accountId,
  scope.livemode,
  operation.id,
  operation.intentId,
  operation.connectorAccountId,
  operationKinds[operation.kind],
  operation.ordinal,
  operation.attempt,
  operationStates[operation.state],
  operation.amount,
  operation.currency,
  operation.reference,
  operation.providerKey,
  operation.sends,
  operation.firstSentAtMs,
  operation.deadlineMs,
  operation.code,
  `{${operation.alerts.join(',')}}`,
  operation.needsReview,
  operation.version,
  operation.dueAtMs,
  operation.tries,
  operation.leaseEpoch,
];

/** What is asked of the provider, as whoever sends it spells it. */
export type Asked = {
  /** The operation that it follows. */
  readonly original: Uuid | null;
  readonly request: unknown;
};

export const insertOperation = (scope: Scope, operation: Operation, asked?: Asked): Write => ({
  into: insertOperationRow,
  row: [...toRow(scope, operation), ...askedRow(asked)],
});

/** For an intent that is inserted with it: there is nothing it could lose against. */
export const insertFirstOperation = (scope: Scope, operation: Operation, asked?: Asked): Write => ({
  into: insertFirstRow,
  row: [...toRow(scope, operation), ...askedRow(asked)],
});

const askedRow = (asked: Asked | undefined): unknown[] =>
  asked === undefined ? [null, null] : [asked.original, JSON.stringify(asked.request)];

/** `operation.version` is the new one, `operation.leaseEpoch` the one that was read or leased. */
export const updateOperation = (
  scope: Scope,
  operation: Operation,
  { keepLease = false }: { readonly keepLease?: boolean } = {},
): Write => ({
  into: updateOperationRow,
  row: [
    scope.accountId,
    scope.livemode,
    operation.id,
    operationStates[operation.state],
    operation.sends,
    operation.deadlineMs,
    operation.code,
    `{${operation.alerts.join(',')}}`,
    operation.needsReview,
    operation.version,
    operation.dueAtMs,
    operation.tries,
    operation.leaseEpoch,
    keepLease,
  ],
});

// Behind an update by what was learned at the same moment. Who has read it without this reads it again.
const reviewRow = writeRows({
  name: 'operations.review',
  columns: { account_id: 'uuid', livemode: 'boolean', id: 'uuid', alert: 'text' },
  key: 'id',
  rank: rank.update + 1,
  text: (given) => `update rails.operations o
   set needs_review = true, version = o.version + 1,
       alerts = array(select distinct unnest(o.alerts || given.alert) order by 1)
  from ${given}
 where (o.account_id, o.livemode, o.id) = (given.account_id, given.livemode, given.id)
returning o.id::text as key`,
});

/** It waits for a person until they say something of it. The evidence that says so goes with it. */
export const reviewOperation = writing(
  reviewRow,
  (scope, given: { readonly operationId: Uuid; readonly alert: Alert }) => [
    scope.accountId,
    scope.livemode,
    given.operationId,
    given.alert,
  ],
);
