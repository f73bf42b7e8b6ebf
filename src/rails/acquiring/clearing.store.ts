import { present } from '#kit/assert';
import type { Context, Row, Scope, Tx } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { ownRows, readOwn, spellTime, statement } from '#platform/db';
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
  readonly ours: StoredTotals;
};

/** The open batch, if one was begun and never heard the end of; else this one, or null: its day is over. */
export const openBatch = async (tx: Tx, batch: Omit<Batch, 'ours'>): Promise<Batch | null> => {
  const [begun] = await tx.query<{ id: Uuid | null }>(beginBatch, [
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
  if (!begun?.id) return null;
  const [found] = await tx.query<BatchRow>(findBatch, [begun.id]);
  const row = present(found, 'the batch');
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
    ours: readStored(row.ours),
  };
};

type StoredTotals = Readonly<Record<string, { readonly count: number; readonly amount: string }>>;

const readStored = (stored: StoredTotals): Totals => {
  const of = (direction: number): Totals['debits'] => {
    const total = stored[String(direction)];
    return total === undefined
      ? noTotals.debits
      : { count: total.count, amount: BigInt(total.amount) };
  };
  return { debits: of(1), debitsReversed: of(2), credits: of(3), creditsReversed: of(4) };
};

const listUnagreed = statement(
  'batches.unagreed',
  `select currency, ours, theirs from rails.batches
    where host = $1 and acquirer = $2 and business_day = $3::date and not agreed order by currency`,
);

export type Unagreed = {
  readonly currency: string;
  readonly ours: Totals;
  readonly theirs: Totals;
};

/** Batches of a day over which the host and we were not of one mind. */
export const loadUnagreed = async (
  tx: Tx,
  { host, acquirer, businessDay }: Omit<Day, 'merchant'>,
): Promise<readonly Unagreed[]> => {
  const of = [host, acquirer, businessDay];
  const rows = await tx.query<{ currency: string; ours: StoredTotals; theirs: StoredTotals }>(
    listUnagreed,
    of,
  );
  return rows.map(({ currency, ours, theirs }) => ({
    currency,
    ours: readStored(ours),
    theirs: readStored(theirs),
  }));
};

const countUndecidedOf = statement(
  'card_messages.undecided',
  'select rails.undecided_messages($1, $2, $3::timestamptz, $4::timestamptz) as count',
);

export const countUndecided = async (
  tx: Tx,
  { host, acquirer }: Pick<Day, 'host' | 'acquirer'>,
  stored: { readonly fromMs: number; readonly beforeMs: number },
): Promise<number> => {
  const of = [host, acquirer, spellTime(stored.fromMs), spellTime(stored.beforeMs)];
  const [row] = await tx.query<{ count: bigint }>(countUndecidedOf, of);
  return Number(row?.count ?? 0n);
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
     from rails.take_entries($1, $2, $3, $4, $5, $6, $7::date)`,
);
const keepFileOf = statement(
  'clearing_files.keep',
  'select rails.keep_file($1, $2, $3, $4, $5, $6, $7::date, $8, $9) as id',
);
const findUnfiled = statement(
  'clearing_entries.unfiled',
  `select 1 as one from rails.clearing_entries
    where ${ownRows} and host = $3 and acquirer = $4 and merchant = $5 and business_day <= $6::date
      and file_id is null limit 1`,
);
const handOverFile = statement(
  'clearing_files.hand_over',
  'select rails.file_handed_over($1, $2, $3, $4::json)',
);
const fileColumns = `id, host, acquirer, merchant, business_day::text as "businessDay", body, lines,
          handed_over_at is not null as "isHandedOver", answer`;
const findFile = statement(
  'clearing_files.find',
  `select ${fileColumns} from rails.clearing_files where ${ownRows} and id = $3`,
);
const findFileOf = statement(
  'clearing_files.of_day',
  `select ${fileColumns} from rails.clearing_files
    where ${ownRows} and host = $3 and acquirer = $4 and merchant = $5 and business_day = $6::date`,
);

export type Day = {
  readonly host: string;
  readonly acquirer: string;
  readonly merchant: string;
  /** YYYY-MM-DD */
  readonly businessDay: string;
};

const ofDay = (
  scope: Scope,
  { host, acquirer, merchant, businessDay }: Day,
): readonly unknown[] => [scope.accountId, scope.livemode, host, acquirer, merchant, businessDay];

export type ClearingFile = Day & {
  readonly id: Uuid;
  readonly body: string;
  readonly lines: number;
  readonly isHandedOver: boolean;
  /** What the bank said of it. */
  readonly answer: Readonly<Record<string, unknown>> | null;
};
type FileRow = Row & ClearingFile;

export const loadFile = async (
  context: Pick<Context, 'database'>,
  scope: Scope,
  id: Uuid,
): Promise<ClearingFile | undefined> => (await readOwn<FileRow>(context, scope, findFile, [id]))[0];

export const loadFileOf = async (
  context: Pick<Context, 'database'>,
  scope: Scope,
  day: Day,
): Promise<ClearingFile | undefined> =>
  (await readOwn<FileRow>(context, scope, findFileOf, ofDay(scope, day).slice(2)))[0];

/** Whether anything up to that day stands in no file yet. */
export const hasUnfiled = async (
  context: Pick<Context, 'database'>,
  scope: Scope,
  day: Day,
): Promise<boolean> =>
  (await readOwn(context, scope, findUnfiled, ofDay(scope, day).slice(2))).length > 0;

/** The first answer stays: the bank answers alike whenever it is given the same file. */
export const noteHandedOver = async (
  tx: Tx,
  scope: Scope,
  id: Uuid,
  answer: Readonly<Record<string, unknown>>,
): Promise<void> => {
  await tx.query(handOverFile, [id, scope.accountId, scope.livemode, JSON.stringify(answer)]);
};

export const takeEntries = async (
  tx: Tx,
  scope: Scope,
  fileId: Uuid,
  day: Day,
): Promise<readonly Entry[]> => {
  const of = [fileId, ...ofDay(scope, day)];
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
  scope: Scope,
  day: Day,
  file: Pick<ClearingFile, 'id' | 'body' | 'lines'>,
): Promise<Uuid> => {
  const of = [file.id, ...ofDay(scope, day), file.body, file.lines];
  const [row] = await tx.query<{ id: Uuid }>(keepFileOf, of);
  return present(row, 'the clearing file').id;
};
