import type { Context, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { forgetting, ownRows, readOwn, statement } from '#platform/db';

export type Numbered = {
  readonly position: number;
  readonly event_id: Uuid;
  readonly sequence: number;
};

const readFeed = statement(
  'feed.read',
  `select position::float8 as position, event_id, sequence from outward.feed
    where ${ownRows} and position > $3 order by outward.feed.position limit $4`,
);

/** Oldest first. */
export const loadFeed = (
  context: Context,
  scope: Scope,
  from: { readonly after: number; readonly limit: number },
): Promise<Numbered[]> => readOwn<Numbered>(context, scope, readFeed, [from.after, from.limit]);

const newest = statement(
  'feed.newest',
  `select position::float8 as position from outward.feed where ${ownRows} order by outward.feed.position desc limit 1`,
);

export const newestPosition = async (context: Context, scope: Scope): Promise<number> => {
  const [row] = await readOwn<{ position: number }>(context, scope, newest);
  return row?.position ?? 0;
};

export const forgetFeed = forgetting('feed.forget', 'select outward.forget_feed($1, $2) as gone');
