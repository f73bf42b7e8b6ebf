// What moved at the host, counted as the host counts it. Written in the very transaction in which an
// operation learns its end, so that our totals and the operations tell one story.

import type { Context, Scope, Write } from '#kit/context';
import { uuidMs } from '#kit/ids';
import { rank, spellTime, writeRows } from '#platform/db';
import {
  type Change,
  DoesNotCount,
  isChargedBack,
  isFinished,
  type Operation,
} from '#rails/operations';
import { loadMessages, moveMessage } from './acquiring.store.ts';
import { type CardMessage, tookNothing } from './card-message.ts';
import { businessDayOf, type Moved } from './read-answer.ts';
import { reverseAgainOf } from './reverse-again.ts';

/** The numbers are stored. */
const directions = {
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
  change: Change,
): Promise<readonly Write[]> | null => {
  const { before, after, conclusion, evidence } = change;
  const data = conclusion.told?.data;
  // What the host has booked and is still at work on is counted by it already, and once.
  const isBooked = after.state === 'pending';
  const isEnd = after.state === 'approved' || after.state === 'reversed' || isBooked;
  // What was reversed a second time is counted then: the host had booked it after the first.
  const isNew = before.state !== after.state || evidence?.says.outcome === 'reversed';
  if (isEnd && !isNew) return bookedAfterAll(context, scope, change);
  if (!isEnd) return givesUpReversal(change) ? declinedByPerson(context, scope, change) : null;
  if (data?.['moved'] === undefined) {
    return after.state === 'reversed'
      ? takenBackOf(context, scope, change)
      : approvedElsewhere(context, scope, change);
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

/** Who says what became of something without having answered its message. */
const knowsNoMessage: ReadonlySet<string> = new Set([
  'settlement_line',
  'statement_line',
  'person',
]);

/** A host's feed tells of refunds that it has booked, and of payments that their holders contest. */
const isToldElsewhere = (change: Change): boolean => {
  const { after, evidence } = change;
  if (evidence?.kind !== 'webhook') return knowsNoMessage.has(evidence?.kind ?? '');
  return after.kind === 'refund' || isChargedBack(change);
};

/** Of a refund: the host had booked it, and could not pay it out. */
export const DID_NOT_ARRIVE = 'refund_failed';
const didNotArrive = ({ after, evidence }: Change): boolean =>
  after.kind === 'refund' &&
  evidence?.says.outcome === 'reversed' &&
  evidence.says.code === DID_NOT_ARRIVE;

const movedBy: Partial<Record<Operation['kind'], readonly [Moved, Moved]>> = {
  sale: ['debit', 'debit_reversed'],
  capture: ['debit', 'debit_reversed'],
  refund: ['credit', 'credit_reversed'],
};

/**
 * What the host booked is counted, whoever says so first, and named in a file: a bank that pays by files pays for
 * nothing else. Of a provider that is no host there is no message. Once a reversal is stored the message is taken
 * back, and nobody's yes ends the reversal: what the host had booked it takes back when it hears it. The database
 * says who was first, as with an answer that comes late. Where a day of asking took nothing back, or nobody asks any
 * more, a person's yes gives the reversal up. So does that of the host which has taken the money for its holder, where it
 * has answered each reversal and taken nothing back: nobody asks it while this is written, and nobody will after it.
 */
const approvedElsewhere = (
  context: Context,
  scope: Scope,
  change: Change,
): Promise<readonly Write[]> | null => {
  const { before, after, evidence } = change;
  if (after.state !== 'approved' || !isToldElsewhere(change)) return null;
  const mayGiveUp =
    evidence?.kind === 'person' && (before.state === 'human' || isFinished(before.state));
  return ofMessages(context, scope, after, ({ first, reversal, counted }) => {
    const isTakenBack = reversal !== undefined || first.state === 'taken_back';
    const isGivenUp =
      reversal !== undefined && (mayGiveUp || (isChargedBack(change) && tookNothing(reversal)));
    if (isTakenBack && !isGivenUp) throw new DoesNotCount('taken_back');
    return [...leftAlone(scope, first, reversal), ...counted.slice(0, 1)];
  });
};

/** Nothing takes it back any more, neither a reversal that is stored nor a new one. */
const leftAlone = (
  scope: Scope,
  first: CardMessage,
  reversal: CardMessage | undefined,
): readonly Write[] => [
  moveMessage(scope, first, 'acknowledged'),
  ...(reversal?.state === 'stored' ? [moveMessage(scope, reversal, 'too_early')] : []),
];

const givesUpReversal = ({ before, after, evidence }: Change): boolean =>
  evidence?.kind === 'person' && after.state === 'declined' && !isFinished(before.state);

/**
 * A person's no would end a reversal too, and leave to the host what it had booked. Where a day of asking took
 * nothing back, as from a host that has nothing of it and refuses what it does not know, it counts as their yes does.
 */
const declinedByPerson = (context: Context, scope: Scope, { before, after }: Change) =>
  ofMessages(context, scope, after, ({ first, reversal }) => {
    if (reversal === undefined) return [];
    if (before.state !== 'human') throw new DoesNotCount('taken_back');
    return leftAlone(scope, first, reversal);
  });

/**
 * A person, or a settlement, calls reversed what the host had booked and took back: where a reversal was sent both are
 * counted, as the host counts them. Without one the bank's people undid it, and where the host knew nothing of what was
 * to be reversed nothing moved, unless it was approved after that, or settled and taken back. A payment that was counted
 * is then taken back in the file as well, so that no file asks for what the books have given up; a refund that they
 * undid comes back as money that could not be paid out, which no file names. So does one that did not arrive,
 * as the feed or a settlement says: it had booked it, whatever was heard of it here, and a reversal found nothing of it any more.
 */
const takenBackOf = (
  context: Context,
  scope: Scope,
  change: Change,
): Promise<readonly Write[]> | null => {
  const { before, after, evidence } = change;
  const wasCounted = before.state === 'approved' || before.state === 'pending';
  const isElsewhere = isToldElsewhere(change);
  if (!isElsewhere && !(wasCounted && evidence?.kind === 'answer')) return null;
  const isSettled = wasCounted || evidence?.kind === 'settlement_line';
  return ofMessages(context, scope, after, ({ reversal, counted }) => {
    if (didNotArrive(change)) return counted.slice(0, 1);
    const wasTakenBack =
      reversal !== undefined && (reversal.state !== 'too_early' || before.code === 'no_original');
    return wasTakenBack || (isSettled && after.kind !== 'refund') ? counted : [];
  });
};

/** The host knew no original, and settles it now: its reversal goes out once more. */
const bookedAfterAll = (
  context: Context,
  scope: Scope,
  change: Change,
): Promise<readonly Write[]> | null => {
  const { after, evidence } = change;
  if (evidence?.says.outcome !== 'approved' || !isToldElsewhere(change)) return null;
  return after.state !== 'reversed' || after.code === 'no_original' || evidence.kind === 'person'
    ? reverseAgainOf(context, scope, after)
    : onlyWhatMoved(context, scope, after);
};

/** What was called reversed because nothing had moved, and is settled now, nobody takes back: a person has to know. */
const onlyWhatMoved = (context: Context, scope: Scope, after: Operation) =>
  ofMessages(context, scope, after, ({ reversal }) => {
    const { code } = after;
    const isUnmoved = code === 'nothing_to_reverse' || code === 'never_sent';
    if (isUnmoved || (code === 'person' && reversal?.state === 'too_early'))
      throw new DoesNotCount('taken_back');
    return [];
  });

type Messages = {
  readonly first: CardMessage;
  /** The last that was stored. */
  readonly reversal: CardMessage | undefined;
  /** That it moved, and that it was taken back; none of what moves nothing, or can never leave. */
  readonly counted: readonly Write[];
};

const ofMessages = async (
  context: Context,
  scope: Scope,
  operation: Operation,
  write: (messages: Messages) => readonly Write[],
): Promise<readonly Write[]> => {
  const [first, ...reversals] = await loadMessages(context, scope, operation.id);
  if (first === undefined) return [];
  const reversal = reversals.at(-1);
  const nowMs = context.clock.now();
  const place = ({ storedAtMs, ...message }: CardMessage) => {
    const { host, acquirer, terminal, merchant, rrn, stan } = message;
    const originalDay = dayOf(storedAtMs);
    const businessDay = dayOfOriginal({ originalDay, businessDay: dayOf(nowMs), operation });
    return { host, acquirer, terminal, merchant, rrn, stan, businessDay };
  };
  const neverLeaves = first.state === 'taken_back' && reversal === undefined;
  const moved = neverLeaves ? [] : (movedBy[operation.kind] ?? []);
  const counted = moved.map((direction, at) =>
    entry(scope, operation, {
      direction,
      place: place(at === 0 ? first : (reversal ?? first)),
      authorizationCode: null,
      nowMs,
    }),
  );
  return write({ first, reversal, counted });
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
