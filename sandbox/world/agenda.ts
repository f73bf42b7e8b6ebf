// What happens in this world without being asked for, in the order of its time. Everybody who acts by
// the clock names what is due; a moved clock makes the same facts as one that ran.

import { dueOfBank } from '../bank/bank-agenda.ts';
import { dueOfDisputes } from '../disputes/dispute-agenda.ts';
import type { Fact } from './fact.ts';
import type { State } from './state.ts';

type Due = { readonly atMs: number; readonly facts: () => readonly Fact[] };

const earliest = (state: State, seed: string): Due | undefined => {
  const { disputes, approvals, bank } = state;
  let first: Due | undefined;
  for (const due of [...dueOfDisputes({ seed, disputes, approvals }), ...dueOfBank(bank)]) {
    // Of two that are due together the one that is named first comes first.
    if (first === undefined || due.atMs < first.atMs) first = due;
  }
  return first;
};

export const isDue = (state: State, seed: string, nowMs: number): boolean =>
  (earliest(state, seed)?.atMs ?? Number.POSITIVE_INFINITY) <= nowMs;

/** `take` changes the state, and thereby what is due next. */
export const catchUp = (
  state: State,
  seed: string,
  nowMs: number,
  take: (fact: Fact, atMs: number) => void,
): void => {
  for (;;) {
    const due = earliest(state, seed);
    if (due === undefined || due.atMs > nowMs) return;
    for (const fact of due.facts()) take(fact, due.atMs);
  }
};
