// What a worker does in rounds. Whoever found nothing to do is not called again before there is something: one
// statement asks that of all of them, where a transaction of each cost an idle gateway a fiftieth of a core.

import type { Context } from '#kit/context';
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
  /** Runs what is to be run now. */
  go(): Promise<void>;
  /** Until something may be to be run again. */
  pauseMs(): number;
  rest(ms: number): Promise<void>;
  /** Ends a rest: there is something to do. */
  wake(): void;
};

/** So long none is left out, whatever was answered. */
const UNASKED_MS = 10_000;
const RESTS = Number.POSITIVE_INFINITY;
/** A timer may ring so much too early: then it is not set again for what is left. */
const EARLY_MS = 1;

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
      if (atMs !== RESTS) continue;
      const isLeftOut = begunMs - (ranMs.get(round) ?? 0) >= UNASKED_MS;
      if (found.has(round) || isLeftOut) dueMs.set(round, begunMs);
      else lookMs = begunMs + lookAgainMs(begunMs - didMs);
    }
  };

  return {
    go: async () => {
      await look();
      for (const [round, atMs] of dueMs) {
        const begunMs = nowMs();
        if (atMs - begunMs >= EARLY_MS) continue;
        const done = await round.run(context);
        const endedMs = nowMs();
        ranMs.set(round, begunMs);
        if (done > 0) didMs = endedMs;
        dueMs.set(round, done === 0 ? RESTS : begunMs + waitsMs(done));
        if (done === 0) lookMs = endedMs + lookAgainMs(endedMs - didMs);
      }
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
    wake: () => {
      const atMs = nowMs();
      for (const [round, dueAtMs] of dueMs) if (dueAtMs === RESTS) dueMs.set(round, atMs);
      endRest();
    },
  };
};

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
