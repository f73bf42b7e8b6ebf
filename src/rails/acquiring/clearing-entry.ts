// What moved at the host, counted as the host counts it. Written in the very transaction in which an
// operation learns its end, so that our totals and the operations tell one story.

import type { Context, Scope, Write } from '#kit/context';
import { uuidMs } from '#kit/ids';
import { rank, spellTime, writeRows } from '#platform/db';
import type { Change, Operation } from '#rails/operations';
import { loadMessages } from './acquiring.store.ts';
import { businessDayOf, type Moved } from './read-answer.ts';

/** The numbers are stored. */
export const directions = {
  debit: 1,
  debit_reversed: 2,
  credit: 3,
  credit_reversed: 4,
} as const satisfies Record<Moved, number>;

const columns = {
  account_id: 'uuid',
  livemode: 'boolean',
  operation_id: 'uuid',
  direction: 'smallint',
  key: 'text',
  host: 'text',
  acquirer: 'text',
  terminal: 'text',
  merchant: 'text',
  rrn: 'text',
  stan: 'text',
  authorization_code: 'text',
  reference: 'text',
  amount: 'bigint',
  currency: 'text',
  business_day: 'date',
  at: 'timestamptz',
} as const;

// What is there already stays as it is: one operation moves once in each direction.
const insertEntry = writeRows({
  name: 'clearing_entries.insert',
  columns,
  key: 'key',
  rank: rank.insert,
  text: (given) => `with added as (
      insert into rails.clearing_entries (${Object.keys(columns).join(', ')})
      select given.* from ${given} on conflict do nothing
    ) select given.key from ${given}`,
});

export const onOperation = (
  context: Context,
  scope: Scope,
  { before, after, conclusion, evidence }: Change,
): Promise<readonly Write[]> | null => {
  const data = conclusion.told?.data;
  // What the host has booked and is still at work on is counted by it already, and once.
  const isBooked = after.state === 'pending';
  const isEnd = after.state === 'approved' || after.state === 'reversed' || isBooked;
  // What was reversed a second time is counted then: the host had booked it after the first.
  const isNew = before.state !== after.state || evidence?.says.outcome === 'reversed';
  if (!isEnd || !isNew) return null;
  if (data?.['moved'] === undefined) {
    const isTold = after.state === 'approved' && knowsNoMessage.has(evidence?.kind ?? '');
    return isTold ? entryOfMessage(context, scope, after) : null;
  }
  const { host, acquirer, terminal, merchant, rrn, stan, hostDay, moved } = data;
  const { originalStan, originalDay } = data;
  const nowMs = context.clock.now();
  const businessDay = businessDayOf(hostDay ?? null, nowMs);
  // Of two movements the first is that of the original, which nobody had heard of until it was reversed.
  const placeAt = (at: number, of: number) =>
    originalStan === undefined || originalDay === undefined || at === of - 1
      ? { stan, businessDay }
      : {
          stan: originalStan,
          businessDay: dayOfOriginal({ originalDay, businessDay, operation: after }),
        };
  const writes = moved.split(' ').map((direction, at, { length }) =>
    entry(scope, after, {
      direction: direction as Moved,
      place: { host, acquirer, terminal, merchant, rrn, ...placeAt(at, length) },
      authorizationCode: conclusion.told?.authorizationCode ?? null,
      nowMs,
    }),
  );
  return Promise.resolve(writes);
};

const entry = (
  scope: Scope,
  operation: Operation,
  input: {
    readonly direction: Moved;
    readonly place: Readonly<Record<string, string | undefined>>;
    readonly authorizationCode: string | null;
    readonly nowMs: number;
  },
): Write => {
  const { direction, place, authorizationCode, nowMs } = input;
  return {
    into: insertEntry,
    row: [
      scope.accountId,
      scope.livemode,
      operation.id,
      directions[direction],
      `${operation.id}/${direction}`,
      place['host'],
      place['acquirer'],
      place['terminal'],
      place['merchant'],
      place['rrn'],
      place['stan'],
      authorizationCode,
      operation.reference,
      operation.amount,
      operation.currency,
      place['businessDay'],
      spellTime(nowMs),
    ],
  };
};

/** Who says that something was approved without having answered its message. */
const knowsNoMessage: ReadonlySet<string> = new Set([
  'settlement_line',
  'statement_line',
  'person',
]);

const movedBy: Partial<Record<Operation['kind'], Moved>> = {
  sale: 'debit',
  capture: 'debit',
  refund: 'credit',
};

/**
 * What the host booked is counted, whoever says so first, and named in a file: a bank that pays by files pays for
 * nothing else. Of a provider that is no host there is no message.
 */
const entryOfMessage = async (
  context: Context,
  scope: Scope,
  operation: Operation,
): Promise<readonly Write[]> => {
  const direction = movedBy[operation.kind];
  if (direction === undefined) return [];
  const messages = await loadMessages(context, scope, operation.id);
  const message = messages.find(({ part }) => part === 0);
  if (message === undefined) return [];
  const nowMs = context.clock.now();
  const { host, acquirer, terminal, merchant, rrn, stan, storedAtMs } = message;
  const businessDay = dayOfOriginal({
    originalDay: dayOf(storedAtMs),
    businessDay: dayOf(nowMs),
    operation,
  });
  const place = { host, acquirer, terminal, merchant, rrn, stan, businessDay };
  return [entry(scope, operation, { direction, place, authorizationCode: null, nowMs })];
};

/** Less than anybody moves a clock by; so much may lie between the naming of an operation and its message. */
const TOGETHER_MS = 60_000;

/**
 * The host told its day of the second movement alone; ours of the first is its own, a midnight apart at most. A test
 * bank whose clock was moved booked it by the time at which its operation was named: how far that was ahead of its
 * sending says how far the clock had been moved then, whatever became of the clock since.
 */
export const dayOfOriginal = ({
  originalDay,
  businessDay,
  operation: { id, firstSentAtMs },
}: {
  readonly originalDay: string;
  readonly businessDay: string;
  readonly operation: Pick<Operation, 'id' | 'firstSentAtMs'>;
}): string => {
  const namedMs = uuidMs(id);
  const day = namedMs - firstSentAtMs < TOGETHER_MS ? originalDay : dayOf(namedMs);
  return day < businessDay ? day : businessDay;
};

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
