// The states of an authentication and the ways between them. Everything said about states is computed
// from this table.

/** The numbers are stored. */
export const authenticationStates = {
  /** The payer's browser has not been seen yet. */
  created: 1,
  /** The directory server was asked and has not answered. */
  asking: 2,
  /** The card's bank wants to speak with the holder. */
  challenge: 3,
  completed: 4,
  /** The card's bank says that it was not the holder, or wants nothing of the payment. */
  failed: 5,
  /** Nobody could say: not enrolled, no answer, an error. Nothing speaks against the holder. */
  impossible: 6,
  /** The holder gave up. */
  abandoned: 7,
  expired: 8,
} as const;
export type AuthenticationState = keyof typeof authenticationStates;

export type AuthenticationEvent =
  | 'ask'
  | 'challenge'
  | 'complete'
  | 'fail'
  | 'find_impossible'
  | 'abandon'
  | 'expire';

/** An end has no way out: a proof is used or not, and a new try is a new authentication. */
const transitions: Readonly<
  Record<AuthenticationState, Readonly<Partial<Record<AuthenticationEvent, AuthenticationState>>>>
> = {
  created: {
    ask: 'asking',
    find_impossible: 'impossible',
    abandon: 'abandoned',
    expire: 'expired',
  },
  // The clock never says that it was not the holder: an answer that was lost is no answer.
  asking: {
    challenge: 'challenge',
    complete: 'completed',
    fail: 'failed',
    find_impossible: 'impossible',
    expire: 'impossible',
  },
  challenge: {
    complete: 'completed',
    fail: 'failed',
    find_impossible: 'impossible',
    abandon: 'abandoned',
    expire: 'expired',
  },
  completed: {},
  failed: {},
  impossible: {},
  abandoned: {},
  expired: {},
};

/** Null where the table has no way. */
export const next = (
  state: AuthenticationState,
  event: AuthenticationEvent,
): AuthenticationState | null => transitions[state][event] ?? null;

export const isEnded = (state: AuthenticationState): boolean =>
  Object.keys(transitions[state]).length === 0;
