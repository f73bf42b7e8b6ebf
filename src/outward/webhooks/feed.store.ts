import type { Context, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { statement } from '#platform/db';

export type Numbered = {
  readonly position: number;
  readonly event_id: Uuid;
  readonly sequence: number;
};

const ownRows = 'account_id = $1 and livemode = $2';

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
): Promise<Numbered[]> =>
  context.database.read<Numbered>(scope, readFeed, [
    scope.accountId,
    scope.livemode,
    from.after,
    from.limit,
  ]);

const newest = statement(
  'feed.newest',
  `select position::float8 as position from outward.feed where ${ownRows} order by outward.feed.position desc limit 1`,
);

export const newestPosition = async (context: Context, scope: Scope): Promise<number> => {
  const [row] = await context.database.read<{ position: number }>(scope, newest, [
    scope.accountId,
    scope.livemode,
  ]);
  return row?.position ?? 0;
};

const forget = statement('feed.forget', 'select outward.forget_feed($1, $2) as gone');

export const forgetFeed = async (
  context: Context,
  before: Uuid,
  atMost: number,
): Promise<number> => {
  const [row] = await context.database.system((tx) =>
    tx.query<{ gone: number }>(forget, [before, atMost]),
  );
  return row?.gone ?? 0;
};
