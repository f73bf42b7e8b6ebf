import { present } from '#kit/assert';
import type { Row, Tx } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { statement } from '#platform/db';
import { noTotals, type Totals } from './totals.ts';

export type Batch = {
  readonly id: Uuid;
  readonly host: string;
  readonly acquirer: string;
  readonly currency: string;
  readonly businessDay: string;
  readonly stan: string;
  readonly adviceStan: string;
  readonly rrn: string;
  readonly transmittedAt: string;
  readonly terminal: string;
  readonly merchant: string;
  readonly ours: Totals;
};

const beginBatch = statement(
  'batches.begin',
  'select rails.begin_batch($1, $2, $3, $4, $5::date, $6, $7, $8, $9, $10, $11) as id',
);
const findBatch = statement(
  'batches.find',
  `select id, host, acquirer, currency, business_day::text as business_day, stan, advice_stan, rrn,
          transmitted_at, terminal, merchant, ours from rails.batches where id = $1`,
);
const closeBatch = statement('batches.close', 'select rails.close_batch($1, $2::json, $3)');
const listCurrencies = statement(
  'clearing_entries.currencies',
  'select * from rails.counted_currencies($1, $2) as currency',
);

type BatchRow = Row & {
  readonly id: Uuid;
  readonly host: string;
  readonly acquirer: string;
  readonly currency: string;
  readonly business_day: string;
  readonly stan: string;
  readonly advice_stan: string;
  readonly rrn: string;
  readonly transmitted_at: string;
  readonly terminal: string;
  readonly merchant: string;
  readonly ours: Readonly<Record<string, { readonly count: number; readonly amount: string }>>;
};

/** The open batch, if one was begun and never heard the end of; else this one. */
export const openBatch = async (tx: Tx, batch: Omit<Batch, 'ours'>): Promise<Batch> => {
  const [begun] = await tx.query<{ id: Uuid }>(beginBatch, [
    batch.id,
    batch.host,
    batch.acquirer,
    batch.currency,
    batch.businessDay,
    batch.stan,
    batch.adviceStan,
    batch.rrn,
    batch.transmittedAt,
    batch.terminal,
    batch.merchant,
  ]);
  const [found] = await tx.query<BatchRow>(findBatch, [present(begun, 'the batch').id]);
  const row = present(found, 'the batch');
  const of = (direction: number): Totals['debits'] => {
    const total = row.ours[String(direction)];
    return total === undefined
      ? noTotals.debits
      : { count: total.count, amount: BigInt(total.amount) };
  };
  return {
    id: row.id,
    host: row.host,
    acquirer: row.acquirer,
    currency: row.currency,
    businessDay: row.business_day,
    stan: row.stan,
    adviceStan: row.advice_stan,
    rrn: row.rrn,
    transmittedAt: row.transmitted_at,
    terminal: row.terminal,
    merchant: row.merchant,
    ours: { debits: of(1), debitsReversed: of(2), credits: of(3), creditsReversed: of(4) },
  };
};

export const endBatch = async (
  tx: Tx,
  id: Uuid,
  theirs: Totals,
  isAgreed: boolean,
): Promise<void> => {
  const spelled = Object.fromEntries(
    [theirs.debits, theirs.debitsReversed, theirs.credits, theirs.creditsReversed].map(
      ({ count, amount }, at) => [at + 1, { count, amount: String(amount) }],
    ),
  );
  await tx.query(closeBatch, [id, JSON.stringify(spelled), isAgreed]);
};

export const loadCurrencies = async (
  tx: Tx,
  host: string,
  acquirer: string,
): Promise<readonly string[]> =>
  (await tx.query<{ currency: string }>(listCurrencies, [host, acquirer])).map(
    ({ currency }) => currency,
  );

export type Entry = {
  readonly operationId: Uuid;
  readonly direction: number;
  readonly terminal: string;
  readonly merchant: string;
  readonly rrn: string;
  readonly stan: string;
  readonly authorizationCode: string | null;
  readonly reference: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly businessDay: string;
};

type EntryRow = Row & {
  readonly operation_id: Uuid;
  readonly direction: number;
  readonly terminal: string;
  readonly merchant: string;
  readonly rrn: string;
  readonly stan: string;
  readonly authorization_code: string | null;
  readonly reference: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly business_day: string;
};

const takeEntriesOf = statement(
  'clearing_entries.take',
  `select operation_id, direction, terminal, merchant, rrn, stan, authorization_code, reference, amount,
          currency, business_day::text as business_day
     from rails.take_entries($1, $2, $3, $4::date)`,
);
const keepFileOf = statement(
  'clearing_files.keep',
  'select * from rails.keep_file($1, $2, $3, $4::date, $5, $6)',
);

export type Day = {
  readonly host: string;
  readonly acquirer: string;
  /** YYYY-MM-DD */
  readonly businessDay: string;
};

export const takeEntries = async (tx: Tx, fileId: Uuid, day: Day): Promise<readonly Entry[]> => {
  const of = [fileId, day.host, day.acquirer, day.businessDay];
  return (await tx.query<EntryRow>(takeEntriesOf, of)).map((row) => ({
    operationId: row.operation_id,
    direction: row.direction,
    terminal: row.terminal,
    merchant: row.merchant,
    rrn: row.rrn,
    stan: row.stan,
    authorizationCode: row.authorization_code,
    reference: row.reference,
    amount: row.amount,
    currency: row.currency,
    businessDay: row.business_day,
  }));
};

/** What was written first for that day, whoever asks. */
export const keepFile = async (
  tx: Tx,
  id: Uuid,
  day: Day,
  body: string,
  lines: number,
): Promise<{ readonly id: Uuid; readonly body: string }> => {
  const of = [id, day.host, day.acquirer, day.businessDay, body, lines];
  const [row] = await tx.query<{ id: Uuid; body: string }>(keepFileOf, of);
  return present(row, 'the clearing file');
};
