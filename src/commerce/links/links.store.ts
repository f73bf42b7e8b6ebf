import { plainSession, reviveAmounts } from '#commerce/checkout';
import type { Context, Row, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { insertRows, rank, statement, writeRows } from '#platform/db';
import type { PaymentLink } from './link.ts';

const types = {
  account_id: 'uuid',
  livemode: 'boolean',
  id: 'uuid',
  version: 'integer',
  active: 'boolean',
  sessions_max: 'integer',
  details: 'json',
} as const;

const insertLinkRow = insertRows({
  name: 'payment_links.insert',
  table: 'commerce.payment_links',
  columns: types,
  key: 'id',
  rank: rank.insert,
});

// Only from the version that was read: whoever comes second reads again and decides again.
const updateLinkRow = writeRows({
  name: 'payment_links.update',
  columns: types,
  key: 'id',
  rank: rank.update,
  text: (given) => `update commerce.payment_links l
   set version = given.version, active = given.active, sessions_max = given.sessions_max,
       details = given.details
  from ${given}
 where l.account_id = given.account_id and l.livemode = given.livemode and l.id = given.id
   and l.version = given.version - 1
returning l.id::text as key`,
});

const toRow = (scope: Scope, link: PaymentLink): unknown[] => {
  const { id, version, isActive, limit, ...details } = link;
  const plain = JSON.stringify(plainSession(details));
  return [scope.accountId, scope.livemode, id, version, isActive, limit, plain];
};

type LinkRow = Row & {
  readonly id: Uuid;
  readonly version: number;
  readonly active: boolean;
  readonly sessions_max: number | null;
  readonly details: Omit<PaymentLink, 'id' | 'version' | 'isActive' | 'limit'>;
};

const fromRow = ({ details, ...row }: LinkRow): PaymentLink => ({
  ...details,
  id: row.id,
  version: row.version,
  isActive: row.active,
  limit: row.sessions_max,
  session: { ...details.session, ...reviveAmounts(details.session) },
});

export const insertLink = (scope: Scope, link: PaymentLink): Write => ({
  into: insertLinkRow,
  row: toRow(scope, link),
});

/** `link.version` is the new one. */
export const updateLink = (scope: Scope, link: PaymentLink): Write => ({
  into: updateLinkRow,
  row: toRow(scope, link),
});

const columns = Object.keys(types).slice(2).join(', ');
const ownRows = 'account_id = $1 and livemode = $2';

const findMany = statement(
  'payment_links.find',
  `select ${columns} from commerce.payment_links where ${ownRows} and id = any($3::uuid[])`,
);

export const loadLinks = async (
  context: Context,
  scope: Scope,
  ids: readonly Uuid[],
): Promise<Map<Uuid, PaymentLink>> => {
  const rows = await context.database.read<LinkRow>(scope, findMany, [
    scope.accountId,
    scope.livemode,
    ids,
  ]);
  return new Map(rows.map((row) => [row.id, fromRow(row)]));
};

export const loadLink = async (
  context: Context,
  scope: Scope,
  id: Uuid,
): Promise<PaymentLink | undefined> => (await loadLinks(context, scope, [id])).get(id);

const listIn = (direction: 'older' | 'newer') =>
  statement(
    `payment_links.list_${direction}`,
    `select ${columns} from commerce.payment_links
      where ${ownRows}
        and ($3::uuid is null or id ${direction === 'older' ? '<' : '>'} $3)
        and ($4::boolean is null or active = $4)
      order by id ${direction === 'older' ? 'desc' : 'asc'} limit $5`,
  );
const listing = { older: listIn('older'), newer: listIn('newer') };

/** In the order of the direction: the caller turns a page of newer ones round. */
export const listLinks = async (
  context: Context,
  scope: Scope,
  filter: {
    readonly direction: 'older' | 'newer';
    readonly from: Uuid | null;
    readonly isActive: boolean | null;
    readonly limit: number;
  },
): Promise<PaymentLink[]> => {
  const rows = await context.database.read<LinkRow>(scope, listing[filter.direction], [
    scope.accountId,
    scope.livemode,
    filter.from,
    filter.isActive,
    filter.limit,
  ]);
  return rows.map(fromRow);
};
