import type { Context, Row, Scope, Tx, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { insertRows, rank, statement, writeRows } from '#platform/db';
import { wide } from './line-item.ts';
import { type CheckoutSession, type SessionStatus, sessionStatuses } from './session.ts';

const statusOf = new Map<number, SessionStatus>(
  Object.entries(sessionStatuses).map(([status, code]) => [code, status as SessionStatus]),
);

const types = {
  account_id: 'uuid',
  livemode: 'boolean',
  id: 'uuid',
  version: 'integer',
  events: 'integer',
  status: 'smallint',
  secret: 'text',
  currency: 'text',
  amount: 'bigint',
  intent_id: 'uuid',
  customer_id: 'uuid',
  link_id: 'uuid',
  order_reference: 'text',
  email: 'text',
  expires_at: 'timestamptz',
  due_at: 'timestamptz',
  tries: 'integer',
  failed_tries: 'integer',
  details: 'json',
} as const;

// An order that has a session already makes this one lose: the handler then finds the first.
const insertSessionRow = insertRows({
  name: 'checkout_sessions.insert',
  table: 'commerce.checkout_sessions',
  columns: types,
  key: 'id',
  rank: rank.insert,
  orNothing: true,
});

// Only from the version that was read: whoever comes second reads again and decides again.
const updateSessionRow = writeRows({
  name: 'checkout_sessions.update',
  columns: types,
  key: 'id',
  rank: rank.update,
  text: (given) => `update commerce.checkout_sessions s
   set version = given.version, events = given.events, status = given.status,
       amount = given.amount, intent_id = given.intent_id, customer_id = given.customer_id,
       email = given.email, due_at = given.due_at, tries = given.tries,
       failed_tries = given.failed_tries, details = given.details
  from ${given}
 where s.account_id = given.account_id and s.livemode = given.livemode and s.id = given.id
   and s.version = given.version - 1
returning s.id::text as key`,
});

const columnNames = [
  'id',
  'version',
  'events',
  'status',
  'secret',
  'currency',
  'amount',
  'intentId',
  'customerId',
  'linkId',
  'orderReference',
  'email',
  'expiresAtMs',
  'dueAtMs',
  'tries',
  'failedTries',
] as const satisfies readonly (keyof CheckoutSession)[];

type Columns = (typeof columnNames)[number];

const timeOf = (ms: number): string => new Date(ms).toISOString();

const toRow = (scope: Scope, session: CheckoutSession): unknown[] => {
  const details: Partial<Record<keyof CheckoutSession, unknown>> = { ...session };
  for (const name of columnNames) delete details[name];
  return [
    scope.accountId,
    scope.livemode,
    session.id,
    session.version,
    session.events,
    sessionStatuses[session.status],
    session.secret,
    session.currency,
    session.amount,
    session.intentId,
    session.customerId,
    session.linkId,
    session.orderReference,
    session.email,
    timeOf(session.expiresAtMs),
    session.dueAtMs === null ? null : timeOf(session.dueAtMs),
    session.tries,
    session.failedTries,
    JSON.stringify(plain(details)),
  ];
};

/** In JSON an amount is a number: no currency's largest amount comes near what a number holds. */
export const plain = <T>(value: T): T =>
  JSON.parse(
    JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? Number(part) : part)),
  ) as T;

type SessionRow = Row & {
  readonly id: Uuid;
  readonly version: number;
  readonly events: number;
  readonly status: number;
  readonly secret: string;
  readonly currency: string | null;
  readonly amount: bigint;
  readonly intent_id: Uuid | null;
  readonly customer_id: Uuid | null;
  readonly link_id: Uuid | null;
  readonly order_reference: string | null;
  readonly email: string | null;
  readonly expires_at: number;
  readonly due_at: number | null;
  readonly tries: number;
  readonly failed_tries: number;
  readonly details: Omit<CheckoutSession, Columns>;
};

const fromRow = ({ details, ...row }: SessionRow): CheckoutSession => ({
  ...details,
  id: row.id,
  version: row.version,
  events: row.events,
  status: statusOf.get(row.status) ?? 'expired',
  secret: row.secret,
  currency: row.currency,
  amount: row.amount,
  intentId: row.intent_id,
  customerId: row.customer_id,
  linkId: row.link_id,
  orderReference: row.order_reference,
  email: row.email,
  expiresAtMs: row.expires_at,
  dueAtMs: row.due_at,
  tries: row.tries,
  failedTries: row.failed_tries,
  ...reviveAmounts(details),
});

type Amounts = Pick<CheckoutSession, 'lines' | 'shippingOptions'>;

/** Amounts of a stored JSON are numbers; whatever is computed with is a bigint. */
export const reviveAmounts = ({ lines, shippingOptions }: Amounts): Amounts => ({
  lines: lines.map((line) => ({
    ...line,
    price: { ...line.price, unitAmount: wide(line.price.unitAmount) },
  })),
  shippingOptions: shippingOptions.map((option) => ({
    ...option,
    amount: wide(option.amount),
  })),
});

export const insertSession = (scope: Scope, session: CheckoutSession): Write => ({
  into: insertSessionRow,
  row: toRow(scope, session),
});

/** `session.version` is the new one. */
export const updateSession = (scope: Scope, session: CheckoutSession): Write => ({
  into: updateSessionRow,
  row: toRow(scope, session),
});

const columns = Object.keys(types).slice(2).join(', ');
const ownRows = 'account_id = $1 and livemode = $2';

const findMany = statement(
  'checkout_sessions.find',
  `select ${columns} from commerce.checkout_sessions where ${ownRows} and id = any($3::uuid[])`,
);

export const loadSessions = async (
  context: Context,
  scope: Scope,
  ids: readonly Uuid[],
): Promise<Map<Uuid, CheckoutSession>> => {
  const rows = await context.database.read<SessionRow>(scope, findMany, [
    scope.accountId,
    scope.livemode,
    ids,
  ]);
  return new Map(rows.map((row) => [row.id, fromRow(row)]));
};

export const loadSession = async (
  context: Context,
  scope: Scope,
  id: Uuid,
): Promise<CheckoutSession | undefined> => (await loadSessions(context, scope, [id])).get(id);

const findByOrder = statement(
  'checkout_sessions.find_by_order',
  `select ${columns} from commerce.checkout_sessions
    where ${ownRows} and order_reference = $3 and status <> 3`,
);

/** The one that can be paid, or was. */
export const loadSessionOfOrder = async (
  context: Context,
  scope: Scope,
  orderReference: string,
): Promise<CheckoutSession | undefined> => {
  const of = [scope.accountId, scope.livemode, orderReference];
  const [row] = await context.database.read<SessionRow>(scope, findByOrder, of);
  return row && fromRow(row);
};

export type SessionFilter = {
  readonly direction: 'older' | 'newer';
  /** Exclusive; null is the end from which the direction starts. */
  readonly from: Uuid | null;
  readonly idFrom: Uuid;
  readonly idBefore: Uuid;
  readonly customerId: Uuid | null;
  readonly intentId: Uuid | null;
  readonly linkId: Uuid | null;
  readonly email: string | null;
  readonly status: SessionStatus | null;
  readonly limit: number;
};

const listIn = (direction: 'older' | 'newer') =>
  statement(
    `checkout_sessions.list_${direction}`,
    `select ${columns} from commerce.checkout_sessions
      where ${ownRows}
        and ($3::uuid is null or id ${direction === 'older' ? '<' : '>'} $3)
        and id >= $4::uuid and id < $5::uuid
        and ($6::uuid is null or customer_id = $6)
        and ($7::uuid is null or intent_id = $7)
        and ($8::uuid is null or link_id = $8)
        and ($9::text is null or email = $9)
        and ($10::smallint is null or status = $10)
      order by id ${direction === 'older' ? 'desc' : 'asc'} limit $11`,
  );
const listing = { older: listIn('older'), newer: listIn('newer') };

/** In the order of the direction: the caller turns a page of newer ones round. */
export const listSessions = async (
  context: Context,
  scope: Scope,
  filter: SessionFilter,
): Promise<CheckoutSession[]> => {
  const rows = await context.database.read<SessionRow>(scope, listing[filter.direction], [
    scope.accountId,
    scope.livemode,
    filter.from,
    filter.idFrom,
    filter.idBefore,
    filter.customerId,
    filter.intentId,
    filter.linkId,
    filter.email,
    filter.status === null ? null : sessionStatuses[filter.status],
    filter.limit,
  ]);
  return rows.map(fromRow);
};

const countOfLink = statement(
  'checkout_sessions.completed_of_link',
  `select count(*)::integer as completed from commerce.checkout_sessions
    where ${ownRows} and link_id = $3 and status = 2`,
);

export const completedOf = async (
  context: Context,
  scope: Scope,
  linkId: Uuid,
): Promise<number> => {
  const of = [scope.accountId, scope.livemode, linkId];
  const [row] = await context.database.read<{ completed: number }>(scope, countOfLink, of);
  return row?.completed ?? 0;
};

const dueSessions = statement(
  'checkout_sessions.due',
  'select * from commerce.due_checkout_sessions($1::timestamptz, $2)',
);

export const loadDue = async (
  tx: Tx,
  nowMs: number,
  atMost: number,
): Promise<{ scope: Scope; id: Uuid }[]> => {
  const rows = await tx.query<{ account_id: Uuid; livemode: boolean; id: Uuid }>(dueSessions, [
    timeOf(nowMs),
    atMost,
  ]);
  return rows.map((row) => ({
    scope: { accountId: row.account_id, livemode: row.livemode },
    id: row.id,
  }));
};
