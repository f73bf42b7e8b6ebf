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
    where ${ownRows} and position >= $3 order by outward.feed.position limit $4`,
);

/** What comes after a number, oldest first; and the event of that number, unless it is forgotten. */
export const loadFeed = async (
  context: Context,
  scope: Scope,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<{ readonly last: Numbered | undefined; readonly rows: readonly Numbered[] }> => {
  const found = await readOwn<Numbered>(context, scope, readFeed, [after, limit + 1]);
  const [first] = found;
  const last = first?.position === after ? first : undefined;
  return { last, rows: last === undefined ? found.slice(0, limit) : found.slice(1) };
};

const newest = statement(
  'feed.newest',
  `select position::float8 as position, event_id, sequence from outward.feed where ${ownRows} order by outward.feed.position desc limit 1`,
);

export const newestOf = async (context: Context, scope: Scope): Promise<Numbered | undefined> => {
  const [row] = await readOwn<Numbered>(context, scope, newest);
  return row;
};

export const forgetFeed = forgetting('feed.forget', 'select outward.forget_feed($1, $2) as gone');
