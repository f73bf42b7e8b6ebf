// Calls that a send journal knows and the database does not.

import type { Context, Row, Scope, Tx, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { insertRows, rank, statement, writeRows } from '#platform/db';
import { type OperationKind, operationKinds } from './operation.ts';
import type { SentLine } from './send-journal.ts';

const insertRow = insertRows({
  name: 'forgotten_calls.insert',
  table: 'rails.forgotten_calls',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    id: 'uuid',
    intent_id: 'uuid',
    connector_account_id: 'uuid',
    kind: 'smallint',
    amount: 'bigint',
    currency: 'text',
    reference: 'text',
    provider_key: 'text',
    sent_at: 'timestamptz',
  },
  key: 'id',
  rank: rank.claim,
  orNothing: true,
});

/** Loses where it is known already. */
export const insertForgotten = (line: SentLine): Write => ({
  into: insertRow,
  row: [
    line.accountId,
    line.livemode,
    line.operationId,
    line.intentId,
    line.connectorAccountId,
    line.kind === undefined ? null : operationKinds[line.kind],
    line.amount === undefined ? null : BigInt(line.amount),
    line.currency ?? null,
    line.reference,
    line.providerKey,
    line.atMs,
  ],
});

const releaseRow = writeRows({
  name: 'forgotten_calls.release',
  columns: { account_id: 'uuid', livemode: 'boolean', id: 'uuid', released_at: 'timestamptz' },
  key: 'id',
  rank: rank.update,
  text: (given) => `update rails.forgotten_calls f set released_at = given.released_at
  from ${given}
 where f.account_id = given.account_id and f.livemode = given.livemode and f.id = given.id
   and f.released_at is null
returning f.id::text as key`,
});

/** Loses where there is none, or it was let go before. */
export const releaseForgotten = (scope: Scope, id: Uuid, atMs: number): Write => ({
  into: releaseRow,
  row: [scope.accountId, scope.livemode, id, atMs],
});

const lockedIntents = statement(
  'forgotten_calls.locked',
  'select intent_id from rails.locked_intents() as intent_id',
);

/** Over all accounts: what nothing is sent for. */
export const loadLockedIntents = async (tx: Tx): Promise<Set<Uuid>> =>
  new Set((await tx.query<{ intent_id: Uuid }>(lockedIntents)).map(({ intent_id }) => intent_id));

export type ForgottenCall = {
  readonly id: Uuid;
  readonly intentId: Uuid;
  /** Null where its line does not say it. */
  readonly kind: OperationKind | null;
  readonly amount: bigint | null;
  readonly currency: string | null;
  readonly reference: string;
  readonly providerKey: string;
  readonly sentAtMs: number;
};

const listOpen = statement(
  'forgotten_calls.open',
  `select id, intent_id, kind, amount, currency, reference, provider_key, sent_at
     from rails.forgotten_calls
    where (account_id, livemode) = ($1, $2) and released_at is null order by sent_at, id limit $3`,
);

type ForgottenRow = Row & {
  readonly id: Uuid;
  readonly intent_id: Uuid;
  readonly kind: number | null;
  readonly amount: bigint | null;
  readonly currency: string | null;
  readonly reference: string;
  readonly provider_key: string;
  readonly sent_at: number;
};

/** Oldest first: those that nobody has looked at. */
export const loadForgottenCalls = async (
  context: Pick<Context, 'database'>,
  scope: Scope,
  limit: number,
): Promise<ForgottenCall[]> => {
  const of = [scope.accountId, scope.livemode, limit];
  const rows = await context.database.read<ForgottenRow>(scope, listOpen, of);
  return rows.map((row) => ({
    id: row.id,
    intentId: row.intent_id,
    kind: kinds.find((kind) => operationKinds[kind] === row.kind) ?? null,
    amount: row.amount,
    currency: row.currency,
    reference: row.reference,
    providerKey: row.provider_key,
    sentAtMs: row.sent_at,
  }));
};

const kinds = Object.keys(operationKinds) as OperationKind[];
