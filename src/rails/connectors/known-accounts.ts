// The account of a candidate is the one it was chosen by, while that is new: a payment does not read it once
// more for each thing it wants to know of it.

import { beside } from '#kit/beside';
import { AHEAD_MS, type Context, type Scope } from '#kit/context';
import type { StoredAccount } from './account.ts';
import { loadAccount } from './accounts.store.ts';
import type { At, Candidate } from './rails.ts';

type Known = { readonly account: StoredAccount; readonly untilMs: number };

const known = beside<At, Known>();

/** It is as old as its reading, which may have been some time before it was chosen. */
export const remember = (
  candidate: Candidate,
  account: StoredAccount,
  readMs: number,
): Candidate => {
  known.set(candidate, { account, untilMs: readMs + AHEAD_MS });
  return candidate;
};

/** Undefined where there is none; a deleted one is found. */
export const accountOf = async (
  context: Pick<Context, 'clock' | 'database'>,
  scope: Scope,
  at: At,
): Promise<StoredAccount | undefined> => {
  const remembered = known.get(at);
  if (remembered !== undefined && context.clock.monotonicMs() < remembered.untilMs) {
    return remembered.account;
  }
  return loadAccount(context, scope, at.connectorAccountId);
};
