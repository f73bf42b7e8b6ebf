import { present } from '#kit/assert';
import type { Context, Row, Scope, Tx, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { insertRows, rank, statement, writeRows } from '#platform/db';
import { type AuthenticationState, authenticationStates } from './authentication-states.ts';
import type { Asked, CardAuthentication, Learned } from './card-authentication.ts';

const types = {
  account_id: 'uuid',
  livemode: 'boolean',
  id: 'uuid',
  version: 'integer',
  state: 'smallint',
  intent_id: 'uuid',
  card_id: 'uuid',
  amount: 'bigint',
  currency: 'text',
  merchant_id: 'text',
  expires_at: 'timestamptz',
  due_at: 'timestamptz',
  asked: 'json',
  learned: 'json',
} as const;

const insertRow = insertRows({
  name: 'authentications.insert',
  table: 'cards.authentications',
  columns: types,
  key: 'id',
  rank: rank.insert,
});

// What the proof is bound to is never changed.
const updateRow = writeRows({
  name: 'authentications.update',
  columns: types,
  key: 'id',
  rank: rank.update,
  text: (given) => `update cards.authentications a
   set version = given.version, state = given.state, expires_at = given.expires_at,
       due_at = given.due_at, learned = given.learned
  from ${given}
 where a.account_id = given.account_id and a.livemode = given.livemode and a.id = given.id
   and a.version = given.version - 1 and a.used_for is null
returning a.id::text as key`,
});

// The one place where a proof is used: by whoever comes first, for what it was made for, in time. The
// value goes with it; from then on it stands with the operation alone.
const useRow = writeRows({
  name: 'authentications.use',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    id: 'uuid',
    used_for: 'uuid',
    intent_id: 'uuid',
    card_id: 'uuid',
    amount: 'bigint',
    currency: 'text',
    merchant_id: 'text',
    at: 'timestamptz',
  },
  key: 'id',
  rank: rank.claim,
  text: (given) => `update cards.authentications a
   set used_for = given.used_for, version = a.version + 1, due_at = null,
       learned = (a.learned::jsonb || '{"cavv": null}')::json
  from ${given}
 where a.account_id = given.account_id and a.livemode = given.livemode and a.id = given.id
   and a.state = ${authenticationStates.completed} and a.used_for is null
   and a.expires_at > given.at and a.intent_id = given.intent_id and a.card_id = given.card_id
   and a.amount = given.amount and a.currency = given.currency
   and a.merchant_id = given.merchant_id
returning a.id::text as key`,
});

const iso = (ms: number): string => new Date(ms).toISOString();

const toRow = (scope: Scope, it: CardAuthentication): unknown[] => [
  scope.accountId,
  scope.livemode,
  it.id,
  it.version,
  authenticationStates[it.state],
  it.intentId,
  it.card,
  it.amount,
  it.currency,
  it.merchantId,
  iso(it.expiresAtMs),
  it.dueAtMs === null ? null : iso(it.dueAtMs),
  JSON.stringify(it.asked),
  JSON.stringify(it.learned),
];

export const insertAuthentication = (scope: Scope, it: CardAuthentication): Write => ({
  into: insertRow,
  row: toRow(scope, it),
});

export const updateAuthentication = (scope: Scope, it: CardAuthentication): Write => ({
  into: updateRow,
  row: toRow(scope, it),
});

export type Binding = {
  readonly intentId: Uuid;
  readonly card: Uuid;
  readonly amount: bigint;
  readonly currency: string;
  readonly merchantId: string;
};

export const useAuthenticationRow = (
  scope: Scope,
  id: Uuid,
  { operationId, nowMs, ...to }: Binding & { readonly operationId: Uuid; readonly nowMs: number },
): Write => ({
  into: useRow,
  row: [
    scope.accountId,
    scope.livemode,
    id,
    operationId,
    to.intentId,
    to.card,
    to.amount,
    to.currency,
    to.merchantId,
    iso(nowMs),
  ],
});

type AuthenticationRow = Row & {
  readonly id: Uuid;
  readonly version: number;
  readonly state: number;
  readonly intent_id: Uuid;
  readonly card_id: Uuid;
  readonly amount: bigint;
  readonly currency: string;
  readonly merchant_id: string;
  readonly expires_ms: number;
  readonly due_ms: number | null;
  readonly used_for: Uuid | null;
  readonly asked: Asked;
  readonly learned: Learned;
};

const names = Object.keys(authenticationStates) as AuthenticationState[];

const fromRow = (row: AuthenticationRow): CardAuthentication => ({
  id: row.id,
  version: row.version,
  state: present(
    names.find((name) => authenticationStates[name] === row.state),
    `A name for ${row.state}`,
  ),
  intentId: row.intent_id,
  card: row.card_id,
  amount: row.amount,
  currency: row.currency,
  merchantId: row.merchant_id,
  expiresAtMs: row.expires_ms,
  dueAtMs: row.due_ms,
  usedFor: row.used_for,
  asked: row.asked,
  learned: row.learned,
});

const columns = `id, version, state, intent_id, card_id, amount, currency, merchant_id, used_for, asked,
          learned, (extract(epoch from expires_at) * 1000)::float8 as expires_ms,
          (extract(epoch from due_at) * 1000)::float8 as due_ms`;
const find = statement(
  'authentications.find',
  `select ${columns} from cards.authentications
    where account_id = $1 and livemode = $2 and id = $3`,
);
const findOfIntent = statement(
  'authentications.of_intent',
  `select ${columns} from cards.authentications
    where account_id = $1 and livemode = $2 and intent_id = $3 order by id`,
);
const findDue = statement(
  'authentications.due',
  'select * from cards.due_authentications($1::timestamptz, $2)',
);
/** As a worker asks in its rounds. */
export const areAuthenticationsDue = 'exists (select from cards.due_authentications(now.at, 1))';

export const loadAuthentication = async (
  context: Context,
  scope: Scope,
  id: Uuid,
): Promise<CardAuthentication | undefined> => {
  const of = [scope.accountId, scope.livemode, id];
  const [row] = await context.database.read<AuthenticationRow>(scope, find, of);
  return row && fromRow(row);
};

/** Oldest first. */
export const loadAuthenticationsOf = async (
  context: Context,
  scope: Scope,
  intentId: Uuid,
): Promise<CardAuthentication[]> => {
  const of = [scope.accountId, scope.livemode, intentId];
  return (await context.database.read<AuthenticationRow>(scope, findOfIntent, of)).map(fromRow);
};

export const listDue = async (
  tx: Tx,
  nowMs: number,
  atMost: number,
): Promise<{ scope: Scope; id: Uuid }[]> => {
  const rows = await tx.query<{ account_id: Uuid; livemode: boolean; id: Uuid }>(findDue, [
    iso(nowMs),
    atMost,
  ]);
  return rows.map(({ account_id: accountId, livemode, id }) => ({
    scope: { accountId, livemode },
    id,
  }));
};
