// The worker: leases what is due, runs it outside any transaction, and ends it only if the lease is
// still its own. Periodic jobs are claimed by (name, period), so two workers never run one twice.

import { type Context, inTime, late, type Tx } from '#kit/context';
import { levelOf } from '#kit/failure';
import { newUuid, type Uuid } from '#kit/ids';
import {
  ATTEMPTS_MAX,
  BEAT_MS,
  type JobKind,
  LEASE_MS,
  type PeriodicJob,
  retryDelayMs,
} from './job.ts';
import {
  areJobsDue,
  claimPeriod,
  end,
  endHeartbeats,
  heartbeat,
  keepLeases,
  type LeasedJob,
  lease,
  retry,
  takeOverJobs,
} from './jobs.store.ts';
import { type Apart, createLife, holderOf, loadDead } from './life.ts';
import { allLookedAt } from './look-at-each.ts';
import { createPlaces } from './places.ts';
import { createRounds, type Round, type Rounds } from './rounds.ts';

/** In the transaction in which it is certain that these workers have died. */
export type TakeOver = (tx: Tx, dead: readonly Uuid[]) => Promise<unknown>;

export type Worker = {
  /** Runs all that is due now, periodic work included, and says how many jobs and changes that were. */
  tick(): Promise<number>;
  /** Resolves when the worker has shown that it is alive. */
  start(): Promise<void>;
  /** Waits for what runs and then for what rounds began, each up to the limit; the rest is taken over by others. */
  stop(limitMs: number): Promise<void>;
};

/** So many at a time, not counted those that take long. */
const JOBS_AT_ONCE = 10;
/** From then on one takes long, and the next ones no longer wait for it. */
const JOBS_PATIENCE_MS = 250;
const IDLE_MS = 250;
/** The outbox is looked into so soon again, and less often the longer nothing has happened. */
const SOON_MS = 50;
const SOON_SHARE = 0.01;
/** So long it waits for those who look for the others, who may be waiting for a provider. */
const OUTBOX_UNASKED_MS = 1_000;
/** What comes in the meantime is taken together. Nobody waits for it who would notice. */
const GATHERS_MS = 25;
/** From then on it has gathered enough, and goes on at once. */
const MUCH = 64;

export const createWorker = (input: {
  readonly context: Context;
  readonly version: string;
  readonly jobs: readonly JobKind[];
  readonly periodicJobs: readonly PeriodicJob[];
  /** It costs as much to take one change from it as to take ten. Says how many it took. */
  readonly outbox?: Round;
  /** Deliveries, the resolver, whatever else comes due. */
  readonly rounds?: readonly Round[];
  /** With it the worker can be known to have died, and knows it of others. */
  readonly apart?: Apart;
  /** Free what these held. */
  readonly takeOver?: readonly TakeOver[];
  /** Resolves when nothing of what the rounds began is under way any more. */
  readonly idle?: () => Promise<unknown>;
}): Worker => {
  const { context } = input;
  const id = newUuid(context);
  const kinds = new Map(input.jobs.map((kind) => [kind.name, kind]));
  const life = input.apart === undefined ? null : createLife(context, id, input.apart);
  const takeOvers = [takeOverJobs, ...(input.takeOver ?? [])];
  const waitedOut = input.jobs.filter((kind) => kind.leaseIsWaitedOut).map(({ name }) => name);
  const stopping = new AbortController();
  const places = createPlaces(context.clock);
  const underWay = new Set<Promise<void>>();
  const begunLately = new Set<Promise<void>>();
  let ended = 0;
  /** Of the accounts of which more may be due: others had none. */
  let waitForPlace = false;
  let loops: Promise<void>[] | null = null;
  let beating: Promise<void> | null = null;

  const tick = async (): Promise<number> => {
    await beat();
    await startPeriodicJobs();
    let done = 0;
    for (const { run } of works) done += await run(context);
    await Promise.all([...periodic.values(), ...underWay, allLookedAt(context)]);
    return done;
  };

  /** One that takes long, as when a provider is silent, keeps its own place and no other's. */
  const runDueJobs = async (): Promise<number> => {
    while (!stopping.signal.aborted) {
      const { atMost: free, rooms, roomOfOthers } = places.free();
      const atMost = Math.min(free, JOBS_AT_ONCE - begunLately.size);
      if (atMost <= 0) {
        await Promise.race([...underWay, ...begunLately]);
        continue;
      }
      const endedBefore = ended;
      const leased = await context.database.system((tx) =>
        lease(tx, {
          nowMs: context.clock.now(),
          atMost,
          leaseMs: LEASE_MS,
          holder: holderOf(context),
          waitedOut,
          rooms,
          roomOfOthers,
        }),
      );
      context.crashPoint('job.claimed');
      for (const job of leased) beginJob(job);
      const isFull = [...rooms.values(), roomOfOthers].includes(0);
      waitForPlace = leased.length === 0 && isFull;
      if (!waitForPlace || ended === endedBefore) return leased.length;
    }
    return 0;
  };
  const beginJob = (job: LeasedJob): void => {
    const account = job.payload['accountId'];
    const leave = places.take(typeof account === 'string' ? account : null);
    const run = async (): Promise<void> => {
      await runJob(job).catch((error: unknown) => {
        // Its lease ends by time, and it is run again.
        context.log[levelOf(error)](
          { job: job.name, error },
          'What came of a job could not be noted',
        );
      });
      underWay.delete(running);
      leave();
      ended += 1;
      if (waitForPlace) comingDue.wake(dueJobs);
    };
    const running = run();
    underWay.add(running);
    const lately = inTime(context, running, JOBS_PATIENCE_MS).then(
      () => void begunLately.delete(lately),
    );
    begunLately.add(lately);
  };
  const dueJobs: Round = { run: runDueJobs, asks: areJobsDue };
  const outbox = input.outbox === undefined ? [] : [input.outbox];
  const rounds = [...(input.rounds ?? []), dueJobs];
  const works = [...outbox, ...rounds];

  // Each goes on beside the other, and periodic work beside both: what takes long must hold up neither jobs nor the
  // outbox.
  const takingOut = createRounds(context, {
    name: 'outbox',
    rounds: outbox,
    lookAgainMs: (idleMs) => {
      const waitMs = Math.max(SOON_MS, idleMs * SOON_SHARE);
      // Then whoever looks for the others looks for it as well, unless one of those takes long.
      return waitMs < IDLE_MS ? waitMs : OUTBOX_UNASKED_MS;
    },
    waitsMs: (done) => (done < MUCH ? GATHERS_MS : 0),
  });
  const wakeOutbox = (): Promise<number> => {
    takingOut.wake();
    return Promise.resolve(0);
  };
  const comingDue = createRounds(context, {
    name: 'due',
    rounds: [...outbox.map(({ asks = 'true' }) => ({ run: wakeOutbox, asks })), ...rounds],
    lookAgainMs: () => IDLE_MS,
    waitsMs: () => 0,
  });

  /** Says that this worker is alive, and keeps the leases of what it is still doing. */
  const beat = async (): Promise<void> => {
    await context.database.system(async (tx) => {
      await heartbeat(tx, id, 'worker', input.version);
      if (running.size > 0) await keepLeases(tx, [...running], LEASE_MS);
    });
    if (!life?.mayJudge) return;
    await bury().catch((error: unknown) =>
      context.log[levelOf(error)]({ error }, 'What dead workers held could not be taken over yet'),
    );
  };

  /** What a worker held that has died is done by the living at once, and not when its leases have ended. */
  const bury = async (): Promise<void> => {
    const dead = await context.database.system(async (tx) => {
      const found = await loadDead(tx, id);
      if (found.length === 0) return found;
      for (const takeOver of takeOvers) await takeOver(tx, found);
      await endHeartbeats(tx, found);
      return found;
    });
    if (dead.length > 0) {
      context.log.warn({ count: dead.length }, 'A worker has died: what it held is taken over');
    }
  };

  const running = new Set<LeasedJob>();
  const periodic = new Map<string, Promise<void>>();
  const periodsStarted = new Map<string, number>();

  const startPeriodicJobs = async (): Promise<void> => {
    for (const job of input.periodicJobs) {
      const period = Math.floor(context.clock.now() / job.everyMs);
      if (periodsStarted.get(job.name) === period || periodic.has(job.name)) continue;
      const mine = await context.database.system((tx) => claimPeriod(tx, job, period));
      periodsStarted.set(job.name, period);
      if (mine) periodic.set(job.name, runPeriodicJob(job));
    }
  };

  // A failed period is over: the next one does the work. What must not be missed is a job.
  const runPeriodicJob = async (job: PeriodicJob): Promise<void> => {
    try {
      await job.run(asActor(job.name));
    } catch (error) {
      context.log[levelOf(error)]({ job: job.name, error }, 'A periodic job failed');
    } finally {
      periodic.delete(job.name);
    }
  };

  const runJob = async (job: LeasedJob): Promise<void> => {
    const kind = kinds.get(job.name);
    const attemptsMax = kind?.attemptsMax ?? ATTEMPTS_MAX;
    running.add(job);
    try {
      // A job that ends the process every time never comes to the lines below.
      if (job.attempts > attemptsMax) throw new Error('It never came to an end.');
      if (kind === undefined) throw new Error(`No module of this version runs ${job.name}.`);
      await kind.run(asActor(job.name), job.payload);
      context.crashPoint('job.done');
      await context.database.system((tx) => end(tx, job));
    } catch (error) {
      const giveUp = job.attempts >= attemptsMax;
      const chance = context.random.bytes(1).readUInt8(0) / 255;
      context.log[giveUp ? 'error' : 'warn'](
        { job: job.name, attempts: job.attempts, error },
        giveUp
          ? 'A job was given up on and waits for a person'
          : 'A job failed and will be retried',
      );
      await context.database.system((tx) =>
        retry(tx, job, {
          runAtMs: context.clock.now() + retryDelayMs(job.attempts, chance),
          error: error instanceof Error ? error.name : 'Error',
          giveUp,
        }),
      );
    } finally {
      running.delete(job);
    }
  };

  const asActor = (job: string): Context => ({ ...context, actor: { kind: 'system', id: job } });

  const failing = new Set<Rounds>();

  const keepGoing = async (going: Rounds): Promise<void> => {
    let failures = 0;
    while (!stopping.signal.aborted) {
      let restMs: number;
      try {
        if (going === comingDue) await startPeriodicJobs();
        await going.go();
        if (failing.delete(going) && failing.size === 0) {
          // As loud as what it takes back: whoever read that looks for this.
          context.log.warn({ attempts: failures }, 'The worker works again');
        }
        failures = 0;
        restMs = going.pauseMs();
      } catch (error) {
        failures += 1;
        // While the database is away the first line says it; the rest would only repeat it.
        if (failing.size === 0) context.log.error({ error }, 'The worker cannot work');
        failing.add(going);
        restMs = Math.min(IDLE_MS * 2 ** Math.min(failures, 4), 4_000);
      }
      if (!stopping.signal.aborted) await going.rest(restMs);
    }
  };

  const keepBeating = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await context.clock.sleep(BEAT_MS, stopping.signal);
      // Without the database there is nobody to tell; the loop of the work says so.
      await beat().catch(() => {});
    }
  };

  return {
    tick,
    start: async () => {
      await life?.begin();
      await beat();
      beating ??= keepBeating();
      loops ??= [takingOut, comingDue].map(keepGoing);
    },
    stop: async (limitMs) => {
      stopping.abort();
      for (const going of [takingOut, comingDue]) going.wake();
      // The last round may begin periodic work still.
      const ended = async (): Promise<void> => {
        await Promise.all([...(loops ?? []), beating]);
        await Promise.all([takingOut.idle(), comingDue.idle()]);
        await Promise.all([...periodic.values(), ...underWay, allLookedAt(context)]);
      };
      const hasEnded = (await inTime(context, ended(), limitMs)) !== late;
      let isIdle = false;
      try {
        const idle = input.idle?.() ?? Promise.resolve();
        isIdle = (await inTime(context, idle, limitMs)) !== late;
      } finally {
        await life?.end();
      }
      // What did not come to its end is taken over as from one that has died, when this process is gone.
      if (!hasEnded || !isIdle) return;
      await context.database.system((tx) => endHeartbeats(tx, [id])).catch(() => {});
    },
  };
};
