import type { Undelivered } from './event-kind.ts';

/** Everybody was told of everything. */
export const nobodyIsOwed: Undelivered = {
  of: () => Promise.resolve(new Map()),
  pages: async function* () {
    yield* [];
  },
};
