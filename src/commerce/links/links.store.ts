import { plainSession, reviveAmounts } from '#commerce/checkout';
import type { Row, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { findByIds, insertRows, listPages, oneOf, rank, updateRows, writing } from '#platform/db';
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

const updateLinkRow = updateRows({
  name: 'payment_links.update',
  table: 'commerce.payment_links',
  columns: types,
  set: ['active', 'sessions_max', 'details'],
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

export const insertLink = writing(insertLinkRow, toRow);

/** `link.version` is the new one. */
export const updateLink = writing(updateLinkRow, toRow);

const columns = Object.keys(types).slice(2).join(', ');
const stored = { select: columns, from: 'commerce.payment_links', fromRow };

export const loadLinks = findByIds({ name: 'payment_links.find', ...stored });
export const loadLink = oneOf(loadLinks);

export const listLinks = listPages({
  name: 'payment_links.list',
  ...stored,
  where: '($5::boolean is null or active = $5)',
  values: ({ isActive }: { readonly isActive: boolean | null }) => [isActive],
});
