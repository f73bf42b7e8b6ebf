// What a request knows of the operation that it sends, held here for as long as it sends. Whoever hears the answer first
// is mostly that request, and what follows from the answer need not read again what it has just written.

import type { Context, Database } from '#kit/context';

export type HeldWhileSending<T> = {
  /** While `work` runs, `known` is held under this name. */
  holding<R>(
    context: Pick<Context, 'database'>,
    name: string,
    known: T,
    work: () => Promise<R>,
  ): Promise<R>;
  /**
   * `isFirst`: nobody has asked before. What was read is true once: had the first lost with it, whoever comes next would
   * have to read as everybody does.
   */
  heldOf(
    context: Pick<Context, 'database'>,
    name: string,
  ): { readonly known: T; readonly isFirst: boolean } | undefined;
};

export const heldWhileSending = <T>(): HeldWhileSending<T> => {
  const held = new WeakMap<Database, Map<string, { readonly known: T; isAsked: boolean }>>();
  return {
    holding: async ({ database }, name, known, work) => {
      const all = held.get(database) ?? new Map<string, { readonly known: T; isAsked: boolean }>();
      held.set(database, all.set(name, { known, isAsked: false }));
      try {
        return await work();
      } finally {
        all.delete(name);
      }
    },
    heldOf: ({ database }, name) => {
      const found = held.get(database)?.get(name);
      if (found === undefined) return undefined;
      const isFirst = !found.isAsked;
      found.isAsked = true;
      return { known: found.known, isFirst };
    },
  };
};
