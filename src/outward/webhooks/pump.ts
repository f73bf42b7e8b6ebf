// Takes what is owed or due and tells it, beside the rounds of the worker: a receiver that hangs holds up
// neither the outbox nor anybody else's deliveries.

import { type Context, inTime, type Tx } from '#kit/context';
import { Unavailable } from '#kit/failure';
import { newUuid, type Uuid } from '#kit/ids';
import type { EventKinds, Owed } from '#platform/events';
import { holderOf, isStillHeld } from '#platform/jobs';
import { DELIVERY_TIMEOUT_MS, isTaken, record, tell } from './deliver.ts';
import { AT_FIRST, type Begun, createLanes } from './lanes.ts';
import {
  endLeases,
  giveBack,
  type LeasedDelivery,
  leaseDeliveries,
  oweDeliveries,
  putOffDeliveries,
  takeBackPutOff,
} from './leases.store.ts';
import { createOutage } from './outage.ts';
import { createSoManyAtOnce } from './so-many-at-once.ts';
import { createTogether } from './together.ts';
import { type Bodies, bodiesFor, createEndpoints } from './what-is-told.ts';

/** Longer than a delivery may take with all that is written about it. */
const LEASE_MS = DELIVERY_TIMEOUT_MS + 40_000;
/** What has not begun by then is left to others: it might not end within its lease. */
const BEGINS_WITHIN_MS = LEASE_MS - DELIVERY_TIMEOUT_MS - 10_000;
const FIRST: Uuid = '00000000-0000-0000-0000-000000000000';
const LEASED_AT_ONCE_MAX = 512;
/** Few enough not to wait long for, and enough that nobody waits for a pump with its hands full. */
const CHANGES_AT_LEAST = 64;

export type Pump = {
  /** How many changes it would like to hear of at once. */
  appetite(): number;
  /** Owes them, and tells at once what there is room for. */
  hear(context: Context, tx: Tx, kinds: EventKinds, heard: Heard): Promise<void>;
  /** Begins what it holds and there is room for again, and lets go of leases that have ended. */
  tend(context: Context): Promise<number>;
  /** Begins what is due and there is room for, and says how many; one where it is worth to look again at once. */
  round(context: Context, kinds: EventKinds): Promise<number>;
  /** Begins nothing more of what it holds, and resolves when nothing is under way. */
  idle(context: Context): Promise<void>;
};

type Heard = {
  readonly changes: readonly Owed[];
  readonly onceCommitted: (work: () => void) => void;
};

type Held = LeasedDelivery & { readonly bodies: Bodies; readonly lease: Lease };

type Lease = {
  readonly kinds: EventKinds;
  /** Null where each delivery has its own. */
  readonly id: Uuid | null;
  readonly holder: Uuid | null;
  readonly begunMs: number;
  /** How many of its deliveries are neither told nor given back. */
  left: number;
};

export const createPump = (): Pump => {
  const lanes = createLanes<Held>();
  const endpoints = createEndpoints();
  const underWay = new Set<Promise<void>>();
  /** Of those that waited. */
  const queued = new Set<Promise<void>>();
  const ended = new Set<Uuid>();
  let unanswered = 0;
  let after = FIRST;
  const soMany = createSoManyAtOnce();
  const goingOn = new Set<Uuid>();
  let [isGoing, isStopping] = [false, false];
  const outage = createOutage();
  const together = createTogether(() => unanswered > 0);

  const hold = (
    context: Context,
    kinds: EventKinds,
    leased: readonly LeasedDelivery[],
    { id, holder, begunMs }: Pick<Lease, 'id' | 'holder'> & { readonly begunMs: number },
  ): void => {
    context.crashPoint('webhook.leased');
    const lease = {
      kinds,
      id,
      holder,
      begunMs,
      left: leased.length,
    };
    for (const [{ scope, delivery, isQueued }, bodies] of bodiesFor(context, kinds, leased)) {
      const { endpointId } = delivery;
      const { accountId } = scope;
      lanes.hold({ accountId, endpointId }, { scope, delivery, isQueued, bodies, lease });
    }
    fill(context);
  };

  const fill = (context: Context): void => {
    for (;;) {
      const begun = lanes.begin(context.clock.monotonicMs());
      if (begun === undefined) return;
      unanswered += 1;
      track(tellOne(context, begun), begun.what.isQueued);
    }
  };

  const track = (work: Promise<void>, isQueued: boolean): void => {
    const untilDone = async (): Promise<void> => {
      await work;
      underWay.delete(tracked);
      queued.delete(tracked);
    };
    const tracked = untilDone();
    underWay.add(tracked);
    if (isQueued) queued.add(tracked);
  };

  const settle = (lease: Lease): void => {
    lease.left -= 1;
    if (lease.left === 0 && lease.id !== null) ended.add(lease.id);
  };

  /** What fails here ends its lease by time, and is told again under the same id. */
  const tellOne = async (context: Context, begun: Begun<Held>): Promise<void> => {
    const { what: held } = begun;
    let isOpen = true;
    const answered = (ok: boolean): void => {
      if (!isOpen) return;
      isOpen = false;
      unanswered -= 1;
      const left = begun.end(ok, context.clock.monotonicMs());
      if (left.length > 0) track(leaveToOthers(context, left), false);
      fill(context);
    };
    try {
      const { scope, delivery, isQueued } = held;
      // Both are asked for at once, and the one that comes later is mostly there by then.
      const loading = held.bodies();
      const endpoint = await endpoints.find(context, scope, delivery.endpointId);
      const body = (await loading).get(delivery.eventId)?.();
      const isLate = context.clock.monotonicMs() > held.lease.begunMs + BEGINS_WITHIN_MS;
      const isOurs = isStillHeld(context, held.lease.holder, held.lease.begunMs);
      if (isLate || !isOurs || endpoint?.state !== 'enabled') {
        answered(true);
        await leaveToOthers(context, [held]);
        return;
      }
      // The log keeps events as long as deliveries. Should one be gone, its lease ends by time.
      if (body === undefined) return answered(true);

      const telling = { scope, delivery, isQueued, endpoint, body };
      const answer = await tell(context, telling);
      answered(isTaken(answer));
      context.crashPoint('webhook.told');
      await together.wait(context, endpoint.ordered);
      const isNoted = await record(context, telling, answer);
      outage.over(context);
      if (isNoted) settle(held.lease);
      if (endpoint.ordered && isTaken(answer)) {
        goOn(context, held.lease.kinds, endpoint.id);
      }
    } catch (error) {
      outage.failed(context, error, 'A delivery could not be made or noted: it is made again');
      answered(false);
    }
  };

  /** Where an order is kept the next may go now, and need not wait for a round. */
  const goOn = (context: Context, kinds: EventKinds, endpointId: Uuid): void => {
    goingOn.add(endpointId);
    if (isGoing || isStopping) return;
    isGoing = true;
    const going = async (): Promise<void> => {
      try {
        while (goingOn.size > 0 && !isStopping) {
          const asked = new Set(goingOn);
          goingOn.clear();
          await takeDue(context, kinds, asked);
        }
      } catch (error) {
        outage.failed(context, error, 'What is due could not be taken: a round takes it');
      } finally {
        isGoing = false;
      }
    };
    track(going(), false);
  };

  /** Begins what is due and there is room for. Null: of all endpoints, each in its turn. */
  const takeDue = async (
    context: Context,
    kinds: EventKinds,
    of: ReadonlySet<Uuid> | null,
  ): Promise<number> => {
    const [begunMs, holder] = [context.clock.monotonicMs(), holderOf(context)];
    const room = lanes.room(begunMs);
    if (room === 0) return 0;
    const all = lanes.rooms('queue', begunMs);
    const busy = of === null ? await haveFewerLookedAt(context, all) : [];
    const [rooms, roomOfOthers] =
      of === null
        ? [new Map([...all, ...busy.map((id) => [id, 0] as const)]), AT_FIRST]
        : [new Map([...all].filter(([id]) => of.has(id))), 0];
    const leased = await leaseDeliveries(context, {
      rooms,
      roomOfOthers,
      after,
      atMost: Math.max(room, Math.min(lanes.spare, LEASED_AT_ONCE_MAX)),
      leaseMs: LEASE_MS,
      holder,
    });
    if (of === null) after = leased.at(-1)?.delivery.endpointId ?? FIRST;
    if (leased.length > 0) hold(context, kinds, leased, { id: null, holder, begunMs });
    // Those that were put off come no sooner for waiting.
    return leased.length === 0 && busy.length > 0 ? 1 : leased.length;
  };

  const leaveToOthers = async (context: Context, left: readonly Held[]): Promise<void> => {
    const leave = async (held: Held): Promise<void> => {
      await context.database.commit(held.scope, giveBack(held.scope, held));
      settle(held.lease);
    };
    try {
      await Promise.all(left.map(leave));
    } catch (error) {
      outage.failed(
        context,
        error,
        'Deliveries could not be left to others: their lease ends by itself',
      );
    }
  };

  const endAll = async (context: Context): Promise<void> => {
    const all = [...ended];
    if (all.length === 0) return;
    await endLeases(context, all);
    for (const id of all) ended.delete(id);
  };

  /** What goes on without anything new: there is nothing to say of it. */
  const tend = async (context: Context): Promise<number> => {
    // Some that hang may have stood aside.
    fill(context);
    if (underWay.size === 0) await endAll(context);
    return 0;
  };

  return {
    appetite: () =>
      Math.min(soMany.most(), Math.max(CHANGES_AT_LEAST, Math.floor(lanes.spare / 4))),
    hear: async (context, tx, kinds, { changes, onceCommitted }) => {
      const [id, begunMs, over] = [newUuid(context), context.clock.monotonicMs(), [...ended]];
      const holder = holderOf(context);
      const owing = oweDeliveries(context, tx, kinds, {
        changes,
        room: {
          rooms: lanes.rooms('outbox', begunMs),
          roomOfOthers: AT_FIRST,
          atMost: Math.max(lanes.spare, lanes.room(begunMs)),
          leaseMs: LEASE_MS,
          holder,
        },
        lease: id,
        ended: over,
      });
      const leased = await owing.catch((error: unknown) => {
        const isTooMuch = error instanceof Unavailable && error.tookTooLong;
        if (isTooMuch) soMany.tookTooLong(context.clock, changes.length);
        throw error;
      });
      onceCommitted(() => {
        soMany.went(context.clock);
        for (const each of over) ended.delete(each);
        if (leased.length > 0) hold(context, kinds, leased, { id, holder, begunMs });
      });
    },
    tend,
    round: async (context, kinds) => {
      if (lanes.room(context.clock.monotonicMs()) === 0) return 0;
      const begun = await takeDue(context, kinds, null);
      if (begun > 0) return begun;
      return (await endsSoon(context, queued)) ? 1 : 0;
    },
    idle: async (context) => {
      isStopping = true;
      await leaveToOthers(context, lanes.empty());
      while (underWay.size > 0) await Promise.all(underWay);
      await endAll(context);
      isStopping = false;
    },
  };
};

/** Says of which endpoints many were put off. They have the next turn: by then there are fewer to be passed over. */
const haveFewerLookedAt = async (
  context: Context,
  rooms: ReadonlyMap<Uuid, number>,
): Promise<readonly Uuid[]> => {
  await takeBackPutOff(context);
  return putOffDeliveries(context, { rooms, roomOfOthers: AT_FIRST });
};

/** Longer than results wait to be noted together: a call has ended once it is. */
const SOON_MS = 35;

/**
 * Whether calls that are under way make room before long: then it is worth to look again at once. Half of
 * them are waited for, since taking one delivery costs the database as much as taking ten.
 */
const endsSoon = async (context: Context, underWay: ReadonlySet<Promise<void>>) => {
  if (underWay.size === 0) return false;
  const half = Math.ceil(underWay.size / 2);
  let ended = 0;
  const { promise: halfEnded, resolve } = Promise.withResolvers<void>();
  const noteEnd = async (call: Promise<void>): Promise<void> => {
    await call;
    ended += 1;
    if (ended === half) resolve();
  };
  for (const call of underWay) void noteEnd(call);
  await inTime(context, halfEnded, SOON_MS);
  return ended > 0;
};
