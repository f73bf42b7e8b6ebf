import type { Context, Scope, Write } from '#kit/context';
import { newUuid, type Uuid } from '#kit/ids';
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
    readonly request: { readonly requestId: string; readonly idempotencyKey: string | null } | null;
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
export const changeIdOf = (eventId: Uuid): Uuid => `${eventId.slice(0, -1)}0`;
export const positionOf = (eventId: Uuid): number => Number.parseInt(eventId.slice(-1), 16);

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

const findNext = statement(
  'events.next_of_object',
  `select ${columns} from platform.events
    where account_id = $1 and livemode = $2 and object_id = $3 and id > $4
    order by id limit 1`,
);

export const loadNextChange = async (
  context: Context,
  scope: Scope,
  of: { readonly objectId: Uuid; readonly after: Uuid },
): Promise<ChangeRow | undefined> => {
  const [row] = await context.database.read<ChangeRow>(scope, findNext, [
    scope.accountId,
    scope.livemode,
    of.objectId,
    of.after,
  ]);
  return row;
};

export const loadChanges = (
  context: Context,
  scope: Scope,
  asked: {
    readonly direction: 'older' | 'newer';
    readonly from: Uuid | null;
    readonly createdFrom: Uuid;
    readonly createdBefore: Uuid;
    readonly codes: readonly number[] | null;
    readonly limit: number;
  },
): Promise<ChangeRow[]> =>
  context.database.read<ChangeRow>(scope, listing[asked.direction], [
    scope.accountId,
    scope.livemode,
    asked.from === null ? null : changeIdOf(asked.from),
    asked.createdFrom,
    asked.createdBefore,
    asked.codes,
    asked.limit,
  ]);
