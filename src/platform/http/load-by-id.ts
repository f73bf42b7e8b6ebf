// What most modules tell `expand` of theirs: one object by its id, and what a holder has begins with.

import type { Context, Scope } from '#kit/context';
import { parseIds, spellId, type Uuid } from '#kit/ids';
import { listFound } from './list.ts';
import { INCLUDED_MAX, type Load } from './resource.ts';

/** What `show` makes undefined is as if it were not there. */
export const loadingById =
  <T>(
    prefix: string,
    loadRows: (
      context: Context,
      scope: Scope,
      ids: readonly Uuid[],
    ) => Promise<ReadonlyMap<Uuid, T>>,
    show: (row: T, livemode: boolean, context: Context) => unknown,
  ): Load =>
  async (context, scope, ids) => {
    const found = await loadRows(context, scope, parseIds(prefix, ids));
    const shown = new Map<string, unknown>();
    for (const [id, row] of found) {
      const view = show(row, scope.livemode, context);
      if (view !== undefined) shown.set(spellId(prefix, id), view);
    }
    return shown;
  };

/** The newest of what each holder has; the rest is under the list's own address. */
export const includingNewest =
  <T>(
    prefix: string,
    loadNewest: (
      context: Context,
      scope: Scope,
      asked: { readonly holders: readonly Uuid[]; readonly limit: number },
    ) => Promise<ReadonlyMap<Uuid, readonly T[]>>,
    {
      url,
      order,
      show,
    }: {
      readonly url: (id: string) => string;
      /** Where ids, by which they are loaded, do not say which came first. */
      readonly order?: (a: T, b: T) => number;
      readonly show: (row: T, livemode: boolean) => unknown;
    },
  ): Load =>
  async (context, scope, ids) => {
    const limit = INCLUDED_MAX;
    const holders = parseIds(prefix, ids);
    const found = await loadNewest(context, scope, { holders, limit: limit + 1 });
    return new Map(
      [...found].map(([holder, loaded]) => {
        const rows = order === undefined ? loaded : loaded.toSorted(order);
        const id = spellId(prefix, holder);
        return [id, listFound(url(id), rows, { limit }, (row) => show(row, scope.livemode))];
      }),
    );
  };
