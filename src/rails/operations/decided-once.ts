import { beside } from '#kit/beside';
import type { Context, Scope } from '#kit/context';
import type { Change } from './record-evidence.ts';

type Decide<T> = (context: Context, scope: Scope, change: Change) => Promise<T>;

/** What follows from a change: decided once for each, however many ask. */
export const decidedOnce = <T>(decide: Decide<T>): Decide<T> => {
  const decided = beside<Change, Promise<T>>();
  return (context, scope, change) => {
    const known = decided.get(change);
    if (known !== undefined) return known;
    const made = decide(context, scope, change);
    decided.set(change, made);
    return made;
  };
};
