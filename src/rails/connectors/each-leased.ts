// What is due of all accounts at providers, each looked at by itself. A provider that is silent keeps its places, and
// nobody who comes next waits for it.

import { type Context, inTime, type Scope, type Tx } from '#kit/context';
import type { Uuid } from '#kit/ids';
import type { Due, LeaseLimits } from '#platform/db';

const AT_ONCE = 20;
const LEASE_MS = 60_000;
/** Sooner than anything is polled again. */
const PATIENCE_MS = 5_000;

type Lease = (tx: Tx, limits: LeaseLimits) => Promise<Due[]>;
type UnderWay = Map<Lease, Set<Promise<void>>>;

const ofDatabases = new WeakMap<Context['database'], UnderWay>();

/** Says how many it looked at, or still does. */
export const eachLeased = async (
  context: Context,
  lease: Lease,
  work: (scope: Scope, id: Uuid) => Promise<unknown>,
  couldNot: string,
): Promise<number> => {
  const underWay = underWayOf(context, lease);
  const atMost = AT_ONCE - underWay.size;
  if (atMost <= 0) return 0;
  const limits = { nowMs: context.clock.now(), atMost, leaseMs: LEASE_MS };
  const leased = await context.database.system((tx) => lease(tx, limits));
  const begin = async ({ scope, id }: Due): Promise<void> => {
    try {
      await work(scope, id);
    } catch (error) {
      // The lease ends by time, and it is looked at again.
      context.log.error({ error }, couldNot);
    }
  };
  const begun = leased.map((due) => {
    const looking = begin(due).finally(() => underWay.delete(looking));
    underWay.add(looking);
    return looking;
  });
  await inTime(context, Promise.all(begun), PATIENCE_MS);
  return leased.length;
};

const underWayOf = ({ database }: Context, lease: Lease): Set<Promise<void>> => {
  const ofDatabase: UnderWay = ofDatabases.get(database) ?? new Map();
  ofDatabases.set(database, ofDatabase);
  const underWay = ofDatabase.get(lease) ?? new Set();
  ofDatabase.set(lease, underWay);
  return underWay;
};

/** Resolves when none of it is under way. */
export const allLeased = async ({ database }: Context): Promise<void> => {
  const ofDatabase: UnderWay = ofDatabases.get(database) ?? new Map();
  await Promise.all([...ofDatabase.values()].flatMap((each) => [...each]));
};
