import type { Context, Scope, Write } from '#kit/context';
import { newUuid, type Uuid, uuidAt, uuidMs } from '#kit/ids';
import { rank, statement, writeRows } from '#platform/db';
import type { EventKind, Snapshot } from './event-kind.ts';

export type ChangeRow = {
  readonly id: Uuid;
  readonly account_id: Uuid;
  readonly livemode: boolean;
  readonly object_id: Uuid;
  readonly sequence: number;
  readonly kinds: readonly number[];
  readonly renderer: number;
  readonly request_id: string | null;
  readonly idempotency_key: string | null;
  readonly snapshot: Snapshot;
};

/** One change of one object, and the events it means, cause before effect. */
/** The request that caused a change; null where it happened by itself. */
export type Cause = {
  readonly requestId: string;
  readonly idempotencyKey: string | null;
} | null;

export const appendChange = (
  context: Pick<Context, 'clock' | 'random'>,
  change: {
    /** Drawn earlier, where the change comes before others whose rows are made first. */
    readonly id?: Uuid;
    readonly scope: Scope;
    readonly objectId: Uuid;
    /** The number of the change's first event within the object. */
    readonly sequence: number;
    readonly kinds: readonly EventKind[];
    readonly snapshot: Snapshot;
    readonly request: Cause;
  },
): Write => ({
  into: insertChange,
  row: [
    change.scope.accountId,
    change.scope.livemode,
    change.id ?? newChangeId(context),
    change.objectId,
    change.sequence,
    `{${change.kinds.map((kind) => kind.code).join(',')}}`,
    change.kinds[0]?.renderer,
    change.request?.requestId ?? null,
    change.request?.idempotencyKey ?? null,
    JSON.stringify(change.snapshot),
  ],
});

/** Events are listed by their ids: what is drawn first happened first. */
export const newChangeId = (context: Pick<Context, 'clock' | 'random'>): Uuid =>
  `${newUuid(context).slice(0, -1)}0`;

/** The id of the nth event of a change, and back. */
export const eventIdOf = (changeId: Uuid, position: number): Uuid =>
  `${changeId.slice(0, -1)}${position.toString(16)}`;
const changeIdOf = (eventId: Uuid): Uuid => `${eventId.slice(0, -1)}0`;

const insertChange = writeRows({
  name: 'events.append',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    id: 'uuid',
    object_id: 'uuid',
    sequence: 'integer',
    kinds: 'text',
    renderer: 'smallint',
    request_id: 'text',
    idempotency_key: 'text',
    snapshot: 'json',
  },
  key: 'id',
  rank: rank.log,
  losesByConflict: true,
  // The outbox is written by the same statement: an event that is not handed on cannot exist.
  text: (given) => `with logged as (
  insert into platform.events (account_id, livemode, id, object_id, sequence, kinds, renderer,
                               request_id, idempotency_key, snapshot)
  select account_id, livemode, id, object_id, sequence, kinds::smallint[], renderer,
         request_id, idempotency_key, snapshot
    from ${given}
  returning id, account_id, livemode, object_id, sequence, kinds, strpos(snapshot::text, '@') > 0 as has_address
)
insert into platform.outbox (event_id, account_id, livemode, object_id, sequence, kinds, has_address)
select id, account_id, livemode, object_id, sequence, kinds, has_address from logged
returning event_id::text as key`,
});

const columns = `id, account_id, livemode, object_id, sequence, kinds, renderer, request_id,
         idempotency_key, snapshot`;

const findChange = statement(
  'events.find',
  `select ${columns} from platform.events where account_id = $1 and livemode = $2 and id = $3`,
);

const listChanges = (direction: 'older' | 'newer') =>
  statement(
    `events.list_${direction}`,
    `select ${columns} from platform.events
  where account_id = $1 and livemode = $2
    and ($3::uuid is null or id ${direction === 'older' ? '<=' : '>='} $3)
    and id >= $4::uuid and id < $5::uuid
    and ($6::smallint[] is null or kinds && $6::smallint[])
  order by id ${direction === 'older' ? 'desc' : 'asc'}
  limit $7`,
  );
const listing = { older: listChanges('older'), newer: listChanges('newer') };

export const loadChange = async (
  context: Context,
  scope: Scope,
  eventId: Uuid,
): Promise<ChangeRow | undefined> => {
  const [row] = await context.database.read<ChangeRow>(scope, findChange, [
    scope.accountId,
    scope.livemode,
    changeIdOf(eventId),
  ]);
  return row;
};

// Between the first and the last, so that only the months are looked at in which they lie.
const findMany = statement(
  'events.find_many',
  `select ${columns} from platform.events
    where account_id = $1 and livemode = $2 and id = any($3::uuid[]) and id between $4 and $5`,
);

/** The changes of these events, in no order. */
export const loadChangesOf = async (
  context: Context,
  scope: Scope,
  eventIds: readonly Uuid[],
): Promise<ChangeRow[]> => {
  const ids = [...new Set(eventIds.map(changeIdOf))].sort();
  if (ids.length === 0) return [];
  return context.database.read<ChangeRow>(scope, findMany, [
    scope.accountId,
    scope.livemode,
    ids,
    ids[0],
    ids.at(-1),
  ]);
};

// An object's events of the first minute or less, whose ids begin as its own, are looked for among all of that
// time; later ones are in an index, which a payment that is paid at once never enters.
const isLater = 'substr(uuid_send(id), 1, 4) <> substr(uuid_send(object_id), 1, 4)';
const WINDOW_MS = 2 ** 16;

const findLater = statement(
  'events.later_of_object',
  `select ${columns} from platform.events
    where account_id = $1 and livemode = $2 and object_id = $3 and ${isLater}
    order by id limit $4`,
);

const findNext = statement(
  'events.next_of_object',
  `select ${columns} from platform.events
    where account_id = $1 and livemode = $2 and object_id = $3 and id > $4 and id < $5
    order by id limit 1`,
);

/** The changes of an object, of which its owner knows how many events they mean. */
export const loadChangesOfObject = async (
  context: Context,
  scope: Scope,
  of: { readonly objectId: Uuid; readonly count: number },
): Promise<ChangeRow[]> => {
  const { objectId, count } = of;
  if (count === 0) return [];
  const { accountId, livemode } = scope;
  const { read } = context.database;
  const later = await read<ChangeRow>(scope, findLater, [accountId, livemode, objectId, count]);
  const madeMs = uuidMs(objectId);
  const beforeId = uuidAt(madeMs - (madeMs % WINDOW_MS) + WINDOW_MS);
  const early: ChangeRow[] = [];
  let after = uuidAt(madeMs);
  while (eventsIn(early) + eventsIn(later) < count) {
    const values = [accountId, livemode, objectId, after, beforeId];
    const [next] = await read<ChangeRow>(scope, findNext, values);
    if (next === undefined) break;
    early.push(next);
    after = next.id;
  }
  return [...early, ...later];
};

const eventsIn = (changes: readonly ChangeRow[]): number =>
  changes.reduce((sum, { kinds }) => sum + kinds.length, 0);

// What payments tell that are paid at once: two changes each. The index of the others has them by their kinds.
const frequent: readonly number[] = [201, 205, 221];

const findRare = statement(
  'events.of_rare_kinds',
  `select id from platform.changes_of_rare_kinds($1, $2, $6::smallint[], $3::uuid, $4::uuid, $5::uuid, $7, $8)
           as found (id)
    order by case when $7 then id end desc, id limit $8`,
);

export type ChangeFilter = {
  readonly direction: 'older' | 'newer';
  readonly from: Uuid | null;
  readonly createdFrom: Uuid;
  readonly createdBefore: Uuid;
  readonly codes: readonly number[] | null;
  readonly limit: number;
};

export const loadChanges = async (
  context: Context,
  scope: Scope,
  asked: ChangeFilter,
): Promise<ChangeRow[]> => {
  const { direction, codes, limit } = asked;
  if (codes?.length === 0) return [];
  const { read } = context.database;
  const values = [
    scope.accountId,
    scope.livemode,
    asked.from === null ? null : changeIdOf(asked.from),
    asked.createdFrom,
    asked.createdBefore,
    codes,
  ];
  if (codes === null || codes.some((code) => frequent.includes(code)))
    return read<ChangeRow>(scope, listing[direction], [...values, limit]);
  const isOlder = direction === 'older';
  const rare = await read<{ id: Uuid }>(scope, findRare, [...values, isOlder, limit]);
  const changes = await loadChangesOf(
    context,
    scope,
    rare.map(({ id }) => id),
  );
  return changes.sort((a, b) => (a.id < b.id === isOlder ? 1 : -1));
};
