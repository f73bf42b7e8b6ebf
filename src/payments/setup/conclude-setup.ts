// What a setup intent and its attempt become by what was learned of the card: pure.

import { type Failure, failureOf, notProcessed } from '#payments/charges';
import { type LastError, lastErrorOf } from '#payments/intents';
import type { EventKind } from '#platform/events';
import type { Conclusion } from '#rails/operations';
import { setupFailed, setupSucceeded } from './events.ts';
import type { SetupAttempt, SetupIntent } from './setup-intent.ts';
import { next } from './setup-states.ts';

export type DecidedSetup = {
  readonly setup: SetupIntent;
  readonly attempt: SetupAttempt;
  readonly kinds: readonly EventKind[];
  /** The card is good, and is kept now. */
  readonly isKept: boolean;
};

type Known = { readonly setup: SetupIntent; readonly attempt: SetupAttempt };

/** Null: nothing follows from it; what nobody knows stays `processing`. */
export const concludeSetup = (
  known: Known,
  { state, code, told }: Pick<Conclusion, 'state' | 'code' | 'told'>,
  shownMethod: unknown,
): DecidedSetup | null => {
  if (known.attempt.status !== 'processing') return null;
  switch (state) {
    case 'approved':
      return {
        setup: {
          ...known.setup,
          status: next(known.setup.status, 'verified') ?? known.setup.status,
          lastError: null,
          nextAction: null,
        },
        attempt: { ...known.attempt, status: 'succeeded' },
        kinds: [setupSucceeded],
        isKept: true,
      };
    case 'declined':
      return failSetup(known, lastError(failureOf(code, told), shownMethod));
    case 'not_sent':
    case 'reversed':
      return failSetup(known, lastError(notProcessed(), shownMethod));
    default:
      return null;
  }
};

export const failSetup = ({ setup, attempt }: Known, error: LastError): DecidedSetup => ({
  setup: {
    ...setup,
    status: next(setup.status, 'failed') ?? setup.status,
    methodId: null,
    // Nobody has agreed to what is set up with the next card.
    mandateData: null,
    nextAction: null,
    lastError: error,
  },
  attempt: { ...attempt, status: 'failed', error },
  kinds: [setupFailed],
  isKept: false,
});

/** What the bank says where it wants its holder to be asked. */
const HOLDER_WANTED = 'authentication_required';

export const isHolderWanted = ({ code }: Pick<Conclusion, 'code'>): boolean =>
  code === HOLDER_WANTED;

export const bankWantsHolder = (shownMethod: unknown): LastError =>
  lastError(failureOf(HOLDER_WANTED, null), shownMethod);

const lastError = (failure: Failure, shownMethod: unknown): LastError =>
  lastErrorOf(failure, shownMethod, null);

/** The holder of the card did not prove to be who they are, or could not be asked. */
export const authenticationFailed = (shownMethod: unknown): LastError => ({
  code: 'setup_intent_authentication_failure',
  message:
    'The latest attempt to set up the payment method has failed because authentication failed.',
  payment_method: shownMethod,
  type: 'invalid_request_error',
});
