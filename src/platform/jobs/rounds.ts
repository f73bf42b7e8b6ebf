// What a worker does in rounds. Whoever found nothing to do is not called again before there is something: one
// statement asks that of all of them, where a transaction of each cost an idle gateway a fiftieth of a core.
//
// One goes after the other, unless it takes long, as when it asks a provider that is silent: then the others go on beside
// it. Nor does one that fails keep them from going on.

import { type Context, inTime, late } from '#kit/context';
import { levelOf, Unavailable, Unclear } from '#kit/failure';
import { spellTime, statement } from '#platform/db';

export type Round = {
  /** Says how much it did. */
  readonly run: (context: Context) => Promise<number>;
  /**
   * In SQL, of the moment `now.at`: whether there is anything to do. It reads alone, and may say yes too often.
   * Without it the round is run whenever the others are asked.
   */
  readonly asks?: string;
};

export type Rounds = {
  /** Runs what is to be run now. Fails where it is not for a single round: the database is away. */
  go(): Promise<void>;
  /** Resolves when none is under way any more. */
  idle(): Promise<void>;
  /** Until something may be to be run again. */
  pauseMs(): number;
  rest(ms: number): Promise<void>;
  /** Ends a rest: there is something to do, for one of them or whichever. */
  wake(only?: Round): void;
};

/** So long none is left out, whatever was answered. */
const UNASKED_MS = 10_000;
const RESTS = Number.POSITIVE_INFINITY;
/** A timer may ring so much too early: then it is not set again for what is left. */
const EARLY_MS = 1;
/** So long the others wait for one that is at it. */
const PATIENCE_MS = 250;
/** One that fails is run again after half a second, one, two, four. */
const AGAIN_MS = 250;
const AGAINS_MAX = 4;
const TOLD_EVERY_MS = 60_000;

type Failing = { readonly times: number; readonly toldMs: number };

export const createRounds = (
  context: Context,
  given: {
    readonly name: string;
    readonly rounds: readonly Round[];
    /** How soon it is asked again whether there is something to do, after so long with nothing. */
    readonly lookAgainMs: (idleMs: number) => number;
    /** How long after its begin one is run again that did so much. */
    readonly waitsMs: (done: number) => number;
  },
): Rounds => {
  const { name, rounds, lookAgainMs, waitsMs } = given;
  const nowMs = (): number => context.clock.monotonicMs();
  const lookFor = lookOf(name, rounds);
  const dueMs = new Map(rounds.map((round) => [round, Number.NEGATIVE_INFINITY]));
  const ranMs = new Map<Round, number>();
  const underWay = new Map<Round, Promise<unknown>>();
  const failing = new Map<Round, Failing>();
  let lookMs = RESTS;
  let didMs = nowMs();
  let endRest = (): void => {};

  /** Ends the rest of those that have something to do. */
  const look = async (): Promise<void> => {
    const begunMs = nowMs();
    if (lookMs - begunMs >= EARLY_MS) return;
    const found = await lookFor(context);
    lookMs = RESTS;
    for (const [round, atMs] of dueMs) {
      if (atMs !== RESTS || underWay.has(round)) continue;
      const isLeftOut = begunMs - (ranMs.get(round) ?? 0) >= UNASKED_MS;
      if (found.has(round) || isLeftOut) dueMs.set(round, begunMs);
      else lookMs = begunMs + lookAgainMs(begunMs - didMs);
    }
  };

  /** Says whether it went well, or what was wrong. */
  const run = async (round: Round): Promise<{ readonly error: unknown } | null> => {
    const begunMs = nowMs();
    ranMs.set(round, begunMs);
    try {
      const done = await round.run(context);
      const endedMs = nowMs();
      if (done > 0) didMs = endedMs;
      dueMs.set(round, done === 0 ? RESTS : begunMs + waitsMs(done));
      if (done === 0) lookMs = Math.min(lookMs, endedMs + lookAgainMs(endedMs - didMs));
      noteSuccess(round);
      return null;
    } catch (error) {
      dueMs.set(round, nowMs());
      return { error };
    }
  };

  const noteSuccess = (round: Round): void => {
    const before = failing.get(round);
    if (before === undefined) return;
    failing.delete(round);
    context.log.warn({ attempts: before.times }, 'What failed in a round of the worker is done');
  };

  const noteFailure = (round: Round, error: unknown): void => {
    const failedMs = nowMs();
    const { times, toldMs } = failing.get(round) ?? { times: 0, toldMs: Number.NEGATIVE_INFINITY };
    const isTold = failedMs - toldMs >= TOLD_EVERY_MS;
    failing.set(round, { times: times + 1, toldMs: isTold ? failedMs : toldMs });
    dueMs.set(round, failedMs + AGAIN_MS * 2 ** Math.min(times + 1, AGAINS_MAX));
    if (!isTold) return;
    context.log[levelOf(error)](
      { error, attempts: times + 1 },
      'A round of the worker failed: the others go on, and it is tried again',
    );
  };

  const noteEnd = async (round: Round, running: ReturnType<typeof run>): Promise<void> => {
    const failed = await running;
    if (failed !== null) noteFailure(round, failed.error);
    // Not before it is noted when it is run again.
    underWay.delete(round);
    endRest();
  };

  /** Undefined: it takes long, and tells by itself how it ends. */
  const begin = async (round: Round): Promise<{ readonly error: unknown } | null | undefined> => {
    dueMs.set(round, RESTS);
    const running = run(round);
    underWay.set(round, running);
    const ended = await inTime(context, running, PATIENCE_MS);
    if (ended !== late) {
      underWay.delete(round);
      return ended;
    }
    void noteEnd(round, running);
    return undefined;
  };

  return {
    go: async () => {
      await look();
      const failed = new Map<Round, unknown>();
      let begun = 0;
      for (const [round, atMs] of dueMs) {
        if (atMs - nowMs() >= EARLY_MS || underWay.has(round)) continue;
        begun += 1;
        const ended = await begin(round);
        if (ended) failed.set(round, ended.error);
      }
      // Where none went well, it may be for none of them.
      const isOfTheWorld = failed.size === begun && failed.values().every(isAway);
      const [first] = failed.values();
      if (begun > 0 && isOfTheWorld) throw first;
      for (const [round, error] of failed) noteFailure(round, error);
    },
    idle: async () => {
      await Promise.all(underWay.values());
    },
    pauseMs: () => Math.min(lookMs, ...dueMs.values()) - nowMs(),
    rest: async (ms) => {
      if (ms < EARLY_MS) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const callOff = ms === RESTS ? () => {} : context.clock.alarm(Math.ceil(ms), resolve);
      endRest = () => {
        callOff();
        resolve();
      };
      await promise;
      endRest = () => {};
    },
    wake: (only) => {
      const atMs = nowMs();
      for (const [round, dueAtMs] of dueMs) {
        if (only !== undefined && round !== only) continue;
        if (dueAtMs === RESTS && !underWay.has(round)) dueMs.set(round, atMs);
      }
      endRest();
    },
  };
};

/** A round that is run so often at most. One that failed is not left out: whoever calls it says when it is tried again. */
export const everySoOften = (everyMs: number, run: Round['run']): Round => {
  let nextMs = Number.NEGATIVE_INFINITY;
  return {
    run: async (context) => {
      const nowMs = context.clock.monotonicMs();
      if (nowMs < nextMs) return 0;
      const done = await run(context);
      nextMs = nowMs + everyMs;
      return done;
    },
  };
};

const isAway = (error: unknown): boolean =>
  error instanceof Unavailable || error instanceof Unclear;

const lookOf = (name: string, rounds: readonly Round[]) => {
  const asking = rounds.filter(({ asks }) => asks !== undefined);
  const unasked = rounds.filter(({ asks }) => asks === undefined);
  const questions = asking.map(({ asks }, n) => `(${asks}) as "${n}"`);
  const asked = statement(
    `jobs.look_${name}`,
    `select ${questions.join(', ')} from (select $1::timestamptz as at) now`,
  );
  return async (context: Context): Promise<ReadonlySet<Round>> => {
    if (asking.length === 0) return new Set(unasked);
    type Answers = Readonly<Record<number, boolean>>;
    const [answers] = await context.database.read<Answers>(null, asked, [
      spellTime(context.clock.now()),
    ]);
    return new Set([...unasked, ...asking.filter((_, n) => answers?.[n])]);
  };
};
