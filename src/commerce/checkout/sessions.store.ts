import type { Context, Row, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import {
  findByIds,
  findDue,
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
  spellTime,
  statement,
  updateRows,
  writing,
} from '#platform/db';
import { wide } from './line-item.ts';
import { type CheckoutSession, type SessionStatus, sessionStatuses } from './session.ts';

const statusOf = namesByCode(sessionStatuses);

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

const updateSessionRow = updateRows({
  name: 'checkout_sessions.update',
  table: 'commerce.checkout_sessions',
  columns: types,
  set: [
    'events',
    'status',
    'amount',
    'intent_id',
    'customer_id',
    'email',
    'due_at',
    'tries',
    'failed_tries',
    'details',
  ],
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
    spellTime(session.expiresAtMs),
    spellTime(session.dueAtMs),
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

export const insertSession = writing(insertSessionRow, toRow);

/** `session.version` is the new one. */
export const updateSession = writing(updateSessionRow, toRow);

const columns = Object.keys(types).slice(2).join(', ');
const stored = { select: columns, from: 'commerce.checkout_sessions', fromRow };

export const loadSessions = findByIds({ name: 'checkout_sessions.find', ...stored });
export const loadSession = oneOf(loadSessions);

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
  const [row] = await readOwn<SessionRow>(context, scope, findByOrder, [orderReference]);
  return row && fromRow(row);
};

export type SessionFilter = PageOfRows &
  MadeWithin & {
    readonly customerId: Uuid | null;
    readonly intentId: Uuid | null;
    readonly linkId: Uuid | null;
    readonly email: string | null;
    readonly order: string | null;
    readonly status: SessionStatus | null;
  };

export const listSessions = listPages({
  name: 'checkout_sessions.list',
  ...stored,
  where: madeWithin,
  values: ({ idFrom, idBefore }: SessionFilter) => [idFrom, idBefore],
  asked: ({ customerId, intentId, linkId, email, order, status }) => ({
    customer_id: customerId,
    intent_id: intentId,
    link_id: linkId,
    email,
    order_reference: order,
    status: status === null ? null : sessionStatuses[status],
  }),
});

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
  const [row] = await readOwn<{ completed: number }>(context, scope, countOfLink, [linkId]);
  return row?.completed ?? 0;
};

export const loadDue = findDue(
  'checkout_sessions.due',
  'select * from commerce.due_checkout_sessions($1::timestamptz, $2, $3::uuid[])',
);
/** As a worker asks in its rounds. */
export const areSessionsDue = 'exists (select from commerce.due_checkout_sessions(now.at, 1))';
