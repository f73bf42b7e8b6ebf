// Lists and search results, and the cursors between pages. A store asks for one row more than the
// page holds, in the direction of travel; `page` turns that into the page and `has_more`.

import { parseId, type Uuid, uuidAt } from '#kit/ids';
import type { MadeWithin } from '#platform/db';
import { ApiError } from './errors.ts';
import { resourceMissing } from './refusals.ts';
import type { TimeRange } from './schema.ts';

export type List<T> = {
  readonly object: 'list';
  readonly data: readonly T[];
  readonly has_more: boolean;
  readonly url: string;
};

export const list = <T>(url: string, { rows, hasMore }: Page<T>): List<T> => ({
  object: 'list',
  data: rows,
  has_more: hasMore,
  url,
});

export type SearchResult<T> = {
  readonly object: 'search_result';
  readonly data: readonly T[];
  readonly has_more: boolean;
  readonly next_page: string | null;
  readonly total_count?: number;
  readonly url: string;
};

export const searchResult = <T>(
  url: string,
  { rows, hasMore }: Page<T>,
  more: { readonly nextPage: string | null; readonly totalCount?: number },
): SearchResult<T> => ({
  object: 'search_result',
  data: rows,
  has_more: hasMore,
  next_page: hasMore ? more.nextPage : null,
  ...(more.totalCount === undefined ? {} : { total_count: more.totalCount }),
  url,
});

/** What a store needs to know: how many, and from which position on, in which direction. */
export type Window<Position = string> = {
  readonly limit: number;
  /** Older than this one. */
  readonly after?: Position;
  /** Newer than this one; the store reads oldest first and `page` turns the rows round. */
  readonly before?: Position;
};

export type Page<T> = { readonly rows: readonly T[]; readonly hasMore: boolean };

/**
 * `rows` are up to `limit + 1` in the direction of travel: newest first, or with `before` oldest
 * first. A page is newest first in both.
 */
export const page = <T>(rows: readonly T[], window: Window<unknown>): Page<T> => {
  const kept = rows.slice(0, window.limit);
  return {
    rows: window.before === undefined ? kept : kept.toReversed(),
    hasMore: rows.length > window.limit,
  };
};

/** What a store found of a window, as the API shows it. */
export const listFound = <T, Shown>(
  url: string,
  found: readonly T[],
  window: Window<unknown>,
  show: (row: T) => Shown,
): List<Shown> => {
  const { rows, hasMore } = page(found, window);
  return list(url, { rows: rows.map(show), hasMore });
};

export type ListParameters = {
  readonly limit?: number;
  readonly starting_after?: string;
  readonly ending_before?: string;
  readonly created?: TimeRange;
};

const limitDefault = 10;

/**
 * The window of a list. Each cursor is looked up first, as an unknown one is the more useful error;
 * `find` gives the position of an id, deleted objects included, or null.
 */
export const listWindow = async <Position>(
  parameters: ListParameters,
  noun: string,
  find: (id: string) => Position | null | Promise<Position | null>,
): Promise<Window<Position>> => {
  const { starting_after: after, ending_before: before, limit = limitDefault } = parameters;

  const afterPosition = after === undefined ? null : await find(after);
  if (after !== undefined && afterPosition === null)
    throw unknownCursor(noun, after, 'starting_after');
  const beforePosition = before === undefined ? null : await find(before);
  if (before !== undefined && beforePosition === null) {
    throw unknownCursor(noun, before, 'ending_before');
  }
  if (afterPosition !== null && beforePosition !== null) throw bothCursors();

  return {
    limit,
    ...(afterPosition === null ? {} : { after: afterPosition }),
    ...(beforePosition === null ? {} : { before: beforePosition }),
  };
};

/** The window of a list of rows that `find` finds by the ids of that prefix. */
export const idWindow = (
  parameters: ListParameters,
  { noun, prefix }: { readonly noun: string; readonly prefix: string },
  find: (id: Uuid) => Promise<unknown>,
): Promise<Window> =>
  listWindow(parameters, noun, async (spelled) => {
    const id = parseId(prefix, spelled);
    return id && (await find(id)) ? id : null;
  });

/** What a store is asked for that keeps its rows by their positions. */
export const rowsOf = <Position>(window: Window<Position>) => ({
  direction: window.before === undefined ? ('older' as const) : ('newer' as const),
  from: window.after ?? window.before ?? null,
  limit: window.limit + 1,
});

/** And by ids, which begin with the moment they were made at. */
export const rowsWithin = <Position>(window: Window<Position>, created: TimeRange | undefined) => ({
  ...rowsOf(window),
  ...madeIn(created),
});

export const madeIn = (created: TimeRange | undefined): MadeWithin => {
  const { from, to } = wholeSeconds(created);
  return { idFrom: uuidAt(from * 1000), idBefore: uuidAt((to + 1) * 1000) };
};

const unknownCursor = (noun: string, id: string, param: string): ApiError =>
  resourceMissing({ noun, id, param });

const bothCursors = (): ApiError =>
  new ApiError(
    400,
    'Received both starting_after and ending_before parameters. Please pass in only one.',
  );

// Moments before 1970 and after 9999 are brought to just outside of both: nothing was created there,
// and ids, which the bounds become, carry no such moments.
export const wholeSeconds = (range: TimeRange = {}): { from: number; to: number } => {
  const from = Math.max(range.gte ?? 0, range.gt === undefined ? 0 : range.gt + 1);
  const to = Math.min(range.lte ?? endOfTime, range.lt === undefined ? endOfTime : range.lt - 1);
  return { from: Math.min(from, endOfTime + 1), to: Math.max(to, -1) };
};

const endOfTime = 253_402_300_799;

/** Search pages are opaque to the caller; inside is the position to go on from. */
export const encodePage = (position: string): string =>
  Buffer.from(`1:${position}`, 'utf8').toString('base64url');

export const decodePage = (encoded: string): string => {
  const decoded = Buffer.from(encoded, 'base64url').toString('utf8');
  const genuine = decoded.startsWith('1:') && encodePage(decoded.slice(2)) === encoded;
  if (!genuine) {
    throw new ApiError(400, 'Invalid page: pass the next_page of an earlier answer, unchanged.', {
      param: 'page',
    });
  }
  return decoded.slice(2);
};
