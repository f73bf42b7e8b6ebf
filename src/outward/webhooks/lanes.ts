// How many deliveries may be under way: to one endpoint, and to all. An endpoint begins with two, gets
// twice as many after each quick success, and falls to one when it fails or is slow. A call that has gone
// on for two seconds stands aside: however many endpoints hang, there is room for the others.

import type { Uuid } from '#kit/ids';

export const AT_FIRST = 2;
const EACH_MAX = 16;
const FRESH_MAX = 64;
const ALL_MAX = 1_000;
const SLOW_MS = 2_000;
/** More than that are not remembered while they are idle. */
const KEPT_MAX = 10_000;

type Lane = { allowed: number; readonly begun: Set<{ readonly atMs: number }> };

export type Lanes = {
  /** How many more may begin at each endpoint that is known; at another one `AT_FIRST`. */
  rooms(): ReadonlyMap<Uuid, number>;
  /** How many may begin now. */
  room(nowMs: number): number;
  begin(endpointId: Uuid, nowMs: number): { end(ok: boolean, nowMs: number): void };
};

export const createLanes = (): Lanes => {
  const lanes = new Map<Uuid, Lane>();
  const all = new Set<{ readonly atMs: number }>();

  return {
    rooms: () =>
      new Map(
        [...lanes].map(([id, { begun, allowed }]) => [id, Math.max(0, allowed - begun.size)]),
      ),
    room: (nowMs) => {
      let fresh = 0;
      for (const { atMs } of all) if (nowMs - atMs < SLOW_MS) fresh += 1;
      return Math.max(0, Math.min(FRESH_MAX - fresh, ALL_MAX - all.size));
    },
    begin: (endpointId, nowMs) => {
      const lane = lanes.get(endpointId) ?? { allowed: AT_FIRST, begun: new Set() };
      lanes.set(endpointId, lane);
      const call = { atMs: nowMs };
      lane.begun.add(call);
      all.add(call);
      return {
        end: (ok, endedMs) => {
          lane.begun.delete(call);
          all.delete(call);
          const isQuick = ok && endedMs - nowMs < SLOW_MS;
          lane.allowed = isQuick ? Math.min(EACH_MAX, lane.allowed * 2) : 1;
          if (lanes.size > KEPT_MAX && lane.begun.size === 0) lanes.delete(endpointId);
        },
      };
    },
  };
};
