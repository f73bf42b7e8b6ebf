// A setup whose holder is about to be asked, should nobody live to do it.

import type { Context, Scope, Write } from '#kit/context';
import { enqueue } from '#platform/jobs';
import type { SetupAttempt, SetupIntent } from './setup-intent.ts';

export type Waiting = { readonly setup: SetupIntent; readonly attempt: SetupAttempt };

export const LEFT_BEHIND_JOB = 'setup.left_behind';
/** Longer than the holder's bank is asked how to ask. */
const LEFT_BEHIND_MS = 60_000;

export const leftBehind = (context: Context, scope: Scope, { setup, attempt }: Waiting): Write =>
  enqueue(context, {
    name: LEFT_BEHIND_JOB,
    payload: { ...scope, setup: setup.id, attempt: attempt.attempt },
    runAtMs: context.clock.now() + LEFT_BEHIND_MS,
  });
