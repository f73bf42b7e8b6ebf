// How many deliveries may be under way: to one endpoint, and to all. An endpoint begins with two, gets
// twice as many after each quick success, and falls to one when it fails or is slow. A call that has gone
// on for two seconds stands aside: however many endpoints hang, there is room for the others. Accounts take turns, and
// then the endpoints of each: one that has a thousand which hang takes neither all turns nor all places.
//
// What a worker has leased and may not begin yet is held here. A quick endpoint may have many held, since
// their turn comes soon; any other one no more than may be under way.

import type { Uuid } from '#kit/ids';

export const AT_FIRST = 2;
const EACH_MAX = 16;
const FRESH_MAX = 64;
const ALL_MAX = 1_000;
const EACH_ACCOUNT_MAX = 250;
const SLOW_MS = 2_000;
/** More than that are not remembered while they are idle. */
const KEPT_MAX = 10_000;
/** Held for each that may be under way, once an endpoint has shown that it is quick. */
const HELD_EACH = 128;
/** Of all endpoints together; beyond that each has as many as may be under way. */
const HELD_MAX = 2_048;

type Call = { readonly atMs: number };
type Lane<T> = {
  readonly id: Uuid;
  readonly account: Account<T>;
  allowed: number;
  readonly begun: Set<Call>;
  held: T[];
};
type Account<T> = {
  readonly id: Uuid;
  lanes: number;
  underWay: number;
  /** Those with something held of which one more may begin, in the order of their turns. */
  readonly ready: Set<Lane<T>>;
};

export type Begun<T> = {
  readonly what: T;
  /** Hands out what is better left to others, when it went badly. */
  end(ok: boolean, nowMs: number): readonly T[];
};

export type Lanes<T> = {
  /**
   * How many more may be held for each endpoint that is known; for another one `AT_FIRST`. Who is served
   * from a queue waits until much is wanted: taking one costs the database as much as taking ten.
   */
  rooms(from: 'outbox' | 'queue', nowMs: number): ReadonlyMap<Uuid, number>;
  /** How many may begin now. */
  room(nowMs: number): number;
  /** How many more may be held for whoever is quick. */
  readonly spare: number;
  hold(of: { readonly accountId: Uuid; readonly endpointId: Uuid }, what: T): void;
  /** The next one that may begin, each endpoint in its turn. */
  begin(nowMs: number): Begun<T> | undefined;
  /** All that is held, which then is not any more. */
  empty(): readonly T[];
};

export const createLanes = <T>(): Lanes<T> => {
  const lanes = new Map<Uuid, Lane<T>>();
  const accounts = new Map<Uuid, Account<T>>();
  /** Those of which one more may begin, in the order of their turns. */
  const turns = new Set<Account<T>>();
  const all = new Set<Call>();
  let held = 0;

  const newLane = (id: Uuid, accountId: Uuid): Lane<T> => {
    const known = accounts.get(accountId);
    const account = known ?? { id: accountId, lanes: 0, underWay: 0, ready: new Set() };
    if (known === undefined) accounts.set(accountId, account);
    account.lanes += 1;
    const lane: Lane<T> = { id, account, allowed: AT_FIRST, begun: new Set(), held: [] };
    lanes.set(id, lane);
    return lane;
  };

  const forget = ({ id, account }: Lane<T>): void => {
    lanes.delete(id);
    account.lanes -= 1;
    if (account.lanes === 0) accounts.delete(account.id);
  };

  const judge = (lane: Lane<T>): void => {
    const { account } = lane;
    if (lane.held.length > 0 && lane.begun.size < lane.allowed) account.ready.add(lane);
    else account.ready.delete(lane);
    if (account.ready.size > 0 && account.underWay < EACH_ACCOUNT_MAX) turns.add(account);
    else turns.delete(account);
  };

  /** Behind the others afterwards, and its account behind the other accounts. */
  const takeTurn = (): Lane<T> | undefined => {
    const [account] = turns;
    const [lane] = account?.ready ?? [];
    if (account === undefined || lane === undefined) return undefined;
    turns.delete(account);
    account.ready.delete(lane);
    return lane;
  };

  const room = (nowMs: number): number => {
    let fresh = 0;
    for (const { atMs } of all) if (nowMs - atMs < SLOW_MS) fresh += 1;
    return Math.max(0, Math.min(FRESH_MAX - fresh, ALL_MAX - all.size));
  };

  /** Looks at each only where there are so many that it matters how new they are. */
  const isFull = (nowMs: number): boolean => all.size >= FRESH_MAX && room(nowMs) === 0;

  const roomOf = (lane: Lane<T>, from: 'outbox' | 'queue', nowMs: number): number => {
    if (lane.account.underWay >= EACH_ACCOUNT_MAX) return 0;
    const [least, own] = [lane.allowed - lane.begun.size, lane.held.length];
    // It may have been quick and hang now: then what is held for it would wait as long as its calls do.
    const [oldest] = lane.begun;
    const hangs = oldest !== undefined && nowMs - oldest.atMs >= SLOW_MS;
    const isQuick = lane.allowed > AT_FIRST && !hangs;
    const most = isQuick ? Math.min(lane.allowed * HELD_EACH, HELD_MAX - held + own) : 0;
    if (from === 'queue' && own > most / 4) return 0;
    return Math.max(0, Math.max(least, most) - own);
  };

  const take = (lane: Lane<T>): T[] => {
    held -= lane.held.length;
    return lane.held.splice(0);
  };

  const end = (lane: Lane<T>, call: Call, isQuick: boolean): readonly T[] => {
    lane.begun.delete(call);
    lane.account.underWay -= 1;
    all.delete(call);
    // One failure among many successes is no reason to begin anew with all that is held.
    const left = !isQuick && lane.allowed === 1 ? take(lane) : [];
    lane.allowed = isQuick ? Math.min(EACH_MAX, lane.allowed * 2) : 1;
    judge(lane);
    const isIdle = lane.begun.size === 0 && lane.held.length === 0;
    if (lanes.size > KEPT_MAX && isIdle) forget(lane);
    return left;
  };

  return {
    rooms: (from, nowMs) =>
      new Map([...lanes].map(([id, lane]) => [id, roomOf(lane, from, nowMs)])),
    room,
    get spare() {
      return Math.max(0, HELD_MAX - held);
    },
    hold: ({ accountId, endpointId }, what) => {
      const lane = lanes.get(endpointId) ?? newLane(endpointId, accountId);
      lane.held.push(what);
      held += 1;
      judge(lane);
    },
    begin: (nowMs) => {
      if (isFull(nowMs)) return undefined;
      const lane = takeTurn();
      if (lane === undefined) return undefined;
      const what = lane.held.shift() as T;
      held -= 1;
      const call = { atMs: nowMs };
      lane.begun.add(call);
      lane.account.underWay += 1;
      all.add(call);
      judge(lane);
      return {
        what,
        end: (ok, endedMs) => end(lane, call, ok && endedMs - nowMs < SLOW_MS),
      };
    },
    empty: () => {
      const taken = [...lanes.values()].flatMap(take);
      for (const lane of lanes.values()) judge(lane);
      return taken;
    },
  };
};
