import type { Context } from '#kit/context';

/** Work by name. It may run more than once, so it must not mind. */
export type JobKind = {
  readonly name: string;
  readonly run: (context: Context, payload: JobPayload) => Promise<void>;
  /** After so many failures the job waits for a person. */
  readonly attemptsMax?: number;
  /** Somebody outside may still be busy with what a worker asked that has died. */
  readonly leaseIsWaitedOut?: true;
};

/** Work that is due by the clock, once per period over all workers. */
export type PeriodicJob = {
  readonly name: string;
  readonly everyMs: number;
  readonly run: (context: Context) => Promise<void>;
};

export type JobPayload = Readonly<Record<string, string | number | boolean | null>>;

export const ATTEMPTS_MAX = 25;
export const LEASE_MS = 60_000;
/** How often a process says that it is alive. */
export const BEAT_MS = 2_000;

/** 2 s, 4 s, 8 s … up to an hour, each moved by up to a fifth so that failures do not march in step. */
export const retryDelayMs = (attempts: number, chance: number): number => {
  const delay = Math.min(2 ** attempts * 1000, 3_600_000);
  return Math.round(delay * (0.8 + 0.4 * chance));
};
