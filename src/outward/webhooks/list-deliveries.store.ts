// Lists of deliveries, in the order of their events. Nearly all were delivered at the first try; what was not is found by
// indexes that those never enter.

import type { Context, Scope } from '#kit/context';
import { type Uuid, uuidAt, uuidMs } from '#kit/ids';
import {
  listPages,
  type MadeWithin,
  madeWithin,
  ownRows,
  type PageOfRows,
  readOwn,
  statement,
} from '#platform/db';
import { columns, type DeliveryRow, fromRow, isOwed } from './deliveries.store.ts';
import { type Delivery, type DeliveryState, deliveryStates } from './delivery.ts';

export type DeliveryFilter = PageOfRows &
  MadeWithin & {
    readonly endpointId: Uuid | null;
    readonly eventId: Uuid | null;
    readonly state: DeliveryState | null;
  };

export const listDeliveries = (
  context: Context,
  scope: Scope,
  filter: DeliveryFilter,
): Promise<Delivery[]> => {
  const { eventId, endpointId, state } = filter;
  if (eventId !== null) return listRows(context, scope, within(filter, ofMoment(eventId)));
  if (state === 'given_up') return listGivenUp(context, scope, filter);
  if (state === 'waiting') return listWaiting(context, scope, filter);
  if (endpointId !== null) return listOfEndpoint(context, scope, { ...filter, endpointId });
  return listRows(context, scope, filter);
};

/** Between which ids the deliveries of an event lie. */
const ofMoment = (eventId: Uuid): MadeWithin => {
  const moment = uuidMs(eventId);
  return { idFrom: uuidAt(moment), idBefore: uuidAt(moment + 1) };
};

const within = <T extends MadeWithin>(filter: T, { idFrom, idBefore }: MadeWithin): T => ({
  ...filter,
  idFrom: filter.idFrom > idFrom ? filter.idFrom : idFrom,
  idBefore: filter.idBefore < idBefore ? filter.idBefore : idBefore,
});

const stored = { select: columns, from: 'outward.deliveries', fromRow };
const made = ({ idFrom, idBefore }: MadeWithin) => [idFrom, idBefore];

const listRows = listPages({
  name: 'deliveries.list',
  ...stored,
  where: madeWithin,
  values: made,
  asked: ({ endpointId, eventId, state }: DeliveryFilter) => ({
    endpoint_id: endpointId,
    event_id: eventId,
    state: state === null ? null : deliveryStates[state],
  }),
});

const listGivenUp = listPages({
  name: 'deliveries.list_given_up',
  ...stored,
  where: `${madeWithin} and given_up`,
  values: made,
  asked: ({ endpointId }: DeliveryFilter) => ({ endpoint_id: endpointId }),
});

/** `select` from ids, among which those of the page are, which the cursor bounds. */
const pageOf = (direction: PageOfRows['direction'], select: string, rest = ''): string =>
  `select ${columns} from outward.deliveries
    where ${ownRows} and id = any(array(${select})) and id >= $3::uuid and id < $4::uuid ${rest}
    order by id ${direction === 'older' ? 'desc' : 'asc'} limit $5::integer`;

const waitingIds = (direction: PageOfRows['direction'], endpoint: string): string =>
  `select outward.waiting_deliveries($1, $2, ${endpoint}, $3::uuid, $4::uuid, ${direction === 'older'}, $5::integer)`;

const waiting = (direction: PageOfRows['direction']) =>
  statement(
    `deliveries.list_waiting_${direction}`,
    pageOf(direction, waitingIds(direction, '$6::uuid'), 'and state = 1'),
  );
const listingWaiting = { older: waiting('older'), newer: waiting('newer') };

const listWaiting = async (
  context: Context,
  scope: Scope,
  filter: DeliveryFilter,
): Promise<Delivery[]> => {
  const { idFrom, idBefore } = beyondCursor(filter);
  const values = [idFrom, idBefore, filter.limit, filter.endpointId];
  const rows = await readOwn<DeliveryRow>(context, scope, listingWaiting[filter.direction], values);
  return rows.map(fromRow);
};

const beyondCursor = ({ direction, from, idFrom, idBefore }: PageOfRows & MadeWithin) => {
  if (from === null) return { idFrom, idBefore };
  return direction === 'older'
    ? { idFrom, idBefore: from < idBefore ? from : idBefore }
    : { idFrom: from >= idFrom ? following(from) : idFrom, idBefore };
};

/** The next after an id, which is excluded so. */
const following = (id: Uuid): Uuid => {
  const next = (BigInt(`0x${id.replaceAll('-', '')}`) + 1n).toString(16).padStart(32, '0');
  return next.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
};

/** An endpoint that is told of much is among these. */
const NEXT_ROWS = 20_000;
/** Nobody should send more of them to and fro. */
const IDS_MAX = 10_000;

const ofNext = (direction: PageOfRows['direction']) => {
  const order = direction === 'older' ? 'desc' : 'asc';
  return statement(
    `deliveries.of_endpoint_${direction}`,
    `select ${columns} from (
       select * from outward.deliveries
        where ${ownRows} and id >= $3::uuid and id < $4::uuid order by id ${order} limit ${NEXT_ROWS}) next
      where endpoint_id = $6 and ($7::smallint is null or state = $7) order by id ${order} limit $5`,
  );
};
const listingOfNext = { older: ofNext('older'), newer: ofNext('newer') };

const idsOfEndpoint = statement(
  'deliveries.ids_of_endpoint',
  `select id from outward.deliveries_of_endpoint($1, $2, $5::uuid, $3::uuid, $4::uuid) as found (id)
    limit ${IDS_MAX + 1}`,
);
const ofIds = (direction: PageOfRows['direction']) =>
  statement(
    `deliveries.of_ids_${direction}`,
    pageOf(direction, 'select unnest($6::uuid[])', 'and ($7::smallint is null or state = $7)'),
  );
const listingOfIds = { older: ofIds('older'), newer: ofIds('newer') };

/** What an endpoint is told of is either common, and then among the next, or rare, and then an index knows its pages. */
const listOfEndpoint = async (
  context: Context,
  scope: Scope,
  filter: DeliveryFilter & { readonly endpointId: Uuid },
): Promise<Delivery[]> => {
  const { direction, endpointId, limit } = filter;
  const state = filter.state === null ? null : deliveryStates[filter.state];
  const { idFrom, idBefore } = beyondCursor(filter);
  const page = [idFrom, idBefore, limit];
  const next = await readOwn<DeliveryRow>(context, scope, listingOfNext[direction], [
    ...page,
    endpointId,
    state,
  ]);
  if (next.length === limit) return next.map(fromRow);

  const bounds = [idFrom, idBefore, endpointId];
  const found = await readOwn<{ id: Uuid }>(context, scope, idsOfEndpoint, bounds);
  // It was told of much, long ago.
  if (found.length > IDS_MAX) return listRows(context, scope, filter);
  const ids = found.map(({ id }) => id);
  const rows = await readOwn<DeliveryRow>(context, scope, listingOfIds[direction], [
    ...page,
    ids,
    state,
  ]);
  return rows.map(fromRow);
};

type Open = { readonly id: Uuid; readonly event_id: Uuid };

const open = (direction: PageOfRows['direction']) => {
  const order = direction === 'older' ? 'desc' : 'asc';
  return statement(
    `deliveries.open_${direction}`,
    `select id, event_id from outward.deliveries
      where ${ownRows} and state <> 2 and id = any(array(
        (select id from outward.deliveries d
          where ${ownRows} and given_up and id >= $3::uuid and id < $4::uuid and ${isOwed('d')}
          order by id ${order} limit $5::integer)
        union all ${waitingIds(direction, 'null')}))
      order by id ${order} limit $5::integer`,
  );
};
const listingOpen = { older: open('older'), newer: open('newer') };

const OPEN_AT_ONCE = 250;

/** The events of which somebody is still to be told, in order, some at a time; `from` is an event. */
export async function* undeliveredEvents(
  context: Context,
  scope: Scope,
  asked: Omit<PageOfRows, 'limit'> & MadeWithin,
): AsyncGenerator<readonly Uuid[]> {
  const { direction, from } = asked;
  const isOlder = direction === 'older';
  const isBeyond = (id: Uuid): boolean => from === null || (isOlder ? id < from : id > from);
  const at = from === null ? null : ofMoment(from);
  let { idFrom, idBefore } =
    at === null
      ? asked
      : within(
          asked,
          isOlder ? { ...asked, idBefore: at.idBefore } : { ...asked, idFrom: at.idFrom },
        );
  for (let atOnce = OPEN_AT_ONCE; ; ) {
    const values = [idFrom, idBefore, atOnce];
    const rows = await readOwn<Open>(context, scope, listingOpen[direction], values);
    const isAll = rows.length < atOnce;
    // Deliveries of one moment may stand in another order than their events, and more of them may follow.
    const last = isAll ? undefined : rows.at(-1);
    const whole =
      last === undefined ? rows : rows.filter(({ id }) => uuidMs(id) !== uuidMs(last.id));
    const events = [...new Set(whole.map(({ event_id: id }) => id))].filter(isBeyond).sort();
    if (events.length > 0) yield isOlder ? events.reverse() : events;
    if (last === undefined) return;
    if (whole.length === 0) atOnce *= 2;
    else if (isOlder) idBefore = uuidAt(uuidMs(last.id) + 1);
    else idFrom = uuidAt(uuidMs(last.id));
  }
}
