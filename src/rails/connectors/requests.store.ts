import type { Context, Row, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { leanBy, statement } from '#platform/db';
import { type Asked, loadAsked } from '#rails/operations';
import { type FollowingRequest, isFollowing, type PaymentRequest } from './request.ts';

// See `leanBy`: nothing here may be changed, since stored rows mean it.
const lean = leanBy<PaymentRequest>({
  firstNetworkTransactionId: null,
  authentication: null,
  descriptor: '',
  description: null,
  billing: { name: null, email: null, line1: null, postalCode: null, country: null },
  payer: null,
  returnUrl: null,
});

type Request = PaymentRequest | FollowingRequest;

/** As it is stored with its operation. */
export const askedOf = (request: Request): Asked =>
  isFollowing(request)
    ? { original: request.original, request }
    : { original: null, request: lean.pack(request) };

const unpack = (stored: Request): Request => (isFollowing(stored) ? stored : lean.unpack(stored));

// Where they stood before operations kept them, whole.
const findOlder = statement(
  'requests.find',
  `select request from rails.requests
    where (account_id, livemode) = ($1, $2) and operation_id = $3`,
);

export const loadRequest = async (
  context: Pick<Context, 'database'>,
  scope: Scope,
  operationId: Uuid,
): Promise<Request | undefined> => {
  const stored = await loadAsked(context, scope, operationId);
  if (stored !== null) return unpack(stored as Request);
  const [older] = await context.database.read<Row & { readonly request: Request }>(
    scope,
    findOlder,
    [scope.accountId, scope.livemode, operationId],
  );
  return older?.request;
};
