// How much a provider hears of a connector account anyway. What is added to that by looking at what is not known is a share
// of it: a bank that is back after an outage has its usual crowd before it, and should not meet another.

import type { Context, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { ownRows, readOwn, statement } from '#platform/db';
import { countAliveWorkers } from '#platform/jobs';

export type Usual = {
  /** Calls of this account. What was not sent while its provider was away counts as well. */
  readonly perSecond: number;
  /** That are alive, and look at the same. */
  readonly workers: number;
};

/** Ten seconds of what is the most that changes anything. */
const NEWEST = 1_000;
const SHORTEST_MS = 10_000;

const findNewest = statement(
  'operations.newest',
  `select count(*) filter (where connector_account_id = $3)::integer as calls, min(first_sent_at) as since
     from (select connector_account_id, first_sent_at from rails.operations
            where ${ownRows} order by id desc limit ${NEWEST}) newest`,
);

export const usualAt = async (
  context: Pick<Context, 'database' | 'clock'>,
  scope: Scope,
  connectorAccountId: Uuid,
): Promise<Usual> => {
  const [newest] = await readOwn<{ calls: number; since: number | null }>(
    context,
    scope,
    findNewest,
    [connectorAccountId],
  );
  const { calls, since } = newest ?? { calls: 0, since: null };
  const nowMs = context.clock.now();
  const ms = Math.max(nowMs - (since ?? nowMs), SHORTEST_MS);
  const workers = await context.database.system(countAliveWorkers);
  return { perSecond: (calls * 1_000) / ms, workers };
};
