// What a database has forgotten, at the start of a process and when another server takes over while it runs. Until that
// is known nothing is sent: docs/decisions/0007-no-two-primaries.md has the reasons.

import { hostname } from 'node:os';
import { inTime, realClock } from '#kit/context';
import { newUuid } from '#kit/ids';
import { leaveOutForgotten } from '#rails/acquiring';
import type { OpenRails } from '#rails/connectors';
import {
  forgetBehindSenders,
  leaveSenders,
  loadBehind,
  loadRemaining,
  type Sender,
  saySender,
  spellOperation,
} from '#rails/operations';
import type { Runtime } from '../runtime.ts';

type Watched = Pick<OpenRails, 'forgotten' | 'hearOfForgotten' | 'hold'>;

/** Nobody lets a standby take over that is further behind, and a journal of months is read only at the start. */
const LOST_AT_MOST_MS = 24 * 60 * 60 * 1000;
const LOOK_EVERY_MS = 3_000;
/** It is heard of four times within what counts as having been there. */
const SAID_EVERY_LOOKS = 5;
/** As long as a process may need to find the new server; one that needs longer notes its own calls only then. */
const WAITS_AT_MOST_MS = 30_000;
const ASK_EVERY_MS = 250;
/** All have noticed it within that, and one of them has left numbers out. */
const NOTICED_WITHIN_MS = 60_000;
const AGAIN_MS = 1_000;
/** A database that stands still answers nobody who is about to end. */
const STOP_LIMIT_MS = 1_000;

/**
 * Resolves when this process's own journal was compared with what the database knows. Then keeps an eye on which server
 * leads, on a connection that is opened for it each time, and on what other processes have found to be forgotten.
 */
export const watchDatabase = async (
  { context, fence }: Pick<Runtime, 'context' | 'fence'>,
  rails: Watched,
  journalFolder: string,
): Promise<{ stop(): Promise<void> }> => {
  const { clock, database, log } = context;
  const own: Sender = { id: newUuid(context), place: `${hostname()}:${journalFolder}` };
  const ending = new AbortController();
  const { signal } = ending;
  let comparedWith: number | null = null;

  const say = async (timeline: number): Promise<void> => {
    await database.system((tx) => saySender(tx, own, timeline));
    comparedWith = timeline;
  };
  const hear = (isSaid: boolean): Promise<void> =>
    database.apart(async (tx) => {
      await rails.hearOfForgotten(tx);
      if (isSaid && comparedWith !== null) await saySender(tx, own, comparedWith);
    });

  /** Compares, says so, and gives who has yet to. */
  const compare = async (timeline: number | null, takenOverAtMs: number): Promise<Sender[]> => {
    // Before anything of this process says that it is not behind itself.
    const behind = await awaited(timeline);
    await reportForgotten({ context }, rails, takenOverAtMs);
    if (timeline !== null) await say(timeline);
    return behind;
  };
  const awaited = async (timeline: number | null): Promise<Sender[]> =>
    timeline === null ? [] : database.system((tx) => loadBehind(tx, own.id, timeline));

  const waitFor = async (
    senders: readonly Sender[],
    timeline: number,
    untilMs: number,
  ): Promise<void> => {
    const ids = senders.map(({ id }) => id);
    const ask = () => database.system((tx) => loadRemaining(tx, ids, timeline));
    let left = await ask();
    while (left.length > 0 && clock.monotonicMs() < untilMs && !signal.aborted) {
      await clock.sleep(ASK_EVERY_MS, signal);
      left = await ask();
    }
    if (signal.aborted) return;
    for (const { place } of left) {
      log.error(
        { about: place },
        'Another server has taken over, and a process that sends has not compared this send journal with it: calls in it may be forgotten. See that the process finds the new server, or give its journal to another one',
      );
    }
    await database.system((tx) => forgetBehindSenders(tx, own.id, timeline));
  };

  const look = async (timeline: number, goOn: () => void): Promise<void> => {
    const noticedMs = clock.monotonicMs();
    const takenOverAtMs = realClock(clock).now() - NOTICED_WITHIN_MS;
    while (!signal.aborted) {
      try {
        const behind = await compare(timeline, takenOverAtMs);
        await waitFor(behind, timeline, noticedMs + WAITS_AT_MOST_MS);
        await hear(false);
        goOn();
        return;
      } catch (error) {
        log.warn({ error }, 'What the database has forgotten cannot be told yet');
        await clock.sleep(AGAIN_MS, signal);
      }
    }
  };
  let looking = Promise.resolve();
  const lookNext = (timeline: number): void => {
    const goOn = rails.hold();
    looking = looking.then(() => look(timeline, goOn));
  };
  fence.onTakeOver(lookNext);

  const timeline = fence.timeline();
  const behind = await compare(timeline, 0);
  // It started after another server had taken over, before all had compared theirs.
  if (timeline !== null && behind.length > 0) lookNext(timeline);

  const keepLooking = async (): Promise<void> => {
    for (let looks = 1; !signal.aborted; looks += 1) {
      await clock.sleep(LOOK_EVERY_MS, signal);
      if (signal.aborted) return;
      // A database that does not answer is told of where it is missed.
      await hear(looks % SAID_EVERY_LOOKS === 0).catch(() => {});
    }
  };
  const watching = keepLooking();
  const leave = async (): Promise<void> => {
    await Promise.all([watching, looking]);
    await database.system((tx) => leaveSenders(tx, own.id)).catch(() => {});
  };
  return {
    stop: async () => {
      ending.abort();
      await inTime({ clock }, leave(), STOP_LIMIT_MS);
    },
  };
};

/**
 * A database that came back from a backup has forgotten calls that were made since. Nobody may guess
 * what became of them: they are named, and a person looks at each with its provider.
 */
const reportForgotten = async (
  { context }: Pick<Runtime, 'context'>,
  rails: Watched,
  takenOverAtMs: number,
): Promise<void> => {
  const forgotten = await rails.forgotten(Math.max(0, takenOverAtMs - LOST_AT_MOST_MS));
  const lastAtMs = forgotten.reduce((last, { atMs }) => Math.max(last, atMs), takenOverAtMs);
  // Numbers that a process holds may be forgotten too, before any of them was sent.
  if (lastAtMs > 0) await leaveOutForgotten(context, lastAtMs);
  for (const { operationId, accountId, livemode } of forgotten) {
    context.log.error(
      { about: spellOperation(operationId), accountId, livemode },
      'A call that moves money was made, and the database knows nothing of it: was it restored from a backup?',
    );
  }
};
