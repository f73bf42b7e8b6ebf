// A setup that a later module makes and looks after: registered without being asked of anybody, and tried as
// often as that module allows. Whatever comes of a try is told to it by its listener.

import type { Context, Scope, Write } from '#kit/context';
import { newUuid, spellBytes, type Uuid } from '#kit/ids';
import { acceptingNow } from '#payments/confirmation';
import type { Asking, TakenMethod } from '#payments/intents';
import type { Cause } from '#platform/events';
import type { Outcome } from '#platform/http';
import { type Asked, applyParameters } from './apply-parameters.ts';
import type { Shows } from './client-secret.ts';
import { confirmSetup } from './confirm-setup.ts';
import { setupCanceled, setupCreated } from './events.ts';
import { blankSetup, SECRET_BYTES, type SetupIntent } from './setup-intent.ts';
import { next } from './setup-states.ts';
import { writeSetup } from './write-setup.ts';

export type { Asked as SetupAsked } from './apply-parameters.ts';

export const makeSetup = (
  context: Context,
  scope: Scope,
  input: {
    readonly madeBy: NonNullable<SetupIntent['madeBy']>;
    readonly customerId: Uuid | null;
    /** What else is said of it, in the words of the API. */
    readonly asked: Asked;
    readonly cause: Cause;
  },
): { readonly setup: SetupIntent; readonly writes: readonly Write[] } => {
  const blank = blankSetup(newUuid(context), spellBytes(context.random.bytes(SECRET_BYTES)));
  return writeSetup(context, scope, {
    before: null,
    setup: {
      ...applyParameters(blank, input.asked, acceptingNow(context)),
      madeBy: input.madeBy,
      customerId: input.customerId,
    },
    kinds: [setupCreated],
    cause: input.cause,
  });
};

/** What would be refused once it is made is refused now. */
export const checkSetupAsked = (asked: Asked): void => {
  applyParameters(blankSetup('', ''), asked, { nowMs: 0, address: null });
};

/** Whether a try may begin: nothing of an earlier one may be alive. */
export const mayBeSetUp = ({ status }: SetupIntent): boolean => next(status, 'sent') !== null;

/** Null: somebody was faster, and everything is to be read and decided anew. */
export const tryToSetUp = (
  context: Context,
  asking: Asking,
  input: {
    /** As it was read, or was just made. */
    readonly before: SetupIntent;
    readonly setup: SetupIntent;
    readonly taken: TakenMethod;
    readonly shows: Shows;
  },
): Promise<Outcome | null> => {
  const { before, setup, taken, shows } = input;
  return confirmSetup(context, asking, {
    before,
    setup,
    method: taken.method,
    methodWrites: taken.writes,
    undo: taken.undo,
    useSdk: false,
    shows,
  });
};

/** Nobody wants it any more. Null: a bank is being asked, and it cannot be ended just now. */
export const abandonSetup = (
  context: Context,
  { scope, cause }: Asking,
  before: SetupIntent,
): readonly Write[] | null => {
  const status = next(before.status, 'canceled');
  if (status === null) return null;
  return writeSetup(context, scope, {
    before,
    setup: { ...before, status, nextAction: null, cancellationReason: 'abandoned' },
    kinds: [setupCanceled],
    cause,
  }).writes;
};
