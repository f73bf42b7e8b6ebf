// Workers of a walk that are processes of their own, one after the other: each is killed in the middle of something,
// by itself at a point of its work or from outside, and another takes its place.

import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type CrashPoint, crashPoints } from '#kit/context';
import { atEnd } from '../../../src/kit/context/for-tests-end.ts';
import type { FromWorker, WorkerSettings } from './worker-process.ts';

const program = fileURLToPath(new URL('./worker-process.ts', import.meta.url));
const execArgv = ['--disable-warning=ExperimentalWarning'];

/** Where it dies, and at which time that it comes there. */
export type Death = { readonly point: CrashPoint; readonly pass: number };

/** Those that a worker comes by while it is about payments. */
export const pointsOfWorkers: readonly CrashPoint[] = [
  'commit.before',
  'commit.after',
  'job.claimed',
  'job.done',
  'send.before',
  'send.intended',
  'send.journaled',
  'send.answered',
  'send.recorded',
  'resolve.leased',
  'resolve.journaled',
  'resolve.answered',
  'resolve.recorded',
  'acquiring.stored',
  'acquiring.written',
];

type MortalWorkers = {
  /** Kills the one that there is, and starts another. It lives until it is killed, or dies, and has a successor. */
  replace(death: Death | null): Promise<void>;
  /** There is none any more. */
  end(): Promise<void>;
  /** How long it waits for an answer from now on. */
  wait(timeoutMs: number): void;
};

export const mortalWorkers = (
  settings: () => WorkerSettings,
  hear: (error: string) => void,
): MortalWorkers => {
  let child: ChildProcess | null = null;
  let starting = Promise.resolve();

  const end = async (): Promise<void> => {
    await starting;
    const last = child;
    child = null;
    if (last === null || last.exitCode !== null || last.signalCode !== null) return;
    const ended = once(last, 'exit');
    last.kill('SIGKILL');
    await ended;
  };
  atEnd(end);

  const start = async (death: Death | null, triesLeft = 5): Promise<void> => {
    const { env, ...rest } = settings();
    const crashAt = death === null ? '' : `${crashPoints[death.point]}:${death.pass}`;
    const all = { ...rest, env: { ...env, TOLLGATE_CRASH_AT: crashAt } };
    const started = fork(program, [JSON.stringify(all)], { execArgv });
    child = started;
    const isUp = new Promise<boolean>((resolve) => {
      started.on('message', (told: FromWorker) => {
        if ('error' in told) hear(told.error);
        else resolve(true);
      });
      started.once('exit', () => resolve(false));
    });
    started.once('exit', () => {
      const isKilled = child === started && started.signalCode === 'SIGKILL';
      if (isKilled) starting = start(null).catch((error: unknown) => hear(String(error)));
    });
    // It may die before it is up.
    if ((await isUp) || started.signalCode === 'SIGKILL') return;
    // On a machine that is busy it ends where its database takes too long, and is started again.
    assert.ok(triesLeft > 0, 'A worker did not start');
    await start(death, triesLeft - 1);
  };

  return {
    replace: async (death) => {
      await end();
      starting = start(death);
      await starting;
    },
    end,
    wait: (timeoutMs) => {
      if (child?.connected === true) child.send(timeoutMs);
    },
  };
};
