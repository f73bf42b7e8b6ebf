// One connection of a lane, and the batches that are said on it. Once the COMMIT of one has been said nothing else will
// be, unless it fails: the next may then be said behind it, and the server has something to do while we hear of the
// first. Whoever failed says more only when nobody else is in between: a ROLLBACK of its own would otherwise undo what
// the other has begun, and the other's COMMIT keep what it tries again.

import type { Connection } from './connection.ts';

export type Line = {
  readonly connection: Connection;
  /** Whose batches are not settled, in the order in which they were said. */
  readonly ways: Way[];
  /** So long nothing was settled that others go beside it. */
  isStuck: boolean;
  /** Ends when it is known that nothing more can be said on it. */
  readonly cut: Promise<void>;
  wasCut(): void;
};

export type Way = {
  readonly line: Line;
  /** Since when what is tried now is under way. */
  triedMs: number;
  /** How often it was looked at since. */
  looks: number;
  /** Its COMMIT has been said, and nothing failed. */
  isSaid: boolean;
  /** Something was said for it already. */
  isBegun: boolean;
  /** For another on its line, who is looked at instead. */
  waits: boolean;
  /** A statement was not known, since whoever named it first had failed, and it was tried again. */
  wasUnprepared: boolean;
  /** What was tried first has been answered. */
  readonly tried: Promise<void>;
  endFirstTry(): void;
  readonly settled: Promise<void>;
  settle(): void;
};

/** So long others wait behind a batch. It is longer than a batch may wait for a lock: that it hears of itself. */
const STANDS_STILL_MS = 2_500;
/** Of a silence, and not of a long list that is answered piece by piece. What was not answered by then is cut. */
const CUT_AFTER_MS = 6_500;
const LOOK_MS = 500;

export const lineOn = (connection: Connection): Line => {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { connection, ways: [], isStuck: false, cut: promise, wasCut: resolve };
};

/** `changed`: others may be said on it by now, or have to go beside it. */
export const beginOn = (line: Line, triedMs: number, changed: () => void): Way => {
  const firstTry = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  const others = setTimeout(() => {
    line.isStuck = true;
    changed();
  }, STANDS_STILL_MS);
  const way: Way = {
    line,
    triedMs,
    looks: 0,
    isSaid: false,
    isBegun: false,
    waits: false,
    wasUnprepared: false,
    tried: firstTry.promise,
    endFirstTry: firstTry.resolve,
    settled: end.promise,
    settle: () => {
      clearTimeout(others);
      clearInterval(watch);
      line.ways.splice(line.ways.indexOf(way), 1);
      if (line.ways.length === 0) line.isStuck = false;
      way.endFirstTry();
      end.resolve();
      changed();
    },
  };
  // By how often it was looked at: in a process that stood still itself no time has passed for the others. The time of one
  // behind another runs from when it was said, as its callers wait from then on.
  const watch = setInterval(() => {
    if (way.waits) return;
    way.looks += 1;
    if (way.looks * LOOK_MS < CUT_AFTER_MS) return;
    line.connection.destroy();
    line.wasCut();
  }, LOOK_MS);
  line.ways.push(way);
  return way;
};

/** Whether the next may be said on it. Behind another only what would not be larger if it waited. */
export const takesMore = ({ ways }: Line, isFull: boolean): boolean =>
  ways.length === 0 || (isFull && ways.length === 1 && ways[0]?.isSaid === true);

/**
 * Who was said before and failed goes first, and waits for what was said behind it meanwhile. Where the connection is cut
 * nothing is said by anybody, and nobody waits.
 */
export const alone = async (way: Way): Promise<void> => {
  const { ways, connection, cut } = way.line;
  way.isSaid = false;
  way.endFirstTry();
  if (connection.broken) return;
  const own = ways.indexOf(way);
  const before = ways.slice(0, own).map((other) => other.settled);
  const behind = ways.slice(own + 1).map((other) => other.tried);
  if (before.length + behind.length === 0) return;
  way.waits = true;
  await Promise.race([Promise.all([...before, ...behind]), cut]);
  way.waits = false;
  way.looks = 0;
};
