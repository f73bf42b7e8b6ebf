// The one writer. Whoever learned something, a request, a browser, the directory server or the clock,
// ends here: the new state and what others write because of it commit together.

import { Bug } from '#kit/assert';
import type { Context, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { type AuthenticationEvent, isEnded, next } from './authentication-states.ts';
import { loadAuthentication, updateAuthentication } from './authentications.store.ts';
import {
  type AuthenticationChange,
  type CardAuthentication,
  type Learned,
  LIFETIME_MS,
} from './card-authentication.ts';
import { threeDsOf } from './settings.ts';

export type Step = {
  readonly event: AuthenticationEvent;
  readonly learned?: Partial<Learned>;
  /** When somebody has to look at it again, where that is not its end. */
  readonly dueAtMs?: number;
};

const ROUNDS_MAX = 10;

/** Null when there is none, when `decide` wants nothing, or when the table has no way. */
export const changeAuthentication = async (
  context: Context,
  scope: Scope,
  id: Uuid,
  decide: (current: CardAuthentication) => Step | null,
  how: { readonly tell: boolean } = { tell: true },
): Promise<AuthenticationChange | null> => {
  for (let round = 1; round <= ROUNDS_MAX; round += 1) {
    const before = await loadAuthentication(context, scope, id);
    if (before === undefined) return null;
    const step = decide(before);
    const after = step && apply(before, step, context.clock.now());
    if (after === null) return null;
    const change = { before, after };
    const told = how.tell && isEnded(after.state) ? threeDsOf(context).listeners : [];
    const writes = [updateAuthentication(scope, after)];
    for (const listen of told) writes.push(...(await listen(context, scope, change)));
    if ((await context.database.commit(scope, writes)).ok) return change;
    // Somebody was faster, here or in what a listener writes: read again and decide again.
  }
  throw new Bug('An authentication changed under us however often it was read anew');
};

const apply = (
  before: CardAuthentication,
  { event, learned = {}, dueAtMs }: Step,
  nowMs: number,
): CardAuthentication | null => {
  const state = next(before.state, event);
  if (state === null) return null;
  const expiresAtMs = state === 'completed' ? nowMs + LIFETIME_MS : before.expiresAtMs;
  const due = isEnded(state) && state !== 'completed' ? null : (dueAtMs ?? expiresAtMs);
  const steps = [...(before.learned.steps ?? []), { state, atMs: nowMs }];
  return {
    ...before,
    state,
    expiresAtMs,
    dueAtMs: due,
    learned: { ...before.learned, ...learned, steps },
    version: before.version + 1,
  };
};
