import type { Context, Row, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { insertRows, rank, statement } from '#platform/db';
import { type FollowingRequest, isFollowing, type PaymentRequest } from './request.ts';

const insertRow = insertRows({
  name: 'requests.insert',
  table: 'rails.requests',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    operation_id: 'uuid',
    original_id: 'uuid',
    request: 'json',
  },
  key: 'operation_id',
  rank: rank.insert,
});

export const insertRequest = (
  scope: Scope,
  operationId: Uuid,
  request: PaymentRequest | FollowingRequest,
): Write => ({
  into: insertRow,
  row: [
    scope.accountId,
    scope.livemode,
    operationId,
    isFollowing(request) ? request.original : null,
    JSON.stringify(request),
  ],
});

const find = statement(
  'requests.find',
  `select request from rails.requests
    where (account_id, livemode) = ($1, $2) and operation_id = $3`,
);

export const loadRequest = async (
  context: Pick<Context, 'database'>,
  scope: Scope,
  operationId: Uuid,
): Promise<PaymentRequest | FollowingRequest | undefined> => {
  const [row] = await context.database.read<
    Row & { readonly request: PaymentRequest | FollowingRequest }
  >(scope, find, [scope.accountId, scope.livemode, operationId]);
  return row?.request;
};
