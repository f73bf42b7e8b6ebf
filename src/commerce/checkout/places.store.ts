// How often a payment link may be paid, exactly: whoever begins to pay takes a place in the same commit, and a
// place that nothing came of is given back. Payers of one link wait for each other at its row for as long as
// that commit takes.

import type { Context, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { insertRows, rank, readOwn, statement, writeRows, writing } from '#platform/db';

const link = { account_id: 'uuid', livemode: 'boolean', link_id: 'uuid' } as const;

const insertPlacesRow = insertRows({
  name: 'link_places.insert',
  table: 'commerce.link_places',
  columns: { ...link, places: 'integer' },
  key: 'link_id',
  rank: rank.insert,
});

// Fewer than are taken already there cannot be: the writer loses, reads again, and is told.
const changePlacesRow = writeRows({
  name: 'link_places.change',
  columns: { ...link, places: 'integer' },
  key: 'link_id',
  rank: rank.update,
  text: (given) => `update commerce.link_places kept set places = given.places
  from ${given}
 where kept.account_id = given.account_id and kept.livemode = given.livemode
   and kept.link_id = given.link_id
   and (given.places is null or kept.taken <= given.places)
returning kept.link_id::text as key`,
});

const session = { ...link, session_id: 'uuid' } as const;

/** Several sessions of one link in one batch are counted together, as a row is written once by a statement. */
const countedBy = (given: string): string => `asked as (
  select given.*, row_number() over (partition by account_id, livemode, link_id
                                         order by session_id) as nth
    from ${given}
), counted as (
  select account_id, livemode, link_id, count(*)::integer as n from asked group by 1, 2, 3
)`;

const takePlaceRow = writeRows({
  name: 'link_places.take',
  columns: session,
  key: 'session_id',
  rank: rank.update,
  text: (given) => `with ${countedBy(given)}, written as (
  update commerce.link_places kept
     set taken = kept.taken + least(given.n, coalesce(kept.places - kept.taken, given.n)),
         admitted = least(given.n, coalesce(kept.places - kept.taken, given.n))
    from counted given
   where kept.account_id = given.account_id and kept.livemode = given.livemode
     and kept.link_id = given.link_id
  returning kept.account_id, kept.livemode, kept.link_id, kept.admitted
)
select session_id::text as key from asked join written using (account_id, livemode, link_id)
 where nth <= admitted`,
});

const freePlaceRow = writeRows({
  name: 'link_places.free',
  columns: session,
  key: 'session_id',
  rank: rank.update,
  text: (given) => `with ${countedBy(given)}, written as (
  update commerce.link_places kept set taken = kept.taken - given.n
    from counted given
   where kept.account_id = given.account_id and kept.livemode = given.livemode
     and kept.link_id = given.link_id
  returning kept.account_id, kept.livemode, kept.link_id
)
select session_id::text as key from asked join written using (account_id, livemode, link_id)`,
});

type OfLink = { readonly linkId: Uuid; readonly places: number | null };
const linkRow = ({ accountId, livemode }: Scope, { linkId, places }: OfLink) => [
  accountId,
  livemode,
  linkId,
  places,
];
export const insertPlaces = writing(insertPlacesRow, linkRow);
export const changePlaces = writing(changePlacesRow, linkRow);

type OfSession = { readonly id: Uuid; readonly linkId: Uuid | null; readonly hasPlace: boolean };

/** What a change of a session means for the places of its link. */
export const placeWrites = (scope: Scope, before: OfSession, after: OfSession): Write[] => {
  const { id, linkId } = after;
  if (linkId === null || before.hasPlace === after.hasPlace) return [];
  const row = [scope.accountId, scope.livemode, linkId, id];
  return [{ into: after.hasPlace ? takePlaceRow : freePlaceRow, row }];
};

const placesOf = statement(
  'link_places.find',
  `select places, taken from commerce.link_places
    where account_id = $1 and livemode = $2 and link_id = $3`,
);

/** How many have a place, and how many there are; null: as many as come. */
export const loadPlaces = async (
  context: Context,
  scope: Scope,
  linkId: Uuid,
): Promise<{ readonly places: number | null; readonly taken: number }> => {
  const [row] = await readOwn<{ places: number | null; taken: number }>(context, scope, placesOf, [
    linkId,
  ]);
  return row ?? { places: null, taken: 0 };
};

/** Whether a session that has no place would find one. */
export const hasRoom = async (
  context: Context,
  scope: Scope,
  { linkId, hasPlace }: OfSession,
): Promise<boolean> => {
  if (linkId === null || hasPlace) return true;
  const { places, taken } = await loadPlaces(context, scope, linkId);
  return places === null || taken < places;
};
