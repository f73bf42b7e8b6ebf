// The rows of a change of a setup intent, from the versions that were read, with its events.

import type { Context, Scope, Write } from '#kit/context';
import { withErrorPage } from '#payments/intents';
import { endTry } from '#payments/risk';
import { appendChange, type Cause, type EventKind } from '#platform/events';
import { setupFailed, setupSnapshot, setupSucceeded } from './events.ts';
import { insertSetup, updateSetup } from './setup.store.ts';
import type { SetupIntent } from './setup-intent.ts';

export const writeSetup = (
  context: Pick<Context, 'clock' | 'database' | 'random'>,
  scope: Scope,
  change: {
    /** Null for one that is new. */
    readonly before: SetupIntent | null;
    readonly setup: SetupIntent;
    readonly kinds: readonly EventKind[];
    readonly cause: Cause;
  },
): { readonly setup: SetupIntent; readonly writes: readonly Write[] } => {
  const { before, kinds, cause } = change;
  const setup: SetupIntent = {
    ...change.setup,
    version: before === null ? 1 : before.version + 1,
    events: change.setup.events + kinds.length,
    lastError: withErrorPage(context, change.setup.lastError),
    ...counted(change),
  };
  const { screened } = setup;
  const outcome = outcomeOf(kinds);
  const ends =
    screened === undefined || outcome === null ? [] : [endTry(scope, screened.id, outcome)];
  const row = before === null ? insertSetup(scope, setup) : updateSetup(scope, setup);
  if (kinds.length === 0) return { setup, writes: [row] };
  const event = appendChange(context, {
    scope,
    objectId: setup.id,
    sequence: setup.events - kinds.length + 1,
    kinds,
    snapshot: setupSnapshot(asTold(setup)),
    request: cause,
  });
  return { setup, writes: [row, event, ...ends] };
};

/** While its bank is asked nobody was told of that yet: it is made and waits, as a payment is in its first event. */
const asTold = (setup: SetupIntent): SetupIntent =>
  setup.status === 'processing' ? { ...setup, status: 'requires_confirmation' } : setup;

/** What became of a try that a browser made. */
const outcomeOf = (kinds: readonly EventKind[]): 'in_vain' | 'well' | null => {
  if (kinds.includes(setupFailed)) return 'in_vain';
  return kinds.includes(setupSucceeded) ? 'well' : null;
};

const counted = ({
  setup: { screened },
  kinds,
}: {
  readonly setup: SetupIntent;
  readonly kinds: readonly EventKind[];
}): Pick<SetupIntent, 'screened'> =>
  screened === undefined || outcomeOf(kinds) !== 'in_vain'
    ? {}
    : { screened: { ...screened, inVain: screened.inVain + 1 } };
