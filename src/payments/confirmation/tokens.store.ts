import type { Row, Scope, Write } from '#kit/context';
import { spellId, type Uuid } from '#kit/ids';
import { findById, insertRows, rank, writeRows } from '#platform/db';
import type { ConfirmationToken } from './confirmation-token.ts';

const insertTokenRow = insertRows({
  name: 'confirmation_tokens.insert',
  table: 'payments.confirmation_tokens',
  columns: { account_id: 'uuid', livemode: 'boolean', id: 'uuid', details: 'json' },
  key: 'id',
  rank: rank.insert,
});

// Once: the second who comes finds it used, and loses.
const useTokenRow = writeRows({
  name: 'confirmation_tokens.use',
  columns: { account_id: 'uuid', livemode: 'boolean', id: 'uuid', used_by: 'text' },
  key: 'id',
  rank: rank.claim,
  text: (given) => `update payments.confirmation_tokens t set used_by = given.used_by
  from ${given}
 where t.account_id = given.account_id and t.livemode = given.livemode and t.id = given.id
   and t.used_by is null
returning t.id::text as key`,
});

export const insertToken = (scope: Scope, token: ConfirmationToken): Write => {
  const { id, usedBy: _, ...details } = token;
  return {
    into: insertTokenRow,
    row: [scope.accountId, scope.livemode, id, JSON.stringify(details)],
  };
};

export const useToken = (
  scope: Scope,
  id: Uuid,
  by: { readonly prefix: string; readonly id: Uuid },
): Write => ({
  into: useTokenRow,
  row: [scope.accountId, scope.livemode, id, spellId(by.prefix, by.id)],
});

type TokenRow = Row & {
  readonly id: Uuid;
  readonly used_by: string | null;
  readonly details: Omit<ConfirmationToken, 'id' | 'usedBy'>;
};

export const loadToken = findById({
  name: 'confirmation_tokens.find',
  select: 'id, used_by, details',
  from: 'payments.confirmation_tokens',
  fromRow: ({ id, used_by, details }: TokenRow): ConfirmationToken => ({
    id,
    usedBy: used_by,
    ...details,
  }),
});
