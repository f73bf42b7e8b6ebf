// Who is still to be told that money has become available.

import type { Context, Row, Scope, Write } from '#kit/context';
import { type Owned, ownRows, rank, readOwn, scopeOf, statement, writeRows } from '#platform/db';

export type Releases = {
  readonly released: bigint;
  /** How many events that made. */
  readonly events: number;
};

/** As a worker asks in its rounds. */
export const areReleasesUntold = 'exists (select from books.untold_releases(1))';

const untold = statement('ledger.untold_releases', 'select * from books.untold_releases($1)');

export const listUntoldReleases = async (context: Context, atMost: number): Promise<Scope[]> =>
  context.database.system(async (tx) =>
    (await tx.query<Owned>(untold, [atMost])).map((row) => scopeOf(row)),
  );

const find = statement(
  'ledger.releases',
  `select released, events from books.releases where ${ownRows} and told < released`,
);

export const loadUntoldReleases = async (
  context: Context,
  scope: Scope,
): Promise<Releases | undefined> => (await readOwn<Row & Releases>(context, scope, find))[0];

const tellRow = writeRows({
  name: 'ledger.tell_releases',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    key: 'text',
    told: 'bigint',
    events: 'integer',
  },
  key: 'key',
  rank: rank.update,
  text: (given) => `update books.releases r set told = given.told, events = given.events
  from ${given}
 where r.account_id = given.account_id and r.livemode = given.livemode
   and r.events = given.events - 1
returning given.key`,
});

/** Told by one: whoever comes second loses, and with it its event. */
export const tellReleases = (scope: Scope, { released, events }: Releases): Write => ({
  into: tellRow,
  row: [
    scope.accountId,
    scope.livemode,
    `${scope.accountId}/${scope.livemode}`,
    released,
    events + 1,
  ],
});
