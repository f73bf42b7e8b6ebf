import type { Context, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { ownRows, readOwn, statement } from '#platform/db';

const findLeased = statement(
  'operations.leased',
  `select 1 as leased from rails.operations
    where ${ownRows} and id = $3 and leased_until > clock_timestamp()`,
);

/** Whether a worker is at it, and may be asking its provider. */
export const isLeased = async (
  context: Pick<Context, 'database'>,
  scope: Scope,
  id: Uuid,
): Promise<boolean> => (await readOwn(context, scope, findLeased, [id])).length > 0;
