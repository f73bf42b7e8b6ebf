// Takes what is due and tells it, beside the rounds of the worker: a receiver that hangs holds up neither
// the outbox nor anybody else's deliveries.

import type { Context } from '#kit/context';
import { levelOf } from '#kit/failure';
import type { Uuid } from '#kit/ids';
import type { EventKinds } from '#platform/events';
import { DELIVERY_TIMEOUT_MS, deliver, type Told } from './deliver.ts';
import { type LeasedDelivery, leaseDeliveries } from './deliveries.store.ts';
import { AT_FIRST, createLanes } from './lanes.ts';

/** Longer than a delivery may take with all that is written about it. */
const LEASE_MS = DELIVERY_TIMEOUT_MS + 40_000;
const FIRST: Uuid = '00000000-0000-0000-0000-000000000000';

export type Pump = {
  /** Begins what there is room for, and says how many. */
  round(context: Context, kinds: EventKinds): Promise<number>;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
};

export const createPump = (): Pump => {
  const lanes = createLanes();
  const underWay = new Set<Promise<void>>();
  let after = FIRST;

  return {
    round: async (context, kinds) => {
      const room = lanes.room(context.clock.monotonicMs());
      if (room === 0) return 0;
      const leased = await leaseDeliveries(context, {
        rooms: lanes.rooms(),
        roomOfOthers: AT_FIRST,
        after,
        atMost: room,
        leaseMs: LEASE_MS,
      });
      after = leased.at(-1)?.delivery.endpointId ?? FIRST;
      if (leased.length === 0) return (await endsSoon(context, underWay)) ? 1 : 0;
      context.crashPoint('webhook.leased');

      for (const each of leased) {
        const call = lanes.begin(each.delivery.endpointId, context.clock.monotonicMs());
        const tell = async (): Promise<void> => {
          const told = await tellOne(context, kinds, each);
          call.end(told !== 'failed', context.clock.monotonicMs());
          underWay.delete(telling);
        };
        const telling = tell();
        underWay.add(telling);
      }
      return leased.length;
    },
    idle: async () => {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
};

const SOON_MS = 20;

/**
 * Whether calls that are under way make room before long: then it is worth to look again at once. Half of
 * them are waited for, since taking one delivery costs the database as much as taking ten.
 */
const endsSoon = async (context: Context, underWay: ReadonlySet<Promise<void>>) => {
  if (underWay.size === 0) return false;
  const over = new AbortController();
  const half = Math.ceil(underWay.size / 2);
  let ended = 0;
  const { promise: halfEnded, resolve } = Promise.withResolvers<void>();
  const noteEnd = async (call: Promise<void>): Promise<void> => {
    await call;
    ended += 1;
    if (ended === half) resolve();
  };
  for (const call of underWay) void noteEnd(call);
  await Promise.race([halfEnded, context.clock.sleep(SOON_MS, over.signal)]);
  over.abort('half of them have ended');
  return ended > 0;
};

/** What fails here ends its lease by time, and is told again under the same id. */
const tellOne = async (
  context: Context,
  kinds: EventKinds,
  leased: LeasedDelivery,
): Promise<Told> => {
  try {
    return await deliver(context, kinds, leased);
  } catch (error) {
    context.log[levelOf(error)](
      { error },
      'A delivery could not be made or noted: it is made again',
    );
    return 'failed';
  }
};
