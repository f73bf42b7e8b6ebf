import { present } from '#kit/assert';
import type { Context, Row, Scope, Tx, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import {
  insertRows,
  namesByCode,
  type Owned,
  rank,
  readOwn,
  scopeOf,
  spellTime,
  statement,
  writeRows,
} from '#platform/db';
import { type CardMessage, type MessageState, messageStates } from './card-message.ts';

const columns = {
  account_id: 'uuid',
  livemode: 'boolean',
  operation_id: 'uuid',
  part: 'integer',
  key: 'text',
  host: 'text',
  state: 'smallint',
  mti: 'text',
  stan: 'text',
  rrn: 'text',
  transmitted_at: 'text',
  local_time: 'text',
  local_date: 'text',
  acquirer: 'text',
  terminal: 'text',
  merchant: 'text',
  amount: 'bigint',
  currency: 'text',
  stored_at: 'timestamptz',
} as const;

const insertMessageRow = insertRows({
  name: 'card_messages.insert',
  table: 'rails.card_messages',
  columns,
  key: 'key',
  rank: rank.claim,
  orNothing: true,
});

const moveMessageRow = writeRows({
  name: 'card_messages.move',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    key: 'text',
    from_state: 'smallint',
    to_state: 'smallint',
  },
  key: 'key',
  rank: rank.update,
  text: (given) => `update rails.card_messages m set state = given.to_state from ${given}
    where m.account_id = given.account_id and m.livemode = given.livemode and m.key = given.key
      and m.state = given.from_state
    returning m.key`,
});

const keyOf = (operationId: Uuid, part: number): string => `${operationId}/${part}`;

/** Lost when a message of that place is there already. */
export const insertMessage = (scope: Scope, message: CardMessage): Write => ({
  into: insertMessageRow,
  row: [
    scope.accountId,
    scope.livemode,
    message.operationId,
    message.part,
    keyOf(message.operationId, message.part),
    message.host,
    messageStates[message.state],
    message.mti,
    message.stan,
    message.rrn,
    message.transmittedAt,
    message.localTime,
    message.localDate,
    message.acquirer,
    message.terminal,
    message.merchant,
    message.amount,
    message.currency,
    spellTime(message.storedAtMs),
  ],
});

/** Lost when somebody else moved it first. */
export const moveMessage = (
  scope: Scope,
  { operationId, part, state }: Pick<CardMessage, 'operationId' | 'part' | 'state'>,
  to: MessageState,
): Write => ({
  into: moveMessageRow,
  row: [
    scope.accountId,
    scope.livemode,
    keyOf(operationId, part),
    messageStates[state],
    messageStates[to],
  ],
});

type MessageRow = Row & {
  readonly operation_id: Uuid;
  readonly part: number;
  readonly host: string;
  readonly state: number;
  readonly mti: string;
  readonly stan: string;
  readonly rrn: string;
  readonly transmitted_at: string;
  readonly local_time: string;
  readonly local_date: string;
  readonly acquirer: string;
  readonly terminal: string;
  readonly merchant: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly stored_at: number;
};

const stateOf = namesByCode(messageStates);

const listMessages = statement(
  'card_messages.of_operation',
  `select operation_id, part, host, state, mti, stan, rrn, transmitted_at, local_time, local_date,
          acquirer, terminal, merchant, amount, currency, stored_at
     from rails.card_messages
    where account_id = $1 and livemode = $2 and operation_id = $3 order by part`,
);

/** The message of the operation, and the reversals that were stored for it. */
export const loadMessages = async (
  context: Pick<Context, 'database'>,
  scope: Scope,
  operationId: Uuid,
): Promise<readonly CardMessage[]> => {
  const rows = await readOwn<MessageRow>(context, scope, listMessages, [operationId]);
  return rows.map((row) => ({
    operationId: row.operation_id,
    part: row.part,
    host: row.host,
    state: present(stateOf.get(row.state), 'the name of a state'),
    mti: row.mti,
    stan: row.stan,
    rrn: row.rrn,
    transmittedAt: row.transmitted_at,
    localTime: row.local_time,
    localDate: row.local_date,
    acquirer: row.acquirer,
    terminal: row.terminal,
    merchant: row.merchant,
    amount: row.amount,
    currency: row.currency,
    storedAtMs: row.stored_at,
  }));
};

const findByNumbers = statement(
  'card_messages.by_numbers',
  `select operation_id from rails.card_messages
    where account_id = $1 and livemode = $2 and rrn = $3 and stan = $4 and terminal = $5
    order by stored_at desc limit 1`,
);

/** The operation of that message, or of that reversal of one, as its host names it in a report. */
export const findOperationOf = async (
  context: Pick<Context, 'database'>,
  scope: Scope,
  { rrn, stan, terminal }: Pick<CardMessage, 'rrn' | 'stan' | 'terminal'>,
): Promise<Uuid | null> => {
  const of = [rrn, stan, terminal];
  const [row] = await readOwn<{ operation_id: Uuid }>(context, scope, findByNumbers, of);
  return row?.operation_id ?? null;
};

const findByTrace = statement(
  'card_messages.by_trace',
  'select * from rails.find_card_message($1, $2, $3)',
);

export type Found = {
  readonly scope: Scope;
  readonly operationId: Uuid;
  readonly part: number;
};

export const findMessage = async (
  tx: Tx,
  host: string,
  stan: string,
  transmittedAt: string,
): Promise<readonly Found[]> => {
  const rows = await tx.query<Owned & { operation_id: Uuid; part: number }>(findByTrace, [
    host,
    stan,
    transmittedAt,
  ]);
  return rows.map((row) => ({
    scope: scopeOf(row),
    operationId: row.operation_id,
    part: row.part,
  }));
};

const takeBlock = statement('trace_blocks.take', 'select rails.take_trace_block($1, $2) as block');

/** Throws when every number is in use. */
export const takeTraceBlock = async (tx: Tx, host: string, windowMs: number): Promise<bigint> => {
  const [row] = await tx.query<{ block: bigint }>(takeBlock, [host, windowMs]);
  return present(row, 'a block of trace numbers').block;
};

/** Of those that were taken since a backup nobody knows; they are the next ones. */
const FORGOTTEN_BLOCKS_MAX = 100;

const skipBlocks = statement(
  'trace_blocks.skip',
  `update rails.trace_counters set taken = taken + $1, skipped_at = clock_timestamp()
    where skipped_at is null or skipped_at < $2::timestamptz`,
);

/** Of every host, unless it was done since the last of the forgotten calls. */
export const skipTraceBlocks = (tx: Tx, lastAtMs: number): Promise<unknown> =>
  tx.query(skipBlocks, [FORGOTTEN_BLOCKS_MAX + 1, spellTime(lastAtMs)]);

const insertLetter = statement(
  'dead_letters.insert',
  `insert into rails.dead_letters (id, host, at, problem, mti, stan, rrn, transmitted_at, code, amount,
                                   currency, operation_id)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
);

export type DeadLetter = {
  readonly id: Uuid;
  readonly host: string;
  readonly atMs: number;
  readonly problem: string;
  readonly mti: string;
  readonly stan: string | null;
  readonly rrn: string | null;
  readonly transmittedAt: string | null;
  readonly code: string | null;
  readonly amount: string | null;
  readonly currency: string | null;
  readonly operationId: Uuid | null;
};

export const keepLetter = async (tx: Tx, letter: DeadLetter): Promise<void> => {
  await tx.query(insertLetter, [
    letter.id,
    letter.host,
    spellTime(letter.atMs),
    letter.problem,
    letter.mti,
    letter.stan,
    letter.rrn,
    letter.transmittedAt,
    letter.code,
    letter.amount,
    letter.currency,
    letter.operationId,
  ]);
};
