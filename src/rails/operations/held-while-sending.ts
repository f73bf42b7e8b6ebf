// What a request knows of the operation that it sends, held here for as long as it sends. Whoever hears the answer first
// is mostly that request, and what follows from the answer need not read again what it has just written.

import type { Context, Database } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { Passing } from '#kit/passing';

/** An operation: what it is done for, and which of its operations. */
export type HeldName = { readonly of: Uuid; readonly which: string };

export type HeldWhileSending<T> = {
  /** While `work` runs, `known` is held under this name. */
  holding<R>(
    context: Pick<Context, 'database'>,
    name: HeldName,
    known: T,
    work: () => Promise<R>,
  ): Promise<R>;
  /**
   * `isFirst`: nobody has asked before. What was read is true once: had the first lost with it, whoever comes next would
   * have to read as everybody does.
   */
  heldOf(
    context: Pick<Context, 'database'>,
    name: HeldName,
  ): { readonly known: T; readonly isFirst: boolean } | undefined;
};

type Held<T> = { readonly which: string; readonly known: T; isAsked: boolean };

export const heldWhileSending = <T>(): HeldWhileSending<T> => {
  // By an id that is there, and not by a text made for it: a Map keeps a copy of each text that it is asked for.
  const held = new WeakMap<Database, Passing<Uuid, readonly Held<T>[]>>();
  return {
    holding: async ({ database }, { of, which }, known, work) => {
      const all = held.get(database) ?? new Passing<Uuid, readonly Held<T>[]>();
      held.set(database, all);
      const othersNow = () => (all.get(of) ?? []).filter((each) => each.which !== which);
      all.set(of, [{ which, known, isAsked: false }, ...othersNow()]);
      try {
        return await work();
      } finally {
        const others = othersNow();
        if (others.length === 0) all.delete(of);
        else all.set(of, others);
      }
    },
    heldOf: ({ database }, { of, which }) => {
      const found = held
        .get(database)
        ?.get(of)
        ?.find((each) => each.which === which);
      if (found === undefined) return undefined;
      const isFirst = !found.isAsked;
      found.isAsked = true;
      return { known: found.known, isFirst };
    },
  };
};
