// The states of an operation and the ways between them. Everything said about states is computed from
// this table.

/** The numbers are stored. */
export const operationStates = {
  created: 1,
  sending: 2,
  approved: 3,
  declined: 4,
  action_required: 5,
  pending: 6,
  not_sent: 7,
  unknown: 8,
  reversed: 9,
  human: 10,
} as const;
export type OperationState = keyof typeof operationStates;

/** What may be concluded of an operation that was sent. */
export type Concluded = Exclude<OperationState, 'created' | 'sending' | 'human'>;

export type StateEvent = 'send' | 'give_to_human' | Concluded;

/**
 * Evidence only ever leads upward: from not knowing, over what the provider still works on, to its word,
 * and from a no to a yes. The last is there because money that moved is never hidden: a provider that
 * said no, or a socket that seemed not to have sent, can be wrong, and then a person reviews it. The
 * clock leads nowhere but to a person.
 */
export const transitions: Readonly<
  Record<OperationState, Readonly<Partial<Record<StateEvent, OperationState>>>>
> = (() => {
  const ended = { approved: 'approved', reversed: 'reversed' } as const;
  const answered = { declined: 'declined', ...ended } as const;
  const working = { pending: 'pending', action_required: 'action_required', ...answered } as const;
  const open = { not_sent: 'not_sent', ...working } as const;
  return {
    created: { send: 'sending' },
    sending: { ...open, unknown: 'unknown' },
    unknown: { ...open, unknown: 'unknown', send: 'unknown', give_to_human: 'human' },
    human: { ...open, unknown: 'human', send: 'human', give_to_human: 'human' },
    not_sent: open,
    pending: working,
    action_required: working,
    declined: answered,
    approved: ended,
    reversed: { reversed: 'reversed' },
  };
})();

/** Null where the table has no way. */
export const next = (state: OperationState, event: StateEvent): OperationState | null =>
  transitions[state][event] ?? null;

/** Nothing is asked any more; only the unexpected is still heard. */
export const isFinished = (state: OperationState): boolean =>
  state === 'approved' || state === 'declined' || state === 'not_sent' || state === 'reversed';
